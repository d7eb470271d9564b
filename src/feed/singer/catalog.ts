import type { FeedColumn, FeedType } from '../column.ts';
import { type Stream, streams } from '../streams.ts';

/** Columns of every record beside those of the table. */
export const changedXid = 'changed_xid';
export const deletedAt = '_sdc_deleted_at';

/** A JSON Schema of one value. */
interface ValueSchema {
  readonly type: string | readonly string[];
  readonly format?: string;
}

/** A JSON Schema of the records of a stream. */
export interface RecordSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, ValueSchema>>;
}

const schemaOfType: Readonly<Record<FeedType, { readonly type: string; readonly format?: string }>> = {
  text: { type: 'string' },
  uuid: { type: 'string' },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  bigint: { type: 'integer' },
  xid8: { type: 'integer' },
  // A JSON number would become a float on the way.
  numeric: { type: 'string' },
  date: { type: 'string', format: 'date' },
  timestamptz: { type: 'string', format: 'date-time' },
  jsonb: { type: 'string' },
};

/** The schema of a stream's records with some of its columns. A removed row has its key and when it was removed. */
export function recordSchema({ key }: Stream, columns: readonly FeedColumn[]): RecordSchema {
  const own = columns.map(({ name, type }): [string, ValueSchema] => {
    const schema = schemaOfType[type];
    return [name, key.includes(name) ? schema : { ...schema, type: ['null', schema.type] }];
  });
  const added: readonly [string, ValueSchema][] = [
    [changedXid, { type: 'integer' }],
    [deletedAt, { type: ['null', 'string'], format: 'date-time' }],
  ];
  const properties = Object.fromEntries([...own, ...added]);
  return { type: 'object', additionalProperties: false, required: [...key, changedXid], properties };
}

/** What the tap offers, as `--discover` prints it. */
export function discoveredCatalog(): object {
  return { streams: streams.map(entryOf) };
}

function entryOf(stream: Stream): object {
  const { table, key, columns } = stream;
  const automatic = [...key, changedXid, deletedAt];
  const types = new Map<string, string>(columns.map(({ name, type }) => [name, type]));
  const schema = recordSchema(stream, columns);
  const fields = Object.keys(schema.properties).map((name) => ({
    breadcrumb: ['properties', name],
    metadata: {
      inclusion: automatic.includes(name) ? 'automatic' : 'available',
      'selected-by-default': true,
      ...(types.has(name) && { 'sql-datatype': types.get(name) }),
    },
  }));
  const ofStream = {
    inclusion: 'available',
    'selected-by-default': true,
    'table-key-properties': key,
    'forced-replication-method': 'INCREMENTAL',
    'valid-replication-keys': [changedXid],
    'schema-name': 'openai',
  };
  return {
    tap_stream_id: table,
    stream: table,
    table_name: table,
    key_properties: key,
    replication_method: 'INCREMENTAL',
    replication_key: changedXid,
    schema,
    metadata: [{ breadcrumb: [], metadata: ofStream }, ...fields],
  };
}
