import { directoryColumns } from '../catalog/directory/table.ts';
import { directoryTables } from '../catalog/directory/tables.ts';
import { factColumns } from '../catalog/fact-table.ts';
import { datasets } from '../catalog/index.ts';
import { EtlError } from '../errors.ts';
import type { FeedColumn } from './column.ts';
import { costPartColumns, lineItemColumns, nameHistoryColumns } from './stored-columns.ts';

/** One table that a feed follows. */
export interface Stream {
  /** The dataset, or the table with its schema. */
  readonly name: string;
  /** Its table in schema `openai`. */
  readonly table: string;
  /** The names of the columns of its primary key, in order. */
  readonly key: readonly string[];
  /** What a feed carries of a row, in table order: every column but those that may change without being a change. */
  readonly columns: readonly FeedColumn[];
  /** The dataset whose changed buckets tell which rows may have changed; null where the rows themselves do. */
  readonly dataset: string | null;
}

/** Bookkeeping that moves without a change, and the id of the transaction that is a feed's own measure. */
const untracked = ['changed_xid', 'last_seen_at', 'parser_version'];

const factStreams = datasets.map(
  (dataset): Stream => ({
    name: dataset.name,
    table: dataset.table,
    key: ['org_id', 'bucket_start', 'series_id'],
    columns: tracked(factColumns(dataset)),
    dataset: dataset.name,
  }),
);

const directoryStreams = directoryTables.map((table) =>
  ownStream(table.name, ['org_id', ...table.key], directoryColumns(table)),
);

/** Every stream: what names ids first, then facts, then what follows from them. */
export const streams: readonly Stream[] = [
  ...directoryStreams,
  ownStream('name_history', ['org_id', 'entity', 'id', 'valid_from'], nameHistoryColumns),
  ...factStreams,
  ownStream('line_items', ['line_item'], lineItemColumns),
  ownStream('cost_parts', ['org_id', 'usage_date_utc', 'series_id', 'part_no'], costPartColumns),
];

function ownStream(table: string, key: readonly string[], columns: readonly FeedColumn[]): Stream {
  return { name: `openai.${table}`, table, key, columns: tracked(columns), dataset: null };
}

function tracked(columns: readonly FeedColumn[]): readonly FeedColumn[] {
  return columns
    .filter(({ name }) => !untracked.includes(name))
    .map(({ name, type, nullable }) => ({ name, type, nullable }));
}

/** The columns of a stream's key, in its order. */
export function keyColumns({ key, columns }: Stream): readonly FeedColumn[] {
  return key.flatMap((name) => columns.filter((column) => column.name === name));
}

/**
 * The streams of some names, each a dataset or a table, with its schema or without; all where there are none. Throws EtlError
 * `arguments_invalid`.
 */
export function streamsNamed(names: readonly string[]): readonly Stream[] {
  const unknown = names.find((name) => !streams.some((stream) => isNamed(stream, name)));
  if (unknown !== undefined) {
    const known = streams.map(({ name }) => name).join(', ');
    throw new EtlError('arguments_invalid', `no stream is called ${JSON.stringify(unknown)}`, {
      remedy: `Accepted: ${known}.`,
    });
  }
  return names.length === 0 ? streams : streams.filter((stream) => names.some((name) => isNamed(stream, name)));
}

function isNamed({ name, table }: Stream, wanted: string): boolean {
  return [name, table, `openai.${table}`].includes(wanted);
}
