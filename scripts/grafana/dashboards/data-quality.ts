import type { DashboardDefinition } from '../dashboard.ts';
import { figures, rows, series, states, texts } from '../panels.ts';
import { among, chosen, daysInRange, instantsInRange, timeOf } from '../sql.ts';
import { coverageStates } from './states.ts';

const freshness = `select org_id, dataset, bucket_width, status, extract(epoch from age) as age_seconds, data_through,
      final_through, last_success_at
    from openai_bi.data_freshness
    where ${among('org_id', 'org')}
    order by status desc, age desc nulls first, org_id, dataset, bucket_width`;

// The worst state of the chosen organizations.
const coverage = `select ${timeOf('day')} as time, dataset as metric,
      max(case state when 'empty' then 0 when 'final' then 1 when 'loaded' then 2 when 'incomplete' then 3 when 'missing' then 4 else 5 end) as value
    from openai_bi.coverage
    where ${among('org_id', 'org')}
      and ${daysInRange('day')}
    group by day, dataset
    order by 1, 2`;

const runs = `select started_at, org_id, command, status, extract(epoch from duration) as seconds, requests, buckets_loaded,
      buckets_refused, buckets_unanswered, rows_inserted, rows_updated, rows_deleted, error
    from openai_bi.runs
    where ${among('org_id', 'org')}
      and ${instantsInRange('started_at')}
    order by started_at desc
    limit 200`;

const restatedRows = `select ${timeOf('day')} as time, dataset as metric, count(*) as value
    from openai_bi.restated_groups
    where ${among('org_id', 'org')}
      and ${daysInRange('day')}
    group by day, dataset
    order by 1, 2`;

const restatedMoney = `select day, line_item, sum(old_cost) as old_value, sum(new_cost) as new_value, sum(change) as change,
      bool_or(was_final) as was_final, max(observed_at) as observed_at
    from openai_bi.restated_groups
    where dataset = 'costs'
      and old_cost is distinct from new_cost
      and currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
      and ${daysInRange('day')}
    group by org_id, day, line_item
    order by abs(sum(change)) desc, day desc
    limit 200`;

const unparsed = `select line_item, sum(billed_cost) as billed_cost, min(cost_date) as first_day, max(cost_date) as last_day
    from openai_bi.cost_daily_by_line_item
    where parse_status = 'unparsed'
      and currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
      and ${daysInRange('cost_date')}
    group by line_item
    order by abs(sum(billed_cost)) desc
    limit 200`;

const difference = `select coalesce(sum(costs_off), 0) as "Amounts off",
      count(*) filter (where difference <> 0) as "Days off"
    from openai_bi.reconciliation_daily
    where currency = ${chosen('currency')}
      and ${among('org_id', 'org')}
      and ${daysInRange('cost_date')}`;

// Of the sums, because FOCUS is a row a charge; check focus asks every row.
const focus = `with billed as (
      select date_trunc('month', cost_date)::date as month, sum(costs) as charges, sum(billed) as billed,
        sum(difference) as difference
      from openai_bi.reconciliation_daily
      where currency = ${chosen('currency')}
        and ${among('org_id', 'org')}
        and ${daysInRange('cost_date')}
      group by 1
    ), without_quantity as (
      select date_trunc('month', cost_date)::date as month, sum(costs_without_quantity) as charges,
        sum(billed_without_quantity) as billed
      from openai_bi.cost_daily_by_line_item
      where currency = ${chosen('currency')}
        and ${among('org_id', 'org')}
        and ${daysInRange('cost_date')}
        and charge_category = 'Usage'
      group by 1
    )
    select to_char(billed.month, 'YYYY-MM') as month, billed.charges, billed.billed,
      trim_scale(billed.difference)::text as difference, coalesce(without_quantity.charges, 0) as without_quantity,
      coalesce(without_quantity.billed, 0) as billed_without_quantity
    from billed left join without_quantity using (month)
    order by 1 desc`;

const anyIsBad = [
  [null, 'green'],
  [1, 'red'],
] as const;

