import type { Clock } from '../clock.ts';
import type { ObjectStorageSettings } from '../config.ts';
import { exportLock, openLocks } from '../db/lock.ts';
import { holderText } from '../db/lock-holder.ts';
import type { Store } from '../db/store.ts';
import { EtlError, exitCode } from '../errors.ts';
import { bucketTarget } from '../export/bucket.ts';
import { type CheckedPartition, checkExport } from '../export/check.ts';
import { exportTo } from '../export/export.ts';
import { folderTarget } from '../export/folder.ts';
import { type Format, formats } from '../export/select-sql.ts';
import { exportToSink } from '../export/sink.ts';
import type { Target } from '../export/target.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';
import type { Progress } from './report.ts';

export { type Format as ExportFormat, formats as exportFormats };

/** Where an export goes. */
export type ExportPlace =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'bucket';
      readonly bucket: string;
      readonly prefix: string;
      readonly storage: ObjectStorageSettings;
    };

/** What an export or a check is given to work with. */
export interface ExportRunContext {
  readonly store: Pick<Store, 'pool' | 'url'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What an export is asked for. */
export interface ExportRequest {
  /** Datasets, or tables and views with their schema; none for what the place holds, or for all facts and names. */
  readonly names: readonly string[];
  readonly format: Format;
  readonly full: boolean;
}

/** One stream of an export. */
export interface ExportedStream {
  readonly name: string;
  readonly partitions: number;
  /** Of these, how many are new or changed. */
  readonly partitions_written: number;
  readonly rows: number;
  readonly rows_written: number;
  readonly bytes: number;
  readonly bytes_written: number;
}

/** What `export` prints. */
export interface ExportReport {
  readonly out: string;
  readonly format: Format;
  readonly exported_at: string;
  readonly cursor: string;
  readonly files_written: number;
  readonly files_removed: number;
  readonly rows: number;
  readonly bytes: number;
  readonly streams: readonly ExportedStream[];
}

/**
 * Brings the files of a place up to the store. Rejects with `target_busy` when another export is at it, with
 * `target_unusable` and `target_foreign`, with `arguments_invalid` for a name, and with what the database raises.
 */
export async function runExport(
  { store, clock, log, progress, signal }: ExportRunContext,
  place: ExportPlace,
  request: ExportRequest,
): Promise<ExportReport> {
  const target = await targetOf(place, clock);
  const locks = await openLocks(store);
  try {
    if (!(await locks.tryAcquire(exportLock(target.identity)))) {
      const holder = await locks.holder(exportLock(target.identity));
      const who = holder === null ? '' : ` (${holderText(holder)})`;
      throw new EtlError('target_busy', `another export is writing ${target.shown}${who}`);
    }
    progress.planned('export', 1);
    const advanced = (rows: number) => progress.advanced('export', rows);
    const { manifest, sources, removed } = await exportTo(
      { pool: store.pool, target, clock, log, signal: AbortSignal.any([signal, locks.signal]), advanced },
      { ...request, productVersion: version },
    );
    const streams = sources.map(
      ({ stream, written }): ExportedStream => ({
        name: stream.name,
        partitions: stream.files.length,
        partitions_written: written.length,
        rows: total(stream.files, 'rows'),
        rows_written: total(written, 'rows'),
        bytes: total(stream.files, 'bytes'),
        bytes_written: total(written, 'bytes'),
      }),
    );
    return {
      out: target.shown,
      format: manifest.format,
      exported_at: manifest.exported_at,
      cursor: manifest.cursor,
      files_written: total(streams, 'partitions_written'),
      files_removed: removed,
      rows: total(streams, 'rows'),
      bytes: total(streams, 'bytes'),
      streams,
    };
  } finally {
    await locks.close();
  }
}

/** Takes bytes; false when nobody reads them any more. */
export type EmitBytes = (bytes: Uint8Array) => Promise<boolean>;

/** Emits one table or view as one uncompressed file, and resolves with its rows; null when the reader went away. */
export function runExportToOutput(
  { store: { pool }, signal }: Pick<ExportRunContext, 'store' | 'signal'>,
  { names: [name = ''], format }: Pick<ExportRequest, 'names' | 'format'>,
  emit: EmitBytes,
): Promise<number | null> {
  return exportToSink({ pool, signal }, { name, format }, emit);
}

/** What `export --check` prints. */
export interface ExportCheckReport {
  readonly status: 'equal' | 'changed' | 'broken';
  readonly out: string;
  readonly format: Format;
  readonly exported_at: string;
  readonly cursor: string;
  readonly files: number;
  readonly rows: number;
  readonly partitions: readonly CheckedPartition[];
  readonly exit_code: number;
}

/**
 * Proves the files of a place against the store. Exit code 0 when all are equal to it, 3 when they are whole and the store
 * has moved on, 1 when a file is missing, damaged or different. Rejects as an export does.
 */
export async function runExportCheck(
  { store: { pool }, clock, signal }: Pick<ExportRunContext, 'store' | 'clock' | 'signal'>,
  place: ExportPlace,
): Promise<ExportCheckReport> {
  const target = await targetOf(place, clock);
  const { manifest, partitions } = await checkExport(pool, target, signal);
  const has = (verdicts: readonly string[]) => partitions.some(({ verdict }) => verdicts.includes(verdict));
  const files = manifest.streams.flatMap((stream) => stream.files);
  const [status, exit] = has(['missing', 'damaged', 'different'])
    ? (['broken', exitCode.failed] as const)
    : has(['changed'])
      ? (['changed', exitCode.partial] as const)
      : (['equal', exitCode.ok] as const);
  return {
    status,
    out: target.shown,
    format: manifest.format,
    exported_at: manifest.exported_at,
    cursor: manifest.cursor,
    files: files.length,
    rows: total(files, 'rows'),
    partitions,
    exit_code: exit,
  };
}

function targetOf(place: ExportPlace, clock: Clock): Target | Promise<Target> {
  return place.kind === 'folder' ? folderTarget(place.path) : bucketTarget(place, place.storage, clock);
}

function total<K extends string>(items: readonly Readonly<Record<K, number>>[], key: K): number {
  return items.reduce((sum, item) => sum + item[key], 0);
}
