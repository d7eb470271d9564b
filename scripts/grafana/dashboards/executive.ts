import { missingDays, notFinalDays } from '../annotations.ts';
import type { DashboardDefinition } from '../dashboard.ts';
import { bars, figures, rows, series, texts } from '../panels.ts';
import { among, chosen, chosenCosts, daysInRange, greatest, greatestByDay, lastDay } from '../sql.ts';
import { budgetStates } from './states.ts';

/** What was billed on each day of costs that is loaded, 0 where nothing was, from some days before the range's end on. */
const spendOfLoadedDays = (from: string) => `daily as (
      select loaded.day, coalesce(bill.spent, 0) as spent
      from (
        select distinct cost_date as day
        from openai_bi.cost_days
        where ${among('org_id', 'org')}
          and cost_date >= ${from} and cost_date <= ${lastDay}
      ) as loaded
      left join (
        select cost_date, sum(billed_cost) as spent
        from openai_bi.cost_daily_by_line_item
        where ${chosenCosts}
          and cost_date >= ${from} and cost_date <= ${lastDay}
        group by 1
      ) as bill on bill.cost_date = loaded.day
    )`;

const month = `date_trunc('month', $__timeTo()::timestamp)::date`;

const monthToDate = `select sum(billed_cost) as "Month to date"
    from openai_bi.cost_daily_by_line_item
    where ${chosenCosts}
      and cost_date >= ${month} and cost_date < $__timeTo()::timestamp`;

const forecast = `with ${spendOfLoadedDays(`least(${month}, ${lastDay} - 28)`)},
    typical as (
      select extract(isodow from day) as weekday, percentile_cont(0.5) within group (order by spent) as spent
      from daily
      where day >= ${lastDay} - 28 and day < ${lastDay}
      group by 1
    )
    select sum(coalesce(
      daily.spent::float8,
      typical.spent,
      (select percentile_cont(0.5) within group (order by spent) from typical)
    )) as "Forecast"
    from openai_bi.calendar
    left join daily on daily.day = calendar_date and daily.day < ${lastDay}
    left join typical on typical.weekday = iso_weekday
    where month_start = ${month}`;

const yesterday = `with ${spendOfLoadedDays(`${lastDay} - 8`)},
    latest as (select day, spent from daily where day < ${lastDay} order by day desc limit 1)
    select latest.spent as "Last full day",
      (select percentile_cont(0.5) within group (order by spent)
       from daily where day >= latest.day - 7 and day < latest.day) as "Median of the 7 days before"
    from latest`;

const freshness = `select case
      when count(*) = 0 then 'nothing loaded'
      when bool_or(status <> 'fresh') then 'stale'
      else 'fresh'
    end as "Data"
    from openai_bi.data_freshness
    where ${among('org_id', 'org')}`;

const budgets = `select budget_name, scope, coalesce(scope_label, '(all)') as scope_label, period, period_start, currency, amount,
      spent, spent_percent, remaining, forecast, forecast_percent, state
    from openai_bi.budget_status_on(${lastDay})
    where is_current
      and (org_id is null or ${among('org_id', 'org')})
    order by spent_percent desc nulls last, budget_name`;

const anomalies = `select cost_date, org_id, scope, coalesce(scope_label, '(all)') as scope_label, kind, amount, median, z, is_final
    from openai_bi.anomalies_between($__timeFrom()::date, ${lastDay} + 1)
    where currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
    order by cost_date desc, excess desc
    limit 100`;

const topUsers = `with ranked as (
      select max(user_label) as label, status, sum(allocated_cost) as value,
        row_number() over (partition by status order by sum(allocated_cost) desc) as place
      from openai_bi.cost_daily_by_user
      where ${chosenCosts}
        and ${daysInRange('cost_date')}
      group by org_id, user_id, status
    ), shown as (
      select status, case when status = 'allocated' and place > 10 then 11 else place end as place,
        case when status = 'allocated' and place > 10 then '(all others)' else label end as label, value
      from ranked
      union all
      select 'unattributed', 1, '(unattributed)', 0
      where not exists (select from ranked where status = 'unattributed')
    )
    select label, sum(value) as value
    from shown
    group by status, place, label
    order by status, place`;

const spend = 'sum(billed_cost)';

