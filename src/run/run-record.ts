import { type Locks, runLock } from '../db/lock.ts';
import { inTransaction } from '../db/store.ts';
import type { EtlError } from '../errors.ts';
import { beginRun, endRun, markKilled, type RunEnd, type RunTotals, runningRuns } from '../load/runs.ts';
import { version } from '../version.ts';
import type { RunContext } from './context.ts';
import { errorReport } from './tally.ts';

/**
 * Records that a run has begun, after closing the records of runs whose process is gone: each holds a lock as long as
 * it lives. Gives the run_id.
 */
export async function openRunRecord(
  { store: { pool } }: Pick<RunContext, 'store'>,
  run: { readonly command: string; readonly organization: string; readonly startedAt: Date },
  locks: Locks,
): Promise<number> {
  await closeDeadRecords(pool, run.organization, locks);
  return await inTransaction(pool, async (client) => {
    const runId = await beginRun(client, { ...run, version });
    // Before anyone else can see the record: without its lock it would pass for that of a dead process.
    await locks.tryAcquire(runLock(runId));
    return runId;
  });
}

/** Closes the records of an organization's runs whose process is gone. */
export async function closeDeadRecords(
  pool: RunContext['store']['pool'],
  organization: string,
  locks: Pick<Locks, 'isHeld'>,
): Promise<void> {
  for (const runId of await runningRuns(pool, organization)) {
    if (!(await locks.isHeld(runLock(runId)))) await markKilled(pool, runId);
  }
}

/** Records how a run ended: `errors` one a line, each said once. */
export async function closeRunRecord(
  { store: { pool }, clock }: Pick<RunContext, 'store' | 'clock'>,
  runId: number,
  end: { readonly status: RunEnd['status']; readonly totals: RunTotals; readonly errors: readonly string[] },
): Promise<void> {
  const error = end.errors.length === 0 ? null : [...new Set(end.errors)].join('\n');
  await endRun(pool, runId, { ...end.totals, finishedAt: clock.now(), status: end.status, error });
}

/** An error as the record of a run shows it: its code first. */
export function errorLine(error: EtlError): string {
  return `${error.code}: ${errorReport(error).message}`;
}

/** What the record of a run says of sums that differ. */
export function differencesLine(differences: number): string {
  return `${differences} stored sums differ from the API's`;
}
