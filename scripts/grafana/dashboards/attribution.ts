import { type DashboardDefinition, uidOf } from '../dashboard.ts';
import { bars, figures, rows, series, texts } from '../panels.ts';
import { among, chosen, chosenCosts, daysInRange, owned, ownedProject, timeOf } from '../sql.ts';

const ownedUser = owned('user_id', 'user_label');

const chosenParts = `${chosenCosts}
    and ${among(ownedUser, 'user')}
    and ${daysInRange('cost_date')}`;

const chosenBill = `${chosenCosts}
    and ${daysInRange('cost_date')}`;

/** The same dashboard with one more choice, all others kept. */
function drillDown(variable: string, column: string): string {
  const kept = ['org', 'currency', 'project', 'team', 'family', 'user'].filter((name) => name !== variable);
  return `/d/${uidOf('attribution')}?\${__url_time_range}&var-${variable}=\${__data.fields.${column}:percentencode}&${kept
    .map((name) => `\${${name}:queryparam}`)
    .join('&')}`;
}

const share = `select sum(allocated_cost) filter (where status = 'allocated') / nullif(sum(allocated_cost), 0) as "Attributed"
    from openai_bi.cost_daily_by_user
    where ${chosenParts}`;

const reasons = `select reason as label, sum(allocated_cost) as value
    from openai_bi.cost_daily_by_user
    where ${chosenParts}
      and status = 'unattributed'
    group by reason
    order by 2 desc`;

// Summed up by id, and named when few rows are left.
const whoAndWhat = `with summed as materialized (
      select org_id, user_id, status, model, project_id, api_key_id, method,
        sum(allocated_cost) as allocated_cost, bool_and(is_final) as is_final
      from openai_bi.cost_daily_by_user
      where ${chosenParts}
      group by 1, 2, 3, 4, 5, 6, 7
    ), greatest_first as (
      select org_id, user_id, status, model, project_id, api_key_id, sum(allocated_cost) as allocated_cost,
        string_agg(method, ', ' order by method) as method, bool_and(is_final) as is_final
      from summed
      group by 1, 2, 3, 4, 5, 6
      order by sum(allocated_cost) desc
      limit 1000
    ), named as (
      select cost.*, coalesce(family.model_family, '(no model)') as model_family,
        coalesce(project_label, cost.project_id, '(no project)') as project_name,
        coalesce(api_key_label, cost.api_key_id, '(no key)') as api_key_label,
        case cost.status
          when 'unattributed' then '(unattributed)'
          else coalesce(person.user_label, cost.user_id, '(no user)')
        end as user_label
      from greatest_first as cost
      left join (select distinct model, model_family from openai_bi.line_items) as family on family.model = cost.model
      left join openai_bi.users as person on person.org_id = cost.org_id and person.user_id = cost.user_id
      left join openai_bi.projects as project on project.org_id = cost.org_id and project.project_id = cost.project_id
      left join openai_bi.api_keys as key on key.org_id = cost.org_id and key.api_key_id = cost.api_key_id
    )
    select user_label, ${ownedUser} as user_id, model, model_family, project_name,
      ${ownedProject} as project_id, api_key_label, allocated_cost, method, is_final
    from named
    order by allocated_cost desc`;

const byKey = `with summed as (
      select org_id, api_key_id, project_id, model, sum(billed_cost) as billed_cost
      from openai_bi.cost_daily
      where ${chosenBill}
      group by 1, 2, 3, 4
      order by sum(billed_cost) desc
      limit 1000
    )
    select coalesce(key.api_key_label, cost.api_key_id, '(no key)') as api_key_label, cost.api_key_id,
      coalesce(project.project_label, cost.project_id, '(no project)') as project_name, cost.model, cost.billed_cost
    from summed as cost
    left join openai_bi.api_keys as key on key.org_id = cost.org_id and key.api_key_id = cost.api_key_id
    left join openai_bi.projects as project on project.org_id = cost.org_id and project.project_id = cost.project_id
    order by cost.billed_cost desc`;

const overDays = `select ${timeOf('cost_date')} as time, status as metric, sum(allocated_cost) as value
    from openai_bi.cost_daily_by_user
    where ${chosenParts}
    group by 1, 2
    order by 1, 2`;

const reconciliation = `select cost_date, org_id, billed, allocated, unattributed, difference::text as difference, costs_off,
      reason, is_final
    from openai_bi.reconciliation_daily
    where currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
      and ${daysInRange('cost_date')}
    order by costs_off desc, cost_date desc, org_id`;

