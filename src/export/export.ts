import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../clock.ts';
import { raise } from '../db/database-error.ts';
import { EtlError } from '../errors.ts';
import { type Cursor, formatCursor, inSnapshot, parseCursor } from '../feed/cursor.ts';
import type { Log } from '../log.ts';
import { type ExportedSource, exportSource, type SourceContext } from './export-source.ts';
import {
  isOurs,
  isReadable,
  livePaths,
  type Manifest,
  manifestText,
  manifestVersion,
  parseManifest,
} from './manifest.ts';
import type { Format } from './select-sql.ts';
import { defaultNames, findSources } from './source.ts';
import type { Published, Target } from './target.ts';

/** What is asked of an export. */
export interface ExportOptions {
  /** Datasets, or tables and views with their schema; none for what the target holds, or for the default. */
  readonly names: readonly string[];
  readonly format: Format;
  /** Reads and writes everything again, and leaves out of the target what is not named. */
  readonly full: boolean;
  readonly productVersion: string;
}

/** What an export is given to work with. */
export interface ExportContext {
  readonly pool: Pool;
  readonly target: Target;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told of each partition that was read, with its rows. */
  readonly advanced: (rows: number) => void;
}

/** What an export came to. */
export interface Exported {
  readonly manifest: Manifest;
  readonly sources: readonly ExportedSource[];
  /** Files that were taken away: of the export before the last, or of one that was killed. */
  readonly removed: number;
}

/**
 * Brings a target up to the store as of one instant: files first, then the manifest that names them, then what nobody
 * reads any more goes. Whatever happens before the manifest is published, its readers see the export before. Rejects
 * with `target_unusable`, `target_foreign`, `target_busy`, `arguments_invalid`, and with what the database raises.
 */
export async function exportTo(context: ExportContext, options: ExportOptions): Promise<Exported> {
  const { pool, target, log } = context;
  const found = await target.published();
  const held = found === null ? null : readHeld(found, target, options);
  const before = options.full ? null : held;
  const put: string[] = [];
  try {
    const aside = await target.prepare();
    const recording = {
      put: async (local: string, path: string) => {
        put.push(path);
        await target.put(local, path);
      },
    };
    const exported = await inSnapshot(pool, (client, bound) =>
      exportSources({ ...context, client, target: recording, aside, format: options.format }, bound, before, options),
    );
    context.signal.throwIfAborted();
    const manifest = {
      ...exported.manifest,
      exported_at: context.clock.now().toISOString(),
      retired: retiredOf(held, exported.manifest),
    };
    await target.publish(manifestText(manifest), found);
    return { ...exported, manifest, removed: await removeForgotten(target, manifest, log) };
  } catch (failure) {
    // What another export has published may be the very files that were put here.
    const isOvertaken = failure instanceof EtlError && failure.code === 'target_busy';
    if (!isOvertaken) await takeBack(target, put, held);
    throw failure;
  } finally {
    await target.close();
  }
}

/** What the target holds; null where that is an export of another version, which only a full one replaces. */
function readHeld(found: Published, target: Target, { format, full }: ExportOptions): Manifest | null {
  if (full && isOurs(found.text) && !isReadable(found.text)) return null;
  const manifest = parseManifest(found.text, target.shown);
  if (full || manifest.format === format) return manifest;
  throw new EtlError('target_foreign', `${target.shown} holds an export as ${manifest.format}, not ${format}`);
}

/** What the readers of a manifest may be reading still, and no reader of the next one will. */
function retiredOf(held: Manifest | null, { streams }: Manifest): string[] {
  const present = new Set(streams.flatMap(({ files }) => files.map(({ path }) => path)));
  const paths = (held?.streams ?? []).flatMap(({ files }) => files.map(({ path }) => path));
  return paths.filter((path) => !present.has(path));
}

type Context = SourceContext & Pick<ExportContext, 'log'>;

async function exportSources(
  context: Context & { readonly target: Pick<Target, 'put'> },
  bound: Cursor,
  before: Manifest | null,
  options: ExportOptions,
): Promise<{ readonly manifest: Manifest; readonly sources: readonly ExportedSource[] }> {
  const schemaVersion = await readSchemaVersion(context.client);
  const since = before === null ? null : sinceOf(before, bound, schemaVersion);
  const selection = options.names.length === 0 ? (before?.selection ?? 'all') : 'named';
  const names = namesOf(options.names, before, selection);
  const sources: ExportedSource[] = [];
  for (const source of await findSources(context.client, names)) {
    const stream = before?.streams.find(({ name }) => name === source.name);
    sources.push(
      await exportSource(context, source, stream === undefined || since === null ? null : { stream, xid: since }),
    );
  }
  const streams = sources.map(({ stream }) => stream);
  const manifest: Manifest = {
    format_version: manifestVersion,
    product: 'openai-usage-etl',
    product_version: options.productVersion,
    schema_version: schemaVersion,
    format: options.format,
    compression: options.format === 'parquet' ? 'zstd' : 'gzip',
    cursor: formatCursor(bound),
    exported_at: '',
    selection,
    streams,
    retired: [],
  };
  return { manifest, sources };
}

/** What a target holds is kept together: every stream of it is brought up to the same instant. */
function namesOf(
  asked: readonly string[],
  before: Manifest | null,
  selection: Manifest['selection'],
): readonly string[] {
  const held = before?.streams.map(({ name }) => name) ?? [];
  return [...new Set([...held, ...asked, ...(asked.length === 0 && selection === 'all' ? defaultNames : [])])];
}

/**
 * The first transaction whose changes the files may lack. After a migration that is the first of all, since a migration
 * may change rows without saying so. Throws `target_foreign` for files of another store.
 */
function sinceOf({ cursor, schema_version }: Manifest, bound: Cursor, schemaVersion: number): bigint {
  const { history, xid } = parseCursor(cursor);
  if (history !== bound.history) {
    throw new EtlError('target_foreign', 'the files there are of another database, or of this one before a restore');
  }
  return schema_version === schemaVersion && xid <= bound.xid ? xid : 0n;
}

async function readSchemaVersion(client: PoolClient): Promise<number> {
  const { rows } = await client
    .query<{ version: number }>('select max(version) as version from openai_etl.migrations')
    .catch(raise);
  return rows[0]?.version ?? 0;
}

/** Removes what no manifest names that anybody still reads. The export stands whether this works or not. */
async function removeForgotten(target: Target, manifest: Manifest, log: Log): Promise<number> {
  const live = livePaths(manifest);
  try {
    const forgotten = (await target.list()).filter((path) => !live.has(path));
    await target.remove(forgotten);
    return forgotten.length;
  } catch (failure) {
    log.warn({ err: failure }, 'files of earlier exports could not be removed; the next export tries again');
    return 0;
  }
}

/** Takes back what was put before a failure. What cannot be taken back now goes with the next export. */
async function takeBack(target: Target, put: readonly string[], held: Manifest | null): Promise<void> {
  const live = held === null ? new Set<string>() : livePaths(held);
  await target.remove(put.filter((path) => !live.has(path))).catch(() => undefined);
}
