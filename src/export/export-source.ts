import { randomUUID } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { FormedColumn } from './column.ts';
import { describedColumns, knownForms, widened, writtenColumns } from './forms.ts';
import type { ManifestFile, ManifestStream } from './manifest.ts';
import { type PartitionState, partitionStates, partitionStatistics, type Statistics } from './partition.ts';
import type { Format } from './select-sql.ts';
import type { Source } from './source.ts';
import type { Target } from './target.ts';
import { readThrough, unknownThrough } from './through.ts';
import { extensions, requireRows, writeFile } from './write-file.ts';

/** What exporting a source takes. */
export interface SourceContext {
  /** Inside the snapshot of the whole export. */
  readonly client: PoolClient;
  readonly target: Pick<Target, 'put'>;
  /** Local folder for files aside. */
  readonly aside: string;
  readonly format: Format;
  readonly signal: AbortSignal;
  /** Told of each partition that was read, with its rows. */
  readonly advanced: (rows: number) => void;
}

/** What was exported before: the stream, and the first transaction that its files may lack; null for none of it. */
export interface Before {
  readonly stream: ManifestStream;
  readonly xid: bigint;
}

/** What became of a source. */
export interface ExportedSource {
  readonly stream: ManifestStream;
  /** The files that were put to the target: those of partitions that are new or changed. */
  readonly written: readonly ManifestFile[];
}

/**
 * Brings the files of a source up to the snapshot. Only partitions in which something changed are read, and only those
 * whose content differs get a new file; a file's name is made of its content, so that no file ever changes.
 */
export async function exportSource(
  context: SourceContext,
  source: Source,
  before: Before | null,
): Promise<ExportedSource> {
  const { client, format } = context;
  const states = await partitionStates(client, source);
  const plan = await planSource(context, source, states, before);
  const through = source.dataset === null ? null : await readThrough(client, source.dataset);
  const files: ManifestFile[] = [];
  const written: ManifestFile[] = [];
  for (const { month } of states) {
    const until = (month === null ? undefined : through?.get(month)) ?? unknownThrough;
    const kept = plan.kept.get(month);
    const statistics = plan.counted.get(month);
    if (kept !== undefined || statistics === undefined) {
      if (kept !== undefined) files.push({ ...kept, ...until });
      continue;
    }
    const { file, isNew } = await writePartition(context, source, plan.columns, statistics, plan.former.get(month));
    files.push({ ...file, ...until });
    if (isNew) written.push(file);
  }
  return {
    stream: {
      name: source.name,
      table: `${source.schema}.${source.table}`,
      key: [...source.key],
      month_column: source.monthColumn,
      columns: describedColumns(plan.columns, format),
      files,
    },
    written,
  };
}

interface Plan {
  readonly columns: readonly FormedColumn[];
  /** Files that need not be read again, by month. */
  readonly kept: ReadonlyMap<string | null, ManifestFile>;
  /** What the other partitions come to. */
  readonly counted: ReadonlyMap<string | null, Statistics>;
  /** Files whose content may still be the present one. */
  readonly former: ReadonlyMap<string | null, ManifestFile>;
}

async function planSource(
  { client, format }: SourceContext,
  source: Source,
  states: readonly PartitionState[],
  before: Before | null,
): Promise<Plan> {
  const columns = knownForms(source, before?.stream ?? null);
  const comparable = before !== null && isSameShape(source, columns, before.stream, format) ? before : null;
  const former = new Map((comparable?.stream.files ?? []).map((file) => [file.month, file]));
  const unchanged = (state: PartitionState) => {
    const file = former.get(state.month);
    if (comparable === null || file === undefined || !tellsOfEveryChange(source)) return null;
    return state.changedXid !== null && state.changedXid < comparable.xid && state.rows === file.rows ? file : null;
  };
  const kept = new Map(
    states.flatMap((state) => {
      const file = unchanged(state);
      return file === null ? [] : [[state.month, file] as const];
    }),
  );
  const due = states.flatMap(({ month }) => (kept.has(month) ? [] : [month]));
  const counted = due.length === 0 ? [] : await partitionStatistics(client, source, monthsOf(due));
  const formed = format === 'parquet' ? widened(columns, counted) : columns;
  if (isDeepStrictEqual(formed, columns) || kept.size === 0) {
    return { columns: formed, kept, counted: byMonth(counted), former };
  }
  // A column that has become wider is so in all files of the stream.
  const all = await partitionStatistics(client, source, null);
  return { columns: widened(formed, all), kept: new Map(), counted: byMonth(all), former };
}

/** Months only; a source without them is read whole. */
function monthsOf(due: readonly (string | null)[]): readonly string[] | null {
  const months = due.filter((month) => month !== null);
  return months.length === 0 ? null : months;
}

function byMonth(counted: readonly Statistics[]): ReadonlyMap<string | null, Statistics> {
  return new Map(counted.map((statistics) => [statistics.month, statistics]));
}

/** Small tables keep columns that move without a change, such as when something was last seen: their content is compared. */
function tellsOfEveryChange({ dataset, monthColumn }: Source): boolean {
  return dataset !== null || monthColumn !== null;
}

function isSameShape(
  source: Source,
  columns: readonly FormedColumn[],
  stream: ManifestStream,
  format: Format,
): boolean {
  return (
    stream.month_column === source.monthColumn && isDeepStrictEqual(stream.columns, describedColumns(columns, format))
  );
}

async function writePartition(
  { client, target, aside, format, signal, advanced }: SourceContext,
  source: Source,
  columns: readonly FormedColumn[],
  { month, rows, sums }: Statistics,
  former: ManifestFile | undefined,
): Promise<{ readonly file: ManifestFile; readonly isNew: boolean }> {
  const local = join(aside, randomUUID());
  const extract = { source, columns: writtenColumns(columns, format), format, month };
  const written = await writeFile(client, extract, local, signal);
  requireRows(extract, written.rows, rows);
  const folder = `dataset=${source.name}/${month === null ? '' : `month=${month}/`}`;
  const path = `${folder}part-${written.sha256.slice(0, 16)}.${extensions[format]}`;
  const isNew = former?.sha256 !== written.sha256;
  await (isNew ? target.put(local, path) : unlink(local));
  advanced(rows);
  return { file: { path, month, ...written, sums, ...unknownThrough }, isNew };
}
