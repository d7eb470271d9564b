import type pLimit from 'p-limit';
import { directoryLists } from '../catalog/directory/index.ts';
import { datasets as catalog } from '../catalog/index.ts';
import { toDatabaseError } from '../db/database-error.ts';
import { directoryLock, type Locks } from '../db/lock.ts';
import { patiently } from '../db/patience.ts';
import type { EtlError } from '../errors.ts';
import {
  type DirectoryChanges,
  erasePersonalData,
  type KnownList,
  knownLists,
  loadDirectory,
} from '../load/directory.ts';
import { recordStubs } from '../load/stubs.ts';
import { redact } from '../log.ts';
import type { Client } from '../openai/client.ts';
import type { RunContext } from './context.ts';
import { type AskedList, readLists } from './directory-read.ts';
import { isForeign } from './identity.ts';
import type { IdentityWatch } from './identity-watch.ts';
import type { DirectoryListReport, DirectoryReport } from './report.ts';

/** What to do where the API does not give names. */
export const namesRemedy =
  'Nothing to do for the numbers. For names, give the admin key the permission api.management.read.';

/** An organization whose datasets have been loaded, and whose names are next. */
export interface DirectoryRun {
  readonly context: RunContext;
  readonly organization: string;
  readonly client: Client;
  readonly identity: Pick<IdentityWatch, 'admit'>;
  readonly stop: (error: EtlError) => void;
  readonly limit: ReturnType<typeof pLimit>;
  readonly locks: Locks;
  readonly signal: AbortSignal;
  /** The run's one instant. */
  readonly now: Date;
}

/**
 * Brings names up to date once the numbers are loaded: erases those of people when they are not to be kept, reads the
 * lists when they are due, and gives ids that no list holds a row. Null where nothing was read. Never rejects: names are
 * not numbers, and what goes wrong with them is logged, recorded and reported.
 */
export async function updateDirectory(run: DirectoryRun, readable: boolean): Promise<DirectoryReport | null> {
  const { context, organization, now, signal } = run;
  const { pool } = context.store;
  let report: DirectoryReport | null = null;
  try {
    if (context.config.directory?.personalData === false) {
      const rows = await patiently(context, () => erasePersonalData(pool, organization));
      if (rows > 0) context.log.info({ organization, rows }, 'names and e-mail addresses of people have been erased');
    }
    if (readable && !signal.aborted) report = await readWhenDue(run);
  } catch (thrown) {
    if (signal.aborted) return report;
    report = failedReport(run, report, thrown);
    if (isForeign(toDatabaseError(thrown))) return report;
  }
  try {
    // Whatever became of the lists: ids without a row have no name in any view.
    await patiently(context, () => recordStubs(pool, organization, catalog, now));
  } catch (thrown) {
    if (signal.aborted) return report;
    report = failedReport(run, report, thrown);
  }
  return report;
}

function failedReport(
  { context, organization, stop }: DirectoryRun,
  report: DirectoryReport | null,
  thrown: unknown,
): DirectoryReport {
  const error = toDatabaseError(thrown);
  const { code, message } = error;
  // Names may be missing; those of another organization are a reason to stop.
  if (isForeign(error)) stop(error);
  context.log.error({ organization, code }, `names could not be stored: ${message}`);
  return { ...(report ?? emptyReport(organization)), status: 'failed', detail: redact(message) };
}

async function readWhenDue(run: DirectoryRun): Promise<DirectoryReport | null> {
  const { context, organization, locks, now } = run;
  const { directory } = context.config;
  if (directory === undefined) return null;
  const known = await patiently(context, () => knownLists(context.store.pool, organization));
  if (!isDue(known, directory.hours, now)) return null;
  const lock = directoryLock(organization);
  if (!(await locks.tryAcquire(lock))) return null;
  try {
    const observedAt = context.clock.now();
    const { personalData } = directory;
    const lists = await readLists({ ...run, progress: context.progress, personalData }, known);
    await run.identity.admit();
    const reading = { organization, observedAt, lists };
    const changes = await patiently(context, () => loadDirectory(context.store.pool, reading));
    const report = reportOf(organization, lists, changes);
    for (const { list, status, detail } of report.lists) {
      if (status !== 'read') context.log.warn({ organization, list, reason: detail }, 'names could not be read');
    }
    return report;
  } finally {
    await locks.release(lock);
  }
}

const hourMs = 3_600_000;

/** True when the lists have not been asked for in so many hours. A date to come was written by a clock that was wrong. */
function isDue(known: readonly KnownList[], hours: number, now: Date): boolean {
  if (hours === 0) return false;
  return known.every(({ tried_at: tried }) => Math.abs(now.getTime() - tried.getTime()) >= hours * hourMs);
}

/** About how many requests reading the lists will take, from what they held the last time. */
export function plannedListRequests(known: readonly KnownList[], hours: number, now: Date): number {
  if (!isDue(known, hours, now)) return 0;
  const pages = directoryLists.flatMap(({ name, per, pageEntries }) => {
    const last = known.filter(({ list }) => list === name);
    if (last.length === 0) return per === null ? [1] : [];
    return last.map(({ entries }) => Math.max(1, Math.ceil(entries / pageEntries)));
  });
  return pages.reduce((sum, one) => sum + one, 0);
}

function emptyReport(org_id: string): DirectoryReport {
  return {
    org_id,
    status: 'read',
    detail: null,
    remedy: null,
    added: 0,
    changed: 0,
    renamed: 0,
    removed: 0,
    lists: [],
  };
}

function reportOf(org_id: string, asked: readonly AskedList[], changes: DirectoryChanges): DirectoryReport {
  const lists = directoryLists.flatMap(({ name }) => listReport(name, asked) ?? []);
  const missing = lists.filter(({ status }) => status !== 'read');
  const [first] = missing;
  const status = first === undefined ? 'read' : missing.length < lists.length ? 'partial' : first.status;
  const remedy = missing.some(({ status: one }) => one === 'refused') ? namesRemedy : null;
  return { org_id, status, detail: first?.detail ?? null, remedy, ...changes, lists };
}

/** What came of all lists of one kind; null where none was asked for. */
function listReport(name: string, asked: readonly AskedList[]): DirectoryListReport | null {
  const same = asked.filter(({ list }) => list.name === name);
  if (same.length === 0) return null;
  const missed = same.flatMap(({ outcome, archived }) =>
    outcome.status === 'read' || (archived && outcome.status === 'refused') ? [] : [outcome],
  );
  const worst = missed.find(({ status }) => status === 'failed') ?? missed[0];
  const entries = same.reduce((sum, { outcome }) => sum + (outcome.status === 'read' ? outcome.entries.length : 0), 0);
  return { list: name, status: worst?.status ?? 'read', entries, detail: worst?.detail ?? null };
}
