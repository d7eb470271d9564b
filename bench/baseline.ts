import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { completions } from '../src/catalog/datasets/completions.ts';
import { copyOut } from '../src/export/copy-out.ts';
import { copyColumns } from '../src/load/encode.ts';
import { type Database, factTable } from './database.ts';

/** What everything is measured against: COPY of the same rows, ready in a file, into a table of the same definition. */
export interface Baseline {
  /** Empties the table, loads the rows and resolves with the seconds the COPY took. */
  copy(format: 'text' | 'binary'): Promise<number>;
  /** `psql \copy`, or the driver's COPY where there is no psql. */
  readonly means: string;
}

/** PostgreSQL's own client; not everybody has it. */
const client = 'psql';

const table = 'public.baseline';
const columns = copyColumns(completions)
  .map((name) => `"${name}"`)
  .join(', ');

/** What the table's default for run_id reads. */
const runId = 'usage_etl.run_id';

/** Writes the rows of the fact table to files, and makes the table they are loaded into. */
export async function prepareBaseline(from: Database, into: Database, folder: string): Promise<Baseline> {
  for (const format of ['text', 'binary']) await exportRows(from, join(folder, format), format);
  await into.pool.query(`create table ${table} (like ${factTable} including all) with (autovacuum_enabled = false)`);
  const psql = spawnSync(client, ['--version']).status === 0;
  const copyFile = psql ? copyWithPsql : copyWithDriver;
  return {
    means: psql ? '`psql \\copy`' : 'COPY by the driver, from a file',
    copy: async (format) => {
      await into.pool.query(`truncate ${table}`);
      await into.pool.query('checkpoint');
      const startedMs = performance.now();
      await copyFile(into, join(folder, format), format);
      return (performance.now() - startedMs) / 1000;
    },
  };
}

async function exportRows(from: Database, file: string, format: string): Promise<void> {
  const client = await from.pool.connect();
  try {
    // Rows of a bucket come in an order of the API's own, which has nothing to do with the hash that is their key.
    const rows = `select ${columns} from ${factTable} order by bucket_start, md5(series_id::text)`;
    await pipeline(copyOut(client, `copy (${rows}) to stdout (format ${format})`), createWriteStream(file));
  } finally {
    client.release();
  }
}

async function copyWithPsql({ url }: Database, file: string, format: string): Promise<void> {
  const { username, password, hostname, port, pathname } = new URL(url);
  const env = {
    ...process.env,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGHOST: hostname,
    PGPORT: port === '' ? '5432' : port,
    PGDATABASE: pathname.slice(1),
    PGOPTIONS: `-c ${runId}=1`,
  };
  const command = `\\copy ${table} (${columns}) from '${file}' (format ${format})`;
  const psql = spawn(client, ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--command=${command}`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(psql, 'exit');
  if (code !== 0) throw new Error('psql \\copy failed');
}

async function copyWithDriver({ pool }: Database, file: string, format: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`set ${runId} = 1`);
    const target = client.query(copyFrom(`copy ${table} (${columns}) from stdin (format ${format})`));
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), target);
  } finally {
    client.release();
  }
}
