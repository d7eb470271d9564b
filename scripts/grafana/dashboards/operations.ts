import type { DashboardDefinition } from '../dashboard.ts';
import { rows, series } from '../panels.ts';
import {
  among,
  chosen,
  chosenCosts,
  chosenStorage,
  chosenUsage,
  daysInRange,
  greatestByDay,
  instantsInRange,
  owned,
  timeOf,
} from '../sql.ts';

/** A series a model and hour, of the 10 models that are greatest over the range. */
function hourly(value: string): string {
  return `with hourly as (
      select usage_hour_utc, model, ${value} as value
      from openai_bi.usage_hourly_by_model
      where ${chosenUsage}
        and ${instantsInRange('usage_hour_utc')}
      group by 1, 2
    ), ranked as (
      select model, row_number() over (order by sum(value) desc nulls last) as place from hourly group by 1
    )
    select usage_hour_utc as time, case when place <= 10 then model else '(all others)' end as metric, sum(value) as value
    from hourly join ranked using (model)
    where value is not null
    group by 1, 2
    order by 1, 2`;
}

const hours = Array.from({ length: 24 }, (_, hour) => hour);

const weekdayByHour = `select weekday as "Day",
      ${hours.map((hour) => `sum(requests) filter (where hour = ${hour}) as "${String(hour).padStart(2, '0')}"`).join(',\n      ')}
    from (
      select to_char(local, 'Dy') as weekday, extract(isodow from local) as place, extract(hour from local) as hour, requests
      from (
        select usage_hour_utc at time zone ${chosen('zone')} as local, sum(requests) as requests
        from openai_bi.usage_hourly_by_model
        where ${chosenUsage}
          and ${instantsInRange('usage_hour_utc')}
        group by usage_hour_utc
      ) as summed
    ) as hourly
    group by weekday, place
    order by place`;

const newcomers = `select since, kind, label, id
    from (
      select first_seen_at as since, 'model' as kind, model as label, model as id from openai_bi.models
      union all
      select coalesce(created_at, first_seen_at), 'key', api_key_label, api_key_id
      from openai_bi.api_keys where ${among('org_id', 'org')}
      union all
      select coalesce(added_at, first_seen_at), replace(user_kind, '_', ' '), user_label, user_id
      from openai_bi.users where ${among('org_id', 'org')}
      union all
      select coalesce(created_at, first_seen_at), 'project', project_label, project_id
      from openai_bi.projects where ${among('org_id', 'org')}
    ) as seen
    where since >= $__timeTo()::timestamptz - interval '7 days' and since < $__timeTo()::timestamptz
    order by since desc, kind, label
    limit 500`;

const idleKeys = `select key.api_key_label, key.api_key_id,
      coalesce(project.project_label, key.project_id, '(no project)') as project_name,
      coalesce(owner.user_label, key.owner_user_id, '(no owner)') as owner_label, key.created_at, key.last_used_at
    from openai_bi.api_keys as key
    left join openai_bi.projects as project using (org_id, project_id)
    left join openai_bi.users as owner on owner.org_id = key.org_id and owner.user_id = key.owner_user_id
    where ${among('key.org_id', 'org')}
      and ${among(owned('key.project_id', "'(no project)'", 'key.org_id'), 'project')}
      and ${among("coalesce(project.team, '(no team)')", 'team')}
      and key.removed_at is null
      and key.key_kind = 'project'
      and not key.is_stub
      and coalesce(key.last_used_at, key.created_at) < $__timeTo()::timestamptz - interval '30 days'
    order by coalesce(key.last_used_at, key.created_at)
    limit 500`;

const toolCalls = `select ${timeOf('usage_date_utc')} as time, replace(dataset, '_', ' ') as metric, sum(other_quantity) as value
    from openai_bi.usage_daily
    where dataset in ('web_search_calls', 'file_search_calls', 'code_interpreter_sessions')
      and ${chosenStorage}
      and ${daysInRange('usage_date_utc')}
    group by 1, dataset
    order by 1, 2`;

