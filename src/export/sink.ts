import type { Pool } from 'pg';
import { inSnapshot } from '../feed/cursor.ts';
import { knownForms, widened, writtenColumns } from './forms.ts';
import { partitionStatistics } from './partition.ts';
import type { Format } from './select-sql.ts';
import { findSources } from './source.ts';
import { requireRows, writeExtract } from './write-file.ts';

/** Takes bytes; false when nobody reads them any more. */
export type Emit = (bytes: Uint8Array) => Promise<boolean>;

/** The reader of the bytes is gone. */
class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/**
 * Emits a table or view as one file, all months together and text uncompressed, and resolves with its rows; null when
 * the reader went away. Rejects with `arguments_invalid` for an unknown name, and with what the database raises.
 */
export async function exportToSink(
  { pool, signal }: { readonly pool: Pool; readonly signal: AbortSignal },
  { name, format }: { readonly name: string; readonly format: Format },
  emit: Emit,
): Promise<number | null> {
  const work = inSnapshot(pool, async (client) => {
    let total = 0;
    for (const source of await findSources(client, [name])) {
      const counted = await partitionStatistics(client, source, null);
      const columns = writtenColumns(widened(knownForms(source, null), counted), format);
      const extract = { source, columns, format, month: null };
      const sink = async (bytes: Uint8Array) => {
        if (!(await emit(bytes))) throw new ReaderGone();
      };
      const rows = await writeExtract(client, extract, sink, { compressed: false, signal });
      requireRows(
        extract,
        rows,
        counted.reduce((sum, own) => sum + own.rows, 0),
      );
      total += rows;
    }
    return total;
  });
  return work.catch((failure: unknown) => {
    if (failure instanceof ReaderGone) return null;
    throw failure;
  });
}
