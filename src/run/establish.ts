import { patiently } from '../db/patience.ts';
import { toEtlError } from '../errors.ts';
import { identifyingDimensions, storedIds } from '../load/organizations.ts';
import { otherIds } from './identity.ts';
import { labelOf } from './job.ts';
import type { JobRun, OrganizationRun } from './job-run.ts';
import type { ReadSlice } from './slice-reader.ts';

// Fewer ids than this may all have been replaced.
const fewestIds = 20;

/**
 * Makes sure, before anything is loaded, that the answers are those of the organization meant: reads the first slice of
 * one dataset after the other, those of money first, until one says whose it is; as a rule the first does. What was read
 * is loaded later and not asked for again. Stops the run where the answers are another organization's.
 */
export async function establishIdentity(run: OrganizationRun, jobRuns: readonly JobRun[]): Promise<void> {
  try {
    if (!(await run.identity.open())) return;
    await establish(run, jobRuns);
  } catch (thrown) {
    if (run.signal.aborted) return;
    const error = toEtlError(thrown);
    if (error.verdict !== 'stop_organization') throw thrown;
    run.context.log.error({ code: error.code, remedy: error.remedy }, error.message);
    run.stop(error);
  }
}

async function establish(run: OrganizationRun, jobRuns: readonly JobRun[]): Promise<void> {
  const { identity, options } = run;
  const adopts = options.adoptOrganization === true;
  const stored = new Set<string>();
  const received = new Set<string>();
  for (const jobRun of jobRuns.toSorted((a, b) => Number(isMoney(b)) - Number(isMoney(a)))) {
    const [first] = jobRun.planned;
    if (first === undefined) continue;
    const ahead = await jobRun.reader.ahead(first, run.signal);
    run.signal.throwIfAborted();
    if (adopts) await identity.adopt();
    identity.assertSame();
    if (identity.compare() === 'same') return;
    if ('failure' in ahead) {
      const { verdict } = toEtlError(ahead.failure);
      if (verdict === 'stop_organization' || verdict === 'stop_run') return;
    } else if (ahead.read !== null && !adopts) {
      if (await comesAgain(run, jobRun, ahead.read, { stored, received })) return;
    }
  }
  if (!adopts && stored.size >= fewestIds && received.size > 0) {
    throw otherIds(jobRuns[0]?.job.organization ?? '', stored.size, received.size);
  }
}

function isMoney({ job }: JobRun): boolean {
  return job.settings.dataset.money !== undefined;
}

/** True when an id that the stored closed buckets consist of is in the answer for the same buckets. */
async function comesAgain(
  run: OrganizationRun,
  { job }: JobRun,
  read: ReadSlice,
  found: { readonly stored: Set<string>; readonly received: Set<string> },
): Promise<boolean> {
  const { dataset, width } = job.settings;
  const dimensions = identifyingDimensions(dataset, read.grain);
  const { buckets } = read.parsed;
  const [from, to] = [buckets.at(0)?.start ?? 0, (buckets.at(-1)?.start ?? -1) + 1].map((at) => new Date(at * 1000));
  if (from === undefined || to === undefined) return false;
  const of = { organization: job.organization, dataset, width, filters: job.filters, dimensions, from, to };
  const { ids, starts } = await patiently(run.context, () => storedIds(run.context.store.pool, of));
  for (const id of ids) found.stored.add(id);
  const names = dataset.columns.filter(({ role }) => role !== 'measure').map(({ name }) => name);
  const at = dimensions.map((name) => names.indexOf(name));
  const rows = buckets.filter(({ start }) => starts.has(start)).flatMap((bucket) => bucket.rows);
  for (const { series } of rows) {
    for (const index of at) {
      const id = series.values[index];
      if (typeof id === 'string' && id !== '') found.received.add(id);
    }
  }
  const again = [...found.stored].some((id) => found.received.has(id));
  run.context.log.debug({ dataset: labelOf(job), known: ids.size, again }, 'whose the answer is, by its ids');
  return again;
}
