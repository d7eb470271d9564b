import { type Capability, writeCapability } from '../load/capabilities.ts';
import { redact } from '../log.ts';
import type { JobRun, OrganizationRun } from './job-run.ts';

/** Records what the API granted for each dataset; of a dataset read at several widths, the least. */
export async function recordCapabilities(run: OrganizationRun, finished: readonly JobRun[]): Promise<void> {
  const byDataset = Map.groupBy(finished, ({ job }) => job.settings.dataset.name);
  for (const [dataset, jobRuns] of byDataset) {
    const found = jobRuns.map((jobRun) => capabilityOf(run, jobRun)).filter((one) => one !== null);
    const least = found.toSorted((a, b) => a.grain.length - b.grain.length || rank(a) - rank(b))[0];
    const [first] = jobRuns;
    if (least === undefined || first === undefined) continue;
    const horizon = earliest(found.flatMap((one) => (one.horizon === null ? [] : [one.horizon])));
    await writeCapability(run.context.store.pool, first.job.organization, dataset, { ...least, horizon });
  }
}

/** Of the same horizon aligned to several widths, the one that costs no bucket. */
function earliest(instants: readonly Date[]): Date | null {
  return instants.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
}

const rank = ({ status }: Capability) => ['unavailable', 'reduced', 'available'].indexOf(status);

/** What one job found out; null when it asked nothing, or got no answer that says anything about the dataset. */
function capabilityOf(run: OrganizationRun, { job, reader, tally, stopped }: JobRun): Capability | null {
  const { session } = reader;
  const known = { grain: session.grain, refused: session.refused, horizon: session.horizon };
  const denied = stopped !== null && (stopped.verdict === 'stop_dataset' || stopped.verdict === 'mark_unavailable');
  if (denied) {
    const detail = `${stopped.code}: ${redact(stopped.message)}`;
    return { ...known, status: 'unavailable', grain: [], detail, checkedAt: run.now };
  }
  if (tally.slicesLoaded === 0) return null;
  if (session.refused.length === 0) return { ...known, status: 'available', detail: null, checkedAt: run.now };
  const detail = `the API refuses to group by ${session.refused.join(', ')}`;
  const asked = job.capability === null || job.retryRefused || session.grain.length < job.obtainable.length;
  const checkedAt = asked ? run.now : (job.capability?.checkedAt ?? run.now);
  return { ...known, status: 'reduced', detail, checkedAt };
}