/** What it costs, where it goes, and whether that is as usual. */
export const executive: DashboardDefinition = {
  name: 'executive',
  title: 'OpenAI spend',
  description:
    'What it costs, where the money goes, and whether that is as usual. Days are UTC days, as the bill is cut.',
  variables: ['org', 'currency', 'project', 'team', 'family'],
  annotations: [notFinalDays, missingDays],
  panels: [
    figures({
      title: 'Month to date',
      description: 'Billed in the UTC month in which the time range ends, up to its end.',
      sql: monthToDate,
      decimals: 2,
      width: 5,
    }),
    figures({
      title: 'Forecast to month end',
      description:
        'What is billed of the month plus, for every day to come or not loaded, the median of its weekday in the 28 days before. An estimate.',
      sql: forecast,
      decimals: 2,
      width: 5,
    }),
    figures({
      title: 'Yesterday against the week before',
      description:
        'The last full day that is loaded, and the median of the 7 days before it. Recent days may still rise.',
      sql: yesterday,
      decimals: 2,
      width: 9,
    }),
    figures({
      title: 'Freshness',
      description: 'Stale when any dataset of the chosen organizations has had no data for too long: see Data quality.',
      sql: freshness,
      mapping: texts({
        fresh: { color: 'green' },
        stale: { color: 'red' },
        'nothing loaded': { color: 'orange' },
      }),
      width: 5,
    }),
    series({
      title: 'Spend by day and model family',
      description:
        'Billed amounts. Orange days may still change, red days are not loaded; a day without a bar that is not red had no spend.',
      sql: greatestByDay({
        from: 'openai_bi.cost_daily_by_line_item',
        where: chosenCosts,
        day: 'cost_date',
        key: 'model_family',
        value: spend,
        count: 10,
      }),
      shape: 'bars',
      stacked: 'sums',
      decimals: 2,
      width: 24,
      height: 11,
    }),
    bars({
      title: 'Top projects',
      description: 'Billed in the time range.',
      sql: greatest({
        from: 'openai_bi.cost_daily_by_line_item',
        where: `${chosenCosts}\n    and ${daysInRange('cost_date')}`,
        key: 'org_id, project_id',
        label: 'project_name',
        value: spend,
        count: 10,
      }),
      decimals: 2,
      width: 8,
      height: 11,
    }),
    bars({
      title: 'Top teams',
      description: 'Billed in the time range, by the team that usage-etl map was told for the project.',
      sql: greatest({
        from: 'openai_bi.cost_daily_by_line_item',
        where: `${chosenCosts}\n    and ${daysInRange('cost_date')}`,
        key: 'team',
        label: 'team',
        value: spend,
        count: 10,
      }),
      decimals: 2,
      width: 8,
      height: 11,
    }),
    bars({
      title: 'Top users',
      description:
        'The bill split over its users. What nothing tells whose it is stays visible as (unattributed): the bars add up to the bill.',
      sql: topUsers,
      decimals: 2,
      width: 8,
      height: 11,
    }),
    rows({
      title: 'Budgets',
      description:
        'The period in which the time range ends. A budget has a scope and currency of its own, whatever is chosen above; budgets overlap and do not add up.',
      sql: budgets,
      unit: 'short',
      columns: {
        budget_name: { name: 'Budget' },
        scope: { name: 'Of' },
        scope_label: { name: 'Which' },
        period: { name: 'Per' },
        period_start: { name: 'From', unit: 'dateTimeAsIso' },
        currency: { name: 'Currency' },
        amount: { name: 'Budget set', decimals: 2 },
        spent: { name: 'Spent', decimals: 2 },
        spent_percent: { name: 'Spent of it', unit: 'percent', decimals: 1 },
        remaining: { name: 'Left', decimals: 2 },
        forecast: { name: 'Forecast', decimals: 2 },
        forecast_percent: { name: 'Forecast of it', unit: 'percent', decimals: 1 },
        state: { name: 'State', mapping: budgetStates },
      },
      width: 13,
    }),
    rows({
      title: 'Unusual days',
      description:
        'Jumps beyond the 28 days before, of everything, a project, a model family or a key. One jump shows in each scope that it is seen in.',
      sql: anomalies,
      unit: 'short',
      columns: {
        cost_date: { name: 'Day', unit: 'dateTimeAsIso' },
        org_id: { name: 'Organization' },
        scope: { name: 'Of' },
        scope_label: { name: 'Which' },
        kind: { name: 'What' },
        amount: { name: 'Cost', decimals: 2 },
        median: { name: 'Usual', decimals: 2 },
        z: { name: 'Score', decimals: 1 },
        is_final: { name: 'Final', unit: 'bool_yes_no' },
      },
      width: 11,
    }),
  ],
};
