import { migrationStatus } from '../db/migrate.ts';
import { knownLists } from '../load/directory.ts';
import { nothingRefused } from '../openai/refusal.ts';
import type { Slice } from '../plan/slices.ts';
import { chosenDatasets, chosenOrganizations, type RunContext, type SyncOptions } from './context.ts';
import { plannedListRequests } from './directory.ts';
import { createJob, grantedBefore, type Job, planEmpty, planJob, prepareJob } from './job.ts';
import type { PlannedDataset, PlanReport } from './report.ts';

/** What a sync would ask for, and in how many requests, from the ledger alone: no request is made, nothing is written. */
export async function planSync(context: RunContext, options: SyncOptions): Promise<PlanReport> {
  const now = context.clock.now();
  const { database_version: stored } = await migrationStatus(context.store.pool);
  const planned: PlannedDataset[] = [];
  const directory: { readonly org_id: string; readonly requests: number }[] = [];
  for (const organization of chosenOrganizations(context.config, options)) {
    for (const settings of chosenDatasets(organization, options)) {
      if (stored === 0) {
        const job = createJob(organization.name, settings, nothingRefused, options, now);
        planned.push(plannedDataset(job, planEmpty(context, job, now, options.to)));
      } else {
        const job = await prepareJob(context, organization.name, settings, options, now);
        const plan = { end: options.to, granted: grantedBefore(job), refetch: options.refetch };
        planned.push(plannedDataset(job, await planJob(context, job, now, plan)));
      }
    }
    directory.push(...(await plannedDirectory(context, organization.name, now, stored)));
  }
  const requests = [...planned, ...directory].reduce((sum, one) => sum + one.requests, 0);
  return { requests, datasets: planned, directory };
}

/** The version that brought the names. */
const directoryVersion = 4;

async function plannedDirectory({ config, store }: RunContext, org_id: string, now: Date, stored: number) {
  if (config.directory === undefined) return [];
  const known = stored < directoryVersion ? [] : await knownLists(store.pool, org_id);
  const requests = plannedListRequests(known, config.directory.hours, now);
  return requests === 0 ? [] : [{ org_id, requests }];
}

function plannedDataset({ organization, settings, known, askAgain }: Job, slices: readonly Slice[]): PlannedDataset {
  const { dataset, width } = settings;
  const askedAgain = (askAgain.horizon ? 1 : 0) + (askAgain.groupings ? known.groupings.length : 0);
  return {
    org_id: organization,
    dataset: dataset.name,
    bucket_width: width,
    from: slices.at(-1)?.start.toISOString() ?? null,
    to: slices.at(0)?.end.toISOString() ?? null,
    buckets_to_read: slices.reduce((sum, { due }) => sum + due, 0),
    buckets_reread: slices.reduce((sum, { reread }) => sum + reread, 0),
    requests: slices.length + askedAgain,
  };
}