/** Whether the figures of the other dashboards can be believed. */
export const dataQuality: DashboardDefinition = {
  name: 'data-quality',
  title: 'OpenAI data quality',
  description: 'Whether the figures of the other dashboards can be believed: fresh, whole, reconciled, understood.',
  variables: ['org', 'currency'],
  annotations: [],
  panels: [
    figures({
      title: 'Bill against parts',
      description: 'Billed amounts whose parts do not add up to them, and days with a difference. Both have to be 0.',
      sql: difference,
      steps: anyIsBad,
      width: 6,
      height: 9,
    }),
    rows({
      title: 'Freshness',
      description: 'How far the data of each dataset reach, how old that is, and before when everything is final.',
      sql: freshness,
      columns: {
        org_id: { name: 'Organization' },
        dataset: { name: 'Dataset' },
        bucket_width: { name: 'Width' },
        status: { name: 'State', mapping: texts({ fresh: { color: 'green' }, stale: { color: 'red' } }) },
        age_seconds: { name: 'Age', unit: 's' },
        data_through: { name: 'Data through', unit: 'dateTimeAsIso' },
        final_through: { name: 'Final through', unit: 'dateTimeAsIso' },
        last_success_at: { name: 'Last read', unit: 'dateTimeAsIso' },
      },
      width: 18,
    }),
    states({
      title: 'Coverage',
      description: 'What is known of each day of each dataset; of several organizations, the worst.',
      sql: coverage,
      mapping: coverageStates,
      width: 24,
      height: 11,
    }),
    rows({
      title: 'Runs',
      description: 'What was done and what changed, latest first.',
      sql: runs,
      unit: 'short',
      columns: {
        started_at: { name: 'Started', unit: 'dateTimeAsIso' },
        org_id: { name: 'Organization' },
        command: { name: 'Command' },
        status: {
          name: 'State',
          mapping: texts({
            ok: { color: 'green' },
            running: { color: 'blue' },
            partial: { color: 'orange' },
            failed: { color: 'red' },
          }),
        },
        seconds: { name: 'Took', unit: 's' },
        requests: { name: 'Requests' },
        buckets_loaded: { name: 'Buckets changed' },
        buckets_refused: { name: 'Refused', steps: anyIsBad },
        buckets_unanswered: { name: 'Unanswered', steps: anyIsBad },
        rows_inserted: { name: 'Rows added' },
        rows_updated: { name: 'changed' },
        rows_deleted: { name: 'removed' },
        error: { name: 'Error' },
      },
      width: 24,
    }),
    series({
      title: 'Restatements',
      description: 'Groups that the API told otherwise after their bucket had closed, by the day that was restated.',
      sql: restatedRows,
      shape: 'bars',
      stacked: 'sums',
      width: 12,
    }),
    rows({
      title: 'Restatements in money',
      description: 'What days cost before and after, the greatest changes first. Recent days fill up: that is usual.',
      sql: restatedMoney,
      unit: 'short',
      columns: {
        day: { name: 'Day', unit: 'dateTimeAsIso' },
        line_item: { name: 'Line item' },
        old_value: { name: 'Before', decimals: 4 },
        new_value: { name: 'After', decimals: 4 },
        change: { name: 'Change', decimals: 4 },
        was_final: { name: 'Was final', unit: 'bool_yes_no' },
        observed_at: { name: 'Seen', unit: 'dateTimeAsIso' },
      },
      width: 12,
    }),
    rows({
      title: 'Line items not understood',
      description: 'Their money is in every total, without model or class. An upgrade may read them.',
      sql: unparsed,
      unit: 'short',
      columns: {
        line_item: { name: 'Line item' },
        billed_cost: { name: 'Billed', decimals: 4 },
        first_day: { name: 'From', unit: 'dateTimeAsIso' },
        last_day: { name: 'To', unit: 'dateTimeAsIso' },
      },
      width: 12,
      height: 11,
    }),
    rows({
      title: 'FOCUS by billing month',
      description:
        'The bill that the FOCUS views show, and that it is the same split over users: the difference has to be 0. Usage of which the bill states no quantity is counted where an endpoint counts it, else it is a published deviation. usage-etl check focus asks all rules.',
      sql: focus,
      unit: 'short',
      columns: {
        month: { name: 'Month' },
        charges: { name: 'Charges' },
        billed: { name: 'Billed', decimals: 2 },
        difference: { name: 'Difference of the split' },
        without_quantity: { name: 'No quantity billed' },
        billed_without_quantity: { name: 'Billed without', decimals: 2 },
      },
      width: 12,
      height: 11,
    }),
  ],
};