// The level of a day, over projects and never over days: a series a project, stacked.
const storedBytes = `with ranked as (
      select org_id, project_id, row_number() over (order by max(stored_bytes) desc nulls last) as place,
        max(project_name) as project_name, count(*) over (partition by max(project_name)) as called
      from openai_bi.storage_daily
      where ${chosenStorage}
        and ${daysInRange('usage_date_utc')}
      group by 1, 2
    )
    select ${timeOf('stored.usage_date_utc')} as time,
      case
        when ranked.place > 10 then '(all others)'
        when ranked.called > 1 then ranked.project_name || ' · ' || ${owned('stored.project_id', "'(no project)'", 'stored.org_id')}
        else ranked.project_name
      end as metric,
      sum(stored.stored_bytes) as value
    from openai_bi.storage_daily as stored
    join ranked on ranked.org_id = stored.org_id and ranked.project_id is not distinct from stored.project_id
    where ${daysInRange('stored.usage_date_utc')}
    group by stored.usage_date_utc, 2
    order by 1, 2`;

const gibHours = `select ${timeOf('usage_date_utc')} as time, sum(gib_hours) as "GiB-hours"
    from openai_bi.storage_daily
    where ${chosenStorage}
      and ${daysInRange('usage_date_utc')}
    group by usage_date_utc
    order by 1`;

/** What runs, and when. */
export const operations: DashboardDefinition = {
  name: 'operations',
  title: 'OpenAI operations',
  description: 'What runs, and when: requests and tokens by hour, tools, storage, newcomers and what lies idle.',
  variables: ['org', 'currency', 'project', 'team', 'family', 'zone'],
  annotations: [],
  panels: [
    series({
      title: 'Requests by hour and model',
      description: 'Of hours loaded at the width 1h; there are none where only days are loaded.',
      sql: hourly('sum(requests)'),
      shape: 'bars',
      stacked: 'sums',
      width: 12,
    }),
    series({
      title: 'Tokens by hour and model',
      description: 'All input and output tokens, of hours loaded at the width 1h.',
      sql: hourly(
        'sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) filter (where input_tokens is not null)',
      ),
      shape: 'bars',
      stacked: 'sums',
      width: 12,
    }),
    rows({
      title: 'Requests by weekday and hour',
      description:
        'Of the time range, in the chosen time zone. Where it is off UTC by a half or quarter hour, an hour counts where it begins.',
      sql: weekdayByHour,
      unit: 'short',
      shaded: true,
      width: 24,
      height: 10,
    }),
    rows({
      title: 'New in 7 days',
      description: 'Models, keys, users, service accounts and projects of the 7 days before the end of the time range.',
      sql: newcomers,
      columns: {
        since: { name: 'Since', unit: 'dateTimeAsIso' },
        kind: { name: 'What' },
        label: { name: 'Name' },
        id: { name: 'Id' },
      },
      width: 12,
    }),
    rows({
      title: 'Idle keys',
      description:
        'Keys in force that were not used for 30 days, as the API tells of each key: candidates for deletion.',
      sql: idleKeys,
      columns: {
        api_key_label: { name: 'Key' },
        api_key_id: { name: 'Id' },
        project_name: { name: 'Project' },
        owner_label: { name: 'Owner' },
        created_at: { name: 'Created', unit: 'dateTimeAsIso' },
        last_used_at: { name: 'Last used', unit: 'dateTimeAsIso' },
      },
      width: 12,
    }),
    series({
      title: 'Tool calls',
      description: 'Web searches, file searches and code interpreter sessions, each in its own unit.',
      sql: toolCalls,
      shape: 'lines',
      width: 12,
    }),
    series({
      title: 'Spend beside tokens',
      description:
        'Billed amounts that are not tokens of a model, by service: tools, storage, sessions, credits, what is not understood.',
      sql: greatestByDay({
        from: 'openai_bi.cost_daily_by_line_item',
        where: `${chosenCosts}\n        and parse_status <> 'model'`,
        day: 'cost_date',
        key: "case when charge_category = 'Credit' then 'credit' when service = '(no service)' then '(not understood)' else service end",
        value: 'sum(billed_cost)',
        count: 10,
      }),
      shape: 'bars',
      stacked: 'sums',
      decimals: 2,
      width: 12,
    }),
    series({
      title: 'Storage held',
      description:
        'A level: it adds up over projects and never over days. Of a day told from hours, the level at its end.',
      sql: storedBytes,
      shape: 'lines',
      stacked: 'sums',
      unit: 'bytes',
      width: 12,
    }),
    series({
      title: 'Storage used up',
      description: 'GiB-hours, the unit that the bill counts storage in; these do add up.',
      sql: gibHours,
      shape: 'bars',
      wide: true,
      width: 12,
    }),
  ],
};
