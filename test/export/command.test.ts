import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { manifestJsonSchema } from '../../src/export/manifest.ts';
import { finished, run, runJson, start } from '../cli/command.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import { filesSql, openDuckDb } from './duckdb.ts';
import { newFolder } from './places.ts';
import { manifestOf } from './rows.ts';

let nights: Nights;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  nights = await liveThroughNights({ datasets: [costs], days: 40 });
  await nights.sync();
  env = { DATABASE_URL: nights.database.url };
}, 120_000);
afterAll(() => nights.close());

async function storedCosts(): Promise<number> {
  const { rows } = await nights.database.pool.query<{ n: number }>('select count(*)::int as n from openai.costs');
  return rows[0]?.n ?? 0;
}

describe('usage-etl export', () => {
  it('exports, checks, and says what it did as JSON', async () => {
    const folder = newFolder();
    const first = await runJson(['export', 'costs', '--out', folder], { env });
    expect(first).toMatchObject({ exit: 0, document: { out: folder, format: 'parquet', files_written: 2 } });
    expect(first.document).toMatchObject({ rows: await storedCosts(), cursor: expect.stringMatching(/^v1\./) });
    const proof = await run(['export', '--check', folder], { env });
    expect(proof).toMatchObject({ exit: 0, stdout: expect.stringContaining('equals the store: 2 files') });
    await nights.database.pool.query(`update openai_etl.buckets set changed_xid = pg_current_xact_id()`);
    const late = await runJson(['export', '--check', folder], { env });
    expect(late).toMatchObject({ exit: 3, document: { status: 'changed' } });
  }, 60_000);

  it('writes one table to standard output, with nothing else in it', async () => {
    const { exit, stdout } = await run(['export', 'costs', '--out', '-', '--format', 'csv'], { env });
    expect(exit).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^org_id,series_id,bucket_width,/);
    const lines = await run(['export', 'costs', '--out', '-', '--format', 'ndjson'], { env });
    const rows = lines.stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(await storedCosts());
    expect(JSON.parse(rows[0] ?? '')).toMatchObject({ amount_value: expect.stringMatching(/^-?\d+(\.\d+)?$/) });
  }, 60_000);

  it('writes Parquet to standard output that a reader takes', async () => {
    const file = `${newFolder()}.parquet`;
    const child = start(['export', 'costs', '--out', '-'], { env });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => child.on('close', resolve));
    writeFileSync(file, Buffer.concat(chunks));
    const ask = await openDuckDb();
    expect(await ask(`select count(*) as n from read_parquet(${filesSql([file])})`)).toEqual([
      { n: String(await storedCosts()) },
    ]);
  }, 60_000);

  it('ends without a word of failure when the reader of standard output goes away', async () => {
    const child = start(['export', 'costs', '--out', '-', '--format', 'ndjson', '--quiet'], { env });
    child.stdout.destroy();
    const { exit, stderr } = await finished(child);
    expect({ exit, stderr }).toEqual({ exit: 141, stderr: '' });
  }, 60_000);

  it.each([
    [['export', 'costs'], '--out'],
    [['export', '--out', '-'], 'NAME'],
    [['export', 'costs', '--out', '-', '--json'], '--json'],
    [['export', 'costs', '--out', 'gs://bucket'], '--out'],
    [['export', 'costs', '--out', 's3://'], '--out'],
    [['export', 'costs', '--check', 'folder'], 'NAME'],
    [['export', '--check', '-'], '--check'],
    [['export', '--out', 'folder', '--format', 'xlsx'], '--format'],
    [['export', 'cost', '--out', 'folder'], '"cost"'],
  ])('%j is refused with exit code 2, and says what is wrong', async (args, named) => {
    const { exit, stdout, stderr } = await run(args, { env });
    expect(exit).toBe(2);
    expect(`${stdout}${stderr}`).toContain(named);
  });
});

describe('the manifest', () => {
  it('is what its published schema says', async () => {
    const folder = newFolder();
    await run(['export', 'costs', 'projects', '--out', folder], { env });
    const published: unknown = JSON.parse(
      await readFile(join(import.meta.dirname, '../../docs/export-manifest.schema.json'), 'utf8'),
    );
    expect(published).toEqual(manifestJsonSchema());
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(manifestJsonSchema());
    expect(validate(await manifestOf(folder))).toBe(true);
    expect(validate({ ...(await manifestOf(folder)), cursor: 'yesterday' })).toBe(false);
  }, 60_000);
});
