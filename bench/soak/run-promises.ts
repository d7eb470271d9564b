import type pg from 'pg';
import { widthSeconds } from '../../src/catalog/width.ts';
import type { DatasetSettings } from '../../src/config.ts';
import { exitCode } from '../../src/errors.ts';
import type { DatasetReport, RunReport } from '../../src/run/report.ts';
import type { Acted, RunEnd } from './act.ts';
import { isDated, isHarmless, isPassing } from './fault-drawing.ts';
import { type Memory, promise } from './memory.ts';
import { bucketKey, bucketName, type Entry } from './stored.ts';

// A request is sent six times, so that no run ends in an error for fewer failures than that.
const failuresOutlived = 5;

/** The exit code of a run, as the command line has it; null for one that was stopped. */
export function exitOf(end: RunEnd): number | null {
  if (end.kind === 'aborted') return null;
  return end.kind === 'report' ? end.report.exit_code : end.error.exit;
}

/** Holds what runs said of themselves against what they were exposed to and what is stored. Throws BrokenPromise. */
export async function checkRuns(
  pool: pg.Pool,
  memory: Memory,
  settings: readonly DatasetSettings[],
  { runs, requests, interruptions, behind }: Acted,
): Promise<void> {
  const struck = requests.flatMap((request) => request.struck);
  const failures = struck.filter(isPassing).length;
  const calm = interruptions.every((kind) => kind === 'restate' || kind === 'clock-back');
  const passing = struck.every((fault) => isHarmless(fault) || (isPassing(fault) && !(behind > 0 && isDated(fault))));
  const mild = passing && failures <= failuresOutlived;
  for (const end of runs) {
    promise(end.kind !== 'error' || end.error.code !== 'internal', () => `a run called it a defect: ${messageOf(end)}`);
    promise(
      !calm || !mild || exitOf(end) === exitCode.ok,
      () => `nothing that lasts struck, and yet: ${messageOf(end)}`,
    );
    if (end.kind === 'report') await checkReport(pool, memory, settings, end.report, behind);
  }
  const reports = runs.flatMap((end) => (end.kind === 'report' ? [end.report] : []));
  const said = reports.reduce((sum, report) => sum + report.requests, 0);
  // A run that stops takes back requests that had not gone out yet.
  const whole = reports.length === runs.length && reports.every(({ exit_code }) => exit_code === exitCode.ok);
  promise(!whole || said === requests.length, () => `${requests.length} requests were made, the runs say ${said}`);
}

async function checkReport(
  pool: pg.Pool,
  memory: Memory,
  settings: readonly DatasetSettings[],
  report: RunReport,
  behind: number,
): Promise<void> {
  const statuses = new Set(report.datasets.map(({ status }) => status));
  const errors = [...report.errors, ...report.datasets.flatMap((dataset) => dataset.errors)];
  promise(
    errors.every(({ code }) => code !== 'internal'),
    () => {
      return `a run called it a defect: ${errors.find(({ code }) => code === 'internal')?.message}`;
    },
  );
  promise(report.exit_code === expectedExit(report, statuses), () => {
    return `exit code ${report.exit_code} for datasets that are ${[...statuses].join(', ')}`;
  });
  for (const dataset of report.datasets) {
    const load = settings.find((one) => one.dataset.name === dataset.dataset && one.width === dataset.bucket_width);
    const since = Date.parse(report.started_at) - behind * 1000;
    if (load !== undefined && dataset.status === 'ok') checkComplete(memory, load, dataset, since);
  }
  await checkRecord(pool, report, statuses);
}

function expectedExit(report: RunReport, statuses: ReadonlySet<DatasetReport['status']>): number {
  const whole = report.errors.length === 0;
  if (whole && statuses.isSubsetOf(new Set(['ok', 'unavailable']))) return exitCode.ok;
  if (whole && statuses.isSubsetOf(new Set(['busy']))) return exitCode.busy;
  return statuses.has('ok') || statuses.has('partial') ? exitCode.partial : exitCode.failed;
}

