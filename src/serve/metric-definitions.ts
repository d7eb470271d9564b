import type { Observation, Stored } from '../run/observe.ts';
import {
  askedFor,
  counted,
  fromZero,
  ledger,
  ledgerOf,
  perLastRun,
  perLedger,
  perOrganization,
  perTieOut,
  type Sample,
  seconds,
  sum,
  summed,
} from './samples.ts';

/** What a metric is and where its values come from. The documentation is generated from it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  /** Read from the database, so that runs from cron and restarts count. */
  readonly samples: (stored: Stored, observation: Observation) => readonly Sample[];
}

const endings = ['ok', 'partial', 'failed'] as const;
const driftKinds = ['field', 'object', 'value'] as const satisfies readonly Stored['status']['drift'][number]['kind'][];

/** Every metric read from the database. */
export const metricDefinitions: readonly MetricDefinition[] = [
  {
    name: 'usage_etl_runs_total',
    type: 'counter',
    help: 'Finished runs by command and by how they ended: ok, partial or failed.',
    labels: ['org', 'command', 'status'],
    samples: counted('runs', 'command', (stored) =>
      perOrganization(
        stored,
        endings.map((status) => ({ command: 'sync', status })),
      ),
    ),
  },
  {
    name: 'usage_etl_runs_running',
    type: 'gauge',
    help: 'Runs recorded as at work; one that was killed stays until the next run of its organization.',
    labels: [],
    samples: ({ running }) => [{ labels: {}, value: running }],
  },
  {
    name: 'usage_etl_requests_total',
    type: 'counter',
    help: 'Requests to the API by HTTP status, retries included; 429 is rate limited, network is no answer at all.',
    labels: ['org', 'status'],
    samples: counted('requests', 'status', (stored) => perOrganization(stored, [{ status: '200' }, { status: '429' }])),
  },
  {
    name: 'usage_etl_retries_total',
    type: 'counter',
    help: 'Requests to the API that repeated a failed one.',
    labels: ['org'],
    samples: counted('retries', null, perOrganization),
  },
  {
    name: 'usage_etl_rows_total',
    type: 'counter',
    help: 'Fact rows inserted, updated (a value changed) and deleted (no longer reported).',
    labels: ['org', 'kind'],
    samples: counted('rows', 'kind', (stored) =>
      perOrganization(stored, [{ kind: 'inserted' }, { kind: 'updated' }, { kind: 'deleted' }]),
    ),
  },
  {
    name: 'usage_etl_restatements_total',
    type: 'counter',
    help: 'Changes of groups in buckets that were closed when they were last read.',
    labels: ['org', 'dataset'],
    samples: counted('restatements', 'dataset', askedFor),
  },
  {
    name: 'usage_etl_data_through_timestamp_seconds',
    type: 'gauge',
    help: 'Instant up to which everything since the start is loaded; absent while nothing is.',
    labels: ledger,
    samples: perLedger(({ through }) => (through === null ? null : seconds(through))),
  },
  {
    name: 'usage_etl_data_age_seconds',
    type: 'gauge',
    help: 'Seconds from the end of the newest data to now; absent while nothing is loaded, and where the organization lacks an optional dataset.',
    labels: ledger,
    samples: ({ freshness }) =>
      freshness.flatMap((one) =>
        one.age_seconds === null || one.state === 'absent' ? [] : [{ labels: ledgerOf(one), value: one.age_seconds }],
      ),
  },
  {
    name: 'usage_etl_data_fresh',
    type: 'gauge',
    help: '1 when the newest data is within freshness_hours, else 0; absent where the organization lacks an optional dataset.',
    labels: ledger,
    samples: ({ freshness }) =>
      freshness
        .filter(({ state }) => state !== 'absent')
        .map((one) => ({ labels: ledgerOf(one), value: one.state === 'fresh' ? 1 : 0 })),
  },
  {
    name: 'usage_etl_rows_stored',
    type: 'gauge',
    help: 'Fact rows stored.',
    labels: ledger,
    samples: perLedger(({ rows }) => rows),
  },
  {
    name: 'usage_etl_buckets_missing',
    type: 'gauge',
    help: 'Closed buckets from the start to now that were never read.',
    labels: ledger,
    samples: perLedger(({ buckets_missing }) => buckets_missing),
  },
  {
    name: 'usage_etl_buckets_refused',
    type: 'gauge',
    help: 'Buckets whose newest reading could not be typed; what is stored of them is older.',
    labels: ledger,
    samples: perLedger(({ buckets_refused }) => buckets_refused),
  },
  {
    name: 'usage_etl_buckets_unanswered',
    type: 'gauge',
    help: 'Buckets asked for last and not answered; what is stored of them, if anything, is older.',
    labels: ledger,
    samples: perLedger(({ buckets_unanswered }) => buckets_unanswered),
  },
  {
    name: 'usage_etl_buckets_unsettled',
    type: 'gauge',
    help: 'Buckets loaded that are still to be read again.',
    labels: ledger,
    samples: perLedger(({ buckets_unsettled }) => buckets_unsettled),
  },
  {
    name: 'usage_etl_buckets_incomplete',
    type: 'gauge',
    help: 'Buckets with costs of which the API told no amount, or no currency.',
    labels: ledger,
    samples: perLedger(({ days_incomplete }) => days_incomplete),
  },
  {
    name: 'usage_etl_capability_available',
    type: 'gauge',
    help: '1 when the API grants all that is asked for, 0 when it grants less or nothing; absent before it was asked.',
    labels: ['org', 'dataset'],
    samples: ({ status }) => {
      const known = status.datasets.filter(({ capability }) => capability !== 'unknown');
      const one = Map.groupBy(known, ({ org_id, dataset }) => JSON.stringify([org_id, dataset]));
      return [...one.values()].flatMap((group) =>
        group.slice(0, 1).map(({ org_id, dataset, capability }) => ({
          labels: { org: org_id, dataset },
          value: capability === 'available' ? 1 : 0,
        })),
      );
    },
  },
  {
    name: 'usage_etl_quarantine_entries',
    type: 'gauge',
    help: 'Entries in quarantine: what the API sent that could not be typed.',
    labels: ['org', 'dataset', 'reason'],
    samples: ({ status }) =>
      status.quarantine.map(({ org_id, dataset, reason, entries }) => ({
        labels: { org: org_id, dataset, reason },
        value: entries,
      })),
  },
  {
    name: 'usage_etl_drift_total',
    type: 'counter',
    help: 'Times the API sent something the catalog does not know: a field, an object or a value.',
    labels: ['org', 'dataset', 'kind'],
    samples: (stored) =>
      fromZero(
        summed(
          stored.status.drift.map(({ org_id, dataset, kind, seen_count }) => ({
            labels: { org: org_id, dataset, kind },
            value: seen_count,
          })),
        ),
        askedFor(stored).flatMap((asked) => driftKinds.map((kind) => ({ ...asked, kind }))),
      ),
  },
  {
    name: 'usage_etl_spend_yesterday',
    type: 'gauge',
    help: 'Money of the last whole UTC day, in units of the currency; absent, never 0, until that day is loaded.',
    labels: ['org', 'currency'],
    samples: ({ spend_yesterday }) =>
      spend_yesterday.map(({ org_id, currency, amount }) => ({
        labels: { org: org_id, currency },
        value: Number(amount),
      })),
  },
  {
    name: 'usage_etl_tie_out_difference',
    type: 'gauge',
    help: "How far stored sums are from the API's own totals by the newest comparison of each bucket: the differences of all that do not agree, without their sign; 0 when all agree.",
    labels: ['org', 'dataset', 'measure'],
    samples: perTieOut(({ difference }) => Number(difference), sum),
  },
  {
    name: 'usage_etl_tie_out_buckets_disagreeing',
    type: 'gauge',
    help: "Buckets whose stored sum differs from the API's own total, by the newest comparison of each.",
    labels: ['org', 'dataset', 'measure'],
    samples: perTieOut(({ disagreeing }) => disagreeing, sum),
  },
  {
    name: 'usage_etl_tie_out_last_timestamp_seconds',
    type: 'gauge',
    help: "When stored sums were last compared with the API's own totals.",
    labels: ['org', 'dataset', 'measure'],
    samples: perTieOut(
      ({ checked_at }) => seconds(checked_at),
      (values) => Math.max(...values),
    ),
  },
  {
    name: 'usage_etl_last_run_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest finished run ended.',
    labels: ['org', 'command'],
    samples: perLastRun(({ finished_at }) => seconds(finished_at)),
  },
  {
    name: 'usage_etl_last_run_duration_seconds',
    type: 'gauge',
    help: 'How long the newest finished run took.',
    labels: ['org', 'command'],
    samples: perLastRun(({ started_at, finished_at }) => Math.max(0, seconds(finished_at) - seconds(started_at))),
  },
  {
    name: 'usage_etl_last_run_status',
    type: 'gauge',
    help: '1 for how the newest finished run ended, 0 for the other ways.',
    labels: ['org', 'command', 'status'],
    samples: ({ last_runs }) =>
      last_runs.flatMap((run) =>
        endings.map((status) => ({
          labels: { org: run.org_id, command: run.command, status },
          value: run.status === status ? 1 : 0,
        })),
      ),
  },
  {
    name: 'usage_etl_alerts_open',
    type: 'gauge',
    help: 'Alerts that hold now.',
    labels: ['kind', 'severity'],
    samples: ({ alerts }) => summed(alerts.map(({ kind, severity }) => ({ labels: { kind, severity }, value: 1 }))),
  },
  {
    name: 'usage_etl_notifications_waiting',
    type: 'gauge',
    help: 'Messages the webhook has not taken yet.',
    labels: [],
    samples: ({ notifications }) => [{ labels: {}, value: notifications.waiting }],
  },
];

