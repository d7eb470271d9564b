import { type Capability, writeCapability } from '../load/capabilities.ts';
import { writeRefusals } from '../load/refusals.ts';
import { redact } from '../log.ts';
import type { JobRun, OrganizationRun } from './job-run.ts';
import { refusalReports, refusalTexts, storedRefusals } from './known-refusals.ts';

/**
 * Records what the API refuses of each dataset at each width, and as a summary what it grants of each dataset: of the
 * widths and ranges, the least.
 */
export async function recordCapabilities(run: OrganizationRun, finished: readonly JobRun[]): Promise<void> {
  const { pool } = run.context.store;
  for (const { job, reader } of finished) {
    const { dataset, width } = job.settings;
    const key = { organization: job.organization, dataset: dataset.name, width };
    await writeRefusals(pool, key, storedRefusals(reader.session.refusals));
  }
  for (const [dataset, jobRuns] of Map.groupBy(finished, ({ job }) => job.settings.dataset.name)) {
    const found = jobRuns.map((jobRun) => capabilityOf(run, jobRun)).filter((one) => one !== null);
    const least = leastOf(found);
    const [first] = jobRuns;
    if (least !== null && first !== undefined) await writeCapability(pool, first.job.organization, dataset, least);
  }
}

function leastOf(found: readonly Capability[]): Capability | null {
  const [least] = found.toSorted((a, b) => rank(a) - rank(b) || a.grain.length - b.grain.length);
  if (least === undefined) return null;
  const horizons = found.flatMap(({ horizon }) => (horizon === null ? [] : [horizon.getTime()]));
  return {
    ...least,
    grain: least.grain.filter((name) => found.every(({ grain }) => grain.includes(name))),
    refused: [...new Set(found.flatMap(({ refused }) => refused))],
    horizon: horizons.length === 0 ? null : new Date(Math.max(...horizons)),
  };
}

const rank = ({ status }: Capability) => ['unavailable', 'reduced', 'available'].indexOf(status);

/** What one job found out; null when it asked nothing, or got no answer that says anything about the dataset. */
function capabilityOf(run: OrganizationRun, { job, reader, tally, stopped }: JobRun): Capability | null {
  const { refused, horizon, refusals } = reader.session;
  const grain = job.settings.groupBy.filter((name) => !refused.includes(name));
  const known = { grain, refused, horizon };
  const denied = stopped !== null && (stopped.verdict === 'stop_dataset' || stopped.verdict === 'mark_unavailable');
  if (denied) {
    const detail = `${stopped.code}: ${redact(stopped.message)}`;
    return { ...known, status: 'unavailable', grain: [], detail, checkedAt: run.now };
  }
  if (tally.slicesLoaded === 0) return null;
  if (refused.length === 0) return { ...known, status: 'available', detail: null, checkedAt: run.now };
  const groupings = refusals.groupings.filter(({ dimension }) => refused.includes(dimension));
  const detail = refusalTexts(refusalReports(storedRefusals({ horizon: null, groupings })))
    .map(({ text }) => text)
    .join('; ');
  const checkedAt = new Date(Math.min(...groupings.map(({ provedAt }) => provedAt.getTime())));
  return { ...known, status: 'reduced', detail, checkedAt };
}
