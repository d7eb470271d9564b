import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { FormedColumn } from './column.ts';
import type { Batch } from './copy-rows.ts';
import { decimalPrecision } from './decimal-form.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

/** Takes the bytes of a file in order. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** The decimals' units as big-endian two's complement of 38 digits. */
const decimalBytes = 16;

/**
 * Writes batches as one Parquet file, a row group each, and resolves with the number of rows. Equal rows make equal
 * bytes. No more than a batch is held in memory.
 */
export async function writeParquet(
  columns: readonly FormedColumn[],
  batches: AsyncIterable<Batch>,
  sink: Sink,
): Promise<number> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush: () => undefined }),
    schema: schemaOf(columns),
    codec: 'ZSTD',
    compressors: { ZSTD: (page) => zstdCompressSync(page) },
    createdBy: 'openai-usage-etl',
  });
  let rows = 0;
  for await (const batch of batches) {
    const columnData = columns.map(({ name }, index) => ({ name, data: batch.columns[index] ?? [] }));
    await writer.write({ columnData, rowGroupSize: batch.rows });
    rows += batch.rows;
    await handOver(bytes, sink);
  }
  await writer.finish();
  await handOver(bytes, sink);
  return rows;
}

/** What has been written so far leaves the memory; the writer goes on counting its offset in the file. */
async function handOver(bytes: ByteWriter, sink: Sink): Promise<void> {
  await sink(bytes.getBytes());
  bytes.index = 0;
}

function schemaOf(columns: readonly FormedColumn[]): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)];
}

function elementOf(column: FormedColumn): SchemaElement {
  const { name, nullable } = column;
  return { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED', ...typeOf(column) };
}

function typeOf({ kind, form }: FormedColumn): Omit<SchemaElement, 'name'> {
  switch (kind) {
    case 'text':
      return text;
    case 'int64':
      return { type: 'INT64' };
    case 'double':
      return { type: 'DOUBLE' };
    case 'boolean':
      return { type: 'BOOLEAN' };
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'timestamp':
      return {
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      };
    case 'decimal':
      return form === 'text' ? text : decimal(form);
  }
}

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

function decimal(scale: number): Omit<SchemaElement, 'name'> {
  return {
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: decimalBytes,
    converted_type: 'DECIMAL',
    precision: decimalPrecision,
    scale,
    logical_type: { type: 'DECIMAL', precision: decimalPrecision, scale },
  };
}