/** Metrics of the service itself, which are there even when the database is not. */
export const serviceMetrics = {
  build: {
    name: 'usage_etl_build_info',
    type: 'gauge',
    help: 'Always 1; the label is the version of usage-etl.',
    labels: ['version'],
  },
  databaseUp: {
    name: 'usage_etl_database_up',
    type: 'gauge',
    help: '1 when the database answers, else 0; then every metric read from it is absent.',
    labels: [],
  },
  schemaCurrent: {
    name: 'usage_etl_schema_current',
    type: 'gauge',
    help: '1 when the database is at the version this program needs, else 0; absent when it does not answer.',
    labels: [],
  },
  scheduleNext: {
    name: 'usage_etl_schedule_next_timestamp_seconds',
    type: 'gauge',
    help: 'When the schedule is due next, before jitter; absent while the service stops.',
    labels: ['name'],
  },
  scheduleRunning: {
    name: 'usage_etl_schedule_running',
    type: 'gauge',
    help: '1 while the schedule is at work, else 0.',
    labels: ['name'],
  },
  scheduleLastExit: {
    name: 'usage_etl_schedule_last_exit_code',
    type: 'gauge',
    help: 'Exit code of the last run this process started for the schedule; absent before the first.',
    labels: ['name'],
  },
} as const satisfies Record<string, Omit<MetricDefinition, 'samples'>>;