const ownerless = `with bill as (
      select org_id, api_key_id, min(project_id) as project_id, sum(billed_cost) as billed_cost
      from openai_bi.cost_daily
      where ${chosenBill}
        and api_key_id is not null
      group by org_id, api_key_id
    )
    select key.api_key_label, bill.api_key_id,
      coalesce(project.project_label, bill.project_id, '(no project)') as project_name, bill.billed_cost,
      case when key.removed_at is not null then 'deleted' when key.is_stub then 'in no list' else 'no owner' end as why
    from bill
    join openai_bi.api_keys as key on key.org_id = bill.org_id and key.api_key_id = bill.api_key_id
    left join openai_bi.projects as project on project.org_id = bill.org_id and project.project_id = bill.project_id
    where key.owner_user_id is null
    order by bill.billed_cost desc
    limit 200`;

const money = { unit: 'short', decimals: 2 } as const;

/** Who and what is behind the bill, and that it adds up to it. */
export const attribution: DashboardDefinition = {
  name: 'attribution',
  title: 'OpenAI cost attribution',
  description:
    'Who and what is behind the bill, with the rest that nothing tells whose it is. Adds up to the bill exactly.',
  variables: ['org', 'currency', 'project', 'team', 'family', 'user'],
  annotations: [],
  panels: [
    figures({
      title: 'Attributed',
      description:
        'Share of the bill that is known to be of somebody. Beyond 0 to 100 % where credits outweigh charges.',
      sql: share,
      unit: 'percentunit',
      decimals: 1,
      steps: [
        [null, 'red'],
        [0.8, 'orange'],
        [0.95, 'green'],
      ],
      width: 5,
      height: 9,
    }),
    bars({
      title: 'Why not attributed',
      description: 'Money by the reason that nothing tells whose it is.',
      sql: reasons,
      decimals: 2,
      width: 9,
    }),
    series({
      title: 'Attributed and not, by day',
      description: 'Both add up to the bill of the day.',
      sql: overDays,
      shape: 'bars',
      stacked: 'sums',
      decimals: 2,
      width: 10,
    }),
    rows({
      title: 'User, model, project and key',
      description: 'The bill split over its users. A click on a user, model family or project leaves only that.',
      sql: whoAndWhat,
      columns: {
        user_label: { name: 'User', link: { title: 'Only this user', url: drillDown('user', 'user_id') } },
        user_id: { hidden: true },
        model: { name: 'Model' },
        model_family: { name: 'Family', link: { title: 'Only this family', url: drillDown('family', 'model_family') } },
        project_name: {
          name: 'Project',
          link: { title: 'Only this project', url: drillDown('project', 'project_id') },
        },
        project_id: { hidden: true },
        api_key_label: { name: 'Key' },
        method: { name: 'Split by' },
        allocated_cost: { name: 'Cost', ...money },
        is_final: { name: 'Final', unit: 'bool_yes_no' },
      },
      width: 14,
      height: 14,
    }),
    rows({
      title: 'Key and model',
      description:
        'The bill by key, as billed: another cut of the same money, not to be added to the table beside it. The choice of users has no say here.',
      sql: byKey,
      columns: {
        api_key_label: { name: 'Key' },
        api_key_id: { hidden: true },
        project_name: { name: 'Project' },
        model: { name: 'Model' },
        billed_cost: { name: 'Cost', ...money },
      },
      width: 10,
      height: 14,
    }),
    rows({
      title: 'Reconciliation',
      description:
        'The bill of each day against its parts, of the chosen organizations whole: difference has to be 0 to the last digit, and no amount may be off.',
      sql: reconciliation,
      columns: {
        cost_date: { name: 'Day', unit: 'dateTimeAsIso' },
        org_id: { name: 'Organization' },
        billed: { name: 'Billed', ...money },
        allocated: { name: 'Attributed', ...money },
        unattributed: { name: 'Not attributed', ...money },
        difference: { name: 'Difference' },
        costs_off: {
          name: 'Amounts off',
          unit: 'short',
          steps: [
            [null, 'green'],
            [1, 'red'],
          ],
        },
        reason: { name: 'Why' },
        is_final: { name: 'Final', unit: 'bool_yes_no' },
      },
      width: 14,
    }),
    rows({
      title: 'Keys without an owner',
      description: 'Billed keys of which no list names the owner: nobody answers for them.',
      sql: ownerless,
      columns: {
        api_key_label: { name: 'Key' },
        api_key_id: { name: 'Id' },
        project_name: { name: 'Project' },
        billed_cost: { name: 'Cost', ...money },
        why: { name: 'Why', mapping: texts({ deleted: { color: 'orange' }, 'no owner': { color: 'red' } }) },
      },
      width: 10,
    }),
  ],
};
