import { type LockHolder, strangerHolds } from '../db/lock-holder.ts';
import type { EtlError } from '../errors.ts';
import { dataThrough } from '../load/reach.ts';
import { type Job, reachOf } from './job.ts';
import type { JobRun, OrganizationRun } from './job-run.ts';
import { refusalReports, storedRefusals } from './known-refusals.ts';
import type { DatasetReport } from './report.ts';
import { countsOf, emptyTally, errorReport, statusOf } from './tally.ts';
import type { JobTieOut } from './tie-out.ts';

/** A job whose lock another session holds. */
export interface BusyJob {
  readonly job: Job;
  readonly holder: LockHolder | null;
}

/** The report of a job that another run holds, or a session that is none: nothing will ever come of waiting for that. */
export function busyReport({ job, holder }: BusyJob): DatasetReport {
  const stranger = holder !== null && !holder.run ? strangerHolds(holder) : null;
  return {
    ...identityOf(job),
    ...countsOf(emptyTally()),
    status: stranger === null ? 'busy' : 'failed',
    requests: 0,
    grain: [],
    refused_dimensions: [],
    refusals: [],
    data_through: null,
    horizon: null,
    tie_out: null,
    errors: stranger === null ? [] : [errorReport(stranger)],
  };
}

/** The report of a finished job. `stopped`: why the whole organization was stopped, where it was. */
export async function reportJob(
  run: OrganizationRun,
  jobRun: JobRun,
  stopped: EtlError | null,
  tieOut: JobTieOut | null,
): Promise<DatasetReport> {
  const { job, reader, tally } = jobRun;
  const unavailable = jobRun.stopped?.verdict === 'mark_unavailable';
  const cut = stopped !== null && !tally.errors.includes(stopped);
  const status = statusOf({ ...tally, errors: cut ? [...tally.errors, stopped] : tally.errors }, unavailable);
  const through = await dataThrough(run.context.store.pool, reachOf(job));
  return {
    ...identityOf(job),
    ...countsOf(tally),
    status,
    requests: reader.requests - (tieOut?.rereads ?? 0),
    grain: reader.session.grain,
    refused_dimensions: reader.session.refused,
    refusals: refusalReports(storedRefusals(reader.session.refusals)),
    data_through: through?.toISOString() ?? null,
    horizon: reader.session.horizon?.toISOString() ?? null,
    tie_out: tieOut?.report ?? null,
    errors: tally.errors.map(errorReport),
  };
}

function identityOf(job: Job) {
  return { org_id: job.organization, dataset: job.settings.dataset.name, bucket_width: job.settings.width };
}
