import type pLimit from 'p-limit';
import { directoryLists } from '../catalog/directory/index.ts';
import type { DirectoryList } from '../catalog/directory/list.ts';
import { type EtlError, toEtlError } from '../errors.ts';
import type { KnownList, ListReading } from '../load/directory.ts';
import { redact } from '../log.ts';
import type { Client } from '../openai/client.ts';
import { readList } from '../openai/lists.ts';
import { createListDecoder, type DirectoryEntry } from '../parse/directory.ts';
import type { Progress } from './report.ts';

/** What it takes to ask for an organization's lists. */
export interface ListAsker {
  readonly client: Client;
  readonly limit: ReturnType<typeof pLimit>;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly personalData: boolean;
}

/** One list that was asked for. */
export interface AskedList extends ListReading {
  /** True where a refusal is as it should be: the API gives nothing of archived projects. */
  readonly archived: boolean;
}

/** After as many lists of one kind in a row were not given, the rest is not asked for: it would be the same. */
const mostMissesInARow = 3;

const label = 'names';

/**
 * Reads every list of an organization: those of the whole, then those of each project and group. What cannot be read is
 * in the result, not thrown; only the signal's reason is.
 */
export async function readLists(asker: ListAsker, known: readonly KnownList[]): Promise<readonly AskedList[]> {
  const whole = directoryLists.filter(({ per }) => per === null).map((list) => ({ list, scope: noScope }));
  asker.progress.planned(label, whole.length);
  const ask = createAsk(asker);
  const first = await Promise.all(whole.map(ask));
  const scoped = directoryLists
    .filter(({ per }) => per !== null)
    .flatMap((list) =>
      scopesOf(list, first.flat())
        .filter((scope) => !isOver(list, scope, known))
        .map((scope) => ({ list, scope })),
    );
  asker.progress.planned(label, whole.length + scoped.length);
  const rest = await Promise.all(scoped.map(ask));
  return [...first.flat(), ...rest.flat()];
}

interface Scope {
  readonly id: string | null;
  readonly archivedAt: Date | null;
}

const noScope: Scope = { id: null, archivedAt: null };

interface Target {
  readonly list: DirectoryList;
  readonly scope: Scope;
}

/** Asks for one list; the answer is empty where asking was given up. */
function createAsk({ client, limit, signal, progress, personalData }: ListAsker) {
  const misses = new Map<string, number>();
  return ({ list, scope }: Target): Promise<readonly AskedList[]> =>
    limit(async () => {
      if ((misses.get(list.name) ?? 0) >= mostMissesInARow) return [];
      const asked = { list, scopeId: scope.id, archived: scope.archivedAt !== null };
      try {
        const decode = createListDecoder(list, scope.id, { personalData });
        const entries = await readList<DirectoryEntry>(client, { list, scopeId: scope.id, signal }, decode);
        misses.set(list.name, 0);
        progress.advanced(label, entries.length);
        return [{ ...asked, outcome: { status: 'read' as const, entries } }];
      } catch (thrown) {
        signal.throwIfAborted();
        if (!asked.archived) misses.set(list.name, (misses.get(list.name) ?? 0) + 1);
        progress.advanced(label, 0);
        return [{ ...asked, outcome: missOf(toEtlError(thrown)) }];
      }
    });
}

/** A key may be good for usage and not for names, so that its rejection here is only a refusal. */
const refusals: ReadonlySet<EtlError['code']> = new Set(['dataset_unavailable', 'key_rejected']);

function missOf({ code, message }: EtlError) {
  return { status: refusals.has(code) ? ('refused' as const) : ('failed' as const), detail: redact(message) };
}

/** The projects or groups that have a list each, of those that were read just now. */
function scopesOf({ per }: DirectoryList, readings: readonly ListReading[]): readonly Scope[] {
  return readings.flatMap(({ list, outcome }) =>
    list.name === per && outcome.status === 'read' ? outcome.entries.map(scopeOf) : [],
  );
}

function scopeOf({ id, values }: DirectoryEntry): Scope {
  const archivedAt = values['archived_at'] ?? null;
  return { id, archivedAt: archivedAt === null ? null : new Date(archivedAt) };
}

/** The API's clock and this one may differ. */
const clockToleranceMs = 3_600_000;

/** Nothing changes in a project that is archived: its lists are asked for once more, whatever comes of it. */
function isOver(list: DirectoryList, { id, archivedAt }: Scope, known: readonly KnownList[]): boolean {
  if (archivedAt === null) return false;
  const last = known.find((one) => one.list === list.name && one.scope === id);
  return (
    last !== undefined && last.status !== 'failed' && last.tried_at.getTime() > archivedAt.getTime() + clockToleranceMs
  );
}