/**
 * A dataset called ok has every bucket since its start or its horizon, and what was not final has been read since the
 * run began (Unix milliseconds).
 */
function checkComplete(memory: Memory, load: DatasetSettings, dataset: DatasetReport, since: number): void {
  const step = widthSeconds[load.width];
  const horizon = dataset.horizon === null ? 0 : Date.parse(dataset.horizon);
  const from = Math.ceil(Math.max(load.start?.getTime() ?? 0, horizon) / 1000 / step) * step;
  const place = { dataset: load.dataset.name, width: load.width };
  for (let start = from; start * 1000 <= since; start += step) {
    const entry = memory.buckets.get(bucketKey({ ...place, start }));
    const done = entry?.loaded === true && entry.status === 'loaded' && (entry.settled || entry.observedAt >= since);
    promise(done, () => `${bucketName({ ...place, start })} is not loaded, and the dataset is called ok`);
    promise(entry !== undefined && keepsDetail(entry, dataset.grain), () => {
      return `${bucketName({ ...place, start })} is at ${entry?.grain.join()}, the dataset is said to be at ${dataset.grain.join()}`;
    });
  }
}

function keepsDetail({ grain }: Entry, obtained: readonly string[]): boolean {
  return obtained.every((name) => grain.includes(name));
}

/** The record of a run says what its exit code says, and a run that calls itself whole has quarantined nothing. */
async function checkRecord(
  pool: pg.Pool,
  report: RunReport,
  statuses: ReadonlySet<DatasetReport['status']>,
): Promise<void> {
  const { rows } = await pool.query<{ status: string; requests: number; quarantined: number }>(
    `select status, requests::int as requests,
       (select count(*)::int from openai_etl.quarantine q where q.run_id = r.run_id) as quarantined
     from openai_etl.runs r where run_id = any($1)`,
    [report.run_ids],
  );
  for (const row of rows) {
    promise(statuses.has('busy') || row.status === report.status, () => {
      return `the record of a run says ${row.status}, its report ${report.status}`;
    });
    promise(row.requests === report.requests, () => {
      return `the record of a run says ${row.requests} requests, its report ${report.requests}`;
    });
    promise(report.exit_code !== exitCode.ok || row.quarantined === 0, () => {
      return `exit code 0 of a run that quarantined ${row.quarantined} results`;
    });
  }
}

/** Every bucket refused by a run is in quarantine. */
export async function checkQuarantine(pool: pg.Pool, entries: readonly Entry[]): Promise<void> {
  const refused = entries.filter(({ status }) => status === 'refused');
  if (refused.length === 0) return;
  const { rows } = await pool.query<{ dataset: string; width: Entry['width']; start: number }>(
    `select r.dataset, r.width, r.start
     from unnest($1::text[], $2::text[], $3::float8[], $4::bigint[]) as r(dataset, width, start, run_id)
     where not exists (select from openai_etl.quarantine q
       where q.dataset = r.dataset and q.bucket_width = r.width and q.bucket_start = to_timestamp(r.start)
         and q.run_id >= r.run_id)`,
    [
      refused.map(({ dataset }) => dataset),
      refused.map(({ width }) => width),
      refused.map(({ start }) => start),
      refused.map(({ runId }) => runId),
    ],
  );
  const [lost] = rows;
  promise(lost === undefined, () => `${lost && bucketName(lost)} was refused, and quarantine does not hold it`);
}

/** What a run said at its end, in one line. */
export function messageOf(end: RunEnd): string {
  if (end.kind === 'aborted') return 'aborted';
  if (end.kind === 'error') return `${end.error.code}: ${end.error.message}`;
  const errors = [...end.report.errors, ...end.report.datasets.flatMap(({ errors: some }) => some)];
  const said = errors.slice(0, 3).map(({ code, message }) => `${code}: ${message}`);
  return [`exit code ${end.report.exit_code}`, ...said].join('; ');
}
