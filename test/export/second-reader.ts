import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import type { ManifestStream } from '../../src/export/manifest.ts';
import { formatDecimal, parseDecimal } from '../../src/parse/decimal.ts';

/** Every row of a stream's Parquet files as hyparquet reads them, in the form of `storedLines`. */
export async function hyparquetLines(folder: string, { columns, files }: ManifestStream): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { path } of files) {
    const file = await asyncBufferFromFile(join(folder, path));
    const metadata = await parquetMetadataAsync(file);
    // hyparquet makes doubles of decimals and milliseconds of microseconds; the stored values are exact.
    const schema = metadata.schema.map(asStored);
    const rows = await parquetReadObjects({
      file,
      metadata: { ...metadata, schema },
      compressors: { ZSTD: (page) => zstdDecompressSync(page) },
    });
    lines.push(...rows.map((row) => JSON.stringify(columns.map((column) => shown(row[column.name], column)))));
  }
  return lines.sort();
}

function asStored(element: SchemaElement): SchemaElement {
  if (element.converted_type === 'UTF8' || element.type === undefined) return element;
  const { converted_type: _converted, logical_type: _logical, ...stored } = element;
  return stored;
}

const dayMs = 86_400_000;

/** A stored value as PostgreSQL writes it. */
function shown(value: unknown, { type }: ManifestStream['columns'][number]): string | null {
  if (value === null || value === undefined) return null;
  if (type === 'date') return new Date(Number(value) * dayMs).toISOString().slice(0, 10);
  const scale = /^decimal\(38,(\d+)\)$/.exec(type)?.[1];
  if (scale === undefined || !(value instanceof Uint8Array)) return String(value);
  const units = BigInt.asIntN(128, BigInt(`0x${Buffer.from(value).toString('hex')}`));
  return formatDecimal(parseDecimal(`${units}e-${scale}`) ?? { coefficient: 0n, scale: 0 });
}
