import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPool } from '../../src/db/connection.ts';
import { assertMigrated, type MigrationReport, migrate, migrationStatus } from '../../src/db/migrate.ts';
import { packagedMigrations } from '../../src/db/migration-files.ts';
import { silentLog } from '../../src/log.ts';
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  database = await emptyDatabase();
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

async function write(file: string, sql: string): Promise<void> {
  await writeFile(join(folder, file), sql);
}

function up(): Promise<MigrationReport> {
  return migrate(database.pool, { folder, log: silentLog, version: '1.2.3' });
}

async function tables(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe('migrating', () => {
  test('applies every migration in order and records each with its checksum and the program that applied it', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await write('0002_second.sql', 'insert into public.first values (1); create table public.second (b int);');
    expect(await up()).toEqual({
      from_version: 0,
      to_version: 2,
      applied: [
        { version: 1, name: 'first' },
        { version: 2, name: 'second' },
      ],
    });
    const { rows } = await database.pool.query('select * from openai_etl.migrations order by version');
    expect(rows).toEqual([
      {
        version: 1,
        name: 'first',
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        applied_at: expect.any(Date),
        applied_by_version: '1.2.3',
      },
      {
        version: 2,
        name: 'second',
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        applied_at: expect.any(Date),
        applied_by_version: '1.2.3',
      },
    ]);
  });

  test('does nothing the second time', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await up();
    expect(await up()).toEqual({ from_version: 1, to_version: 1, applied: [] });
  });

  test('applies only what is new to a database that is behind', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await up();
    await write('0002_second.sql', 'create table public.second (a int);');
    expect(await up()).toEqual({ from_version: 1, to_version: 2, applied: [{ version: 2, name: 'second' }] });
  });

  test('lets twenty installers start at once: one applies, all succeed', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await write('0002_second.sql', 'create table public.second (a int);');
    const reports = await Promise.all(Array.from({ length: 20 }, up));
    expect(reports.map(({ to_version }) => to_version)).toEqual(Array(20).fill(2));
    expect(reports.flatMap(({ applied }) => applied)).toHaveLength(2);
  });

  test('leaves nothing of a migration that fails, and everything of those before it', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await write('0002_broken.sql', 'create table public.second (a int);\n\ninsert into nowhere values (1);');
    await expect(up()).rejects.toMatchObject({
      code: 'migration_failed',
      message: '0002_broken.sql, line 3, column 13: relation "nowhere" does not exist (SQLSTATE 42P01)',
    });
    expect(await tables()).toEqual(['openai_etl.migrations', 'public.first']);
    expect((await migrationStatus(database.pool, { folder })).database_version).toBe(1);
  });

  test('goes on after the failing migration has been corrected', async () => {
    await write('0001_first.sql', 'create tabel first (a int);');
    await expect(up()).rejects.toMatchObject({ code: 'migration_failed' });
    await write('0001_first.sql', 'create table public.first (a int);');
    expect(await up()).toMatchObject({ to_version: 1 });
  });

  test('refuses a database that a newer program has migrated', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await write('0002_second.sql', 'create table public.second (a int);');
    await up();
    await rm(join(folder, '0002_second.sql'));
    await expect(up()).rejects.toMatchObject({
      code: 'schema_newer',
      message: expect.stringContaining('version 2, brought there by usage-etl 1.2.3'),
    });
  });

  test('refuses when the file of an applied migration has changed, naming it', async () => {
    await write('0001_first.sql', 'create table public.first (a int);');
    await up();
    await appendFile(join(folder, '0001_first.sql'), ' -- later');
    await expect(up()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('0001_first.sql has changed since it was applied'),
    });
  });

  test('refuses files that do not count 1, 2, 3', async () => {
    await write('0001_first.sql', 'select 1');
    await write('0003_third.sql', 'select 1');
    await expect(up()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('0003_third.sql should have the number 0002'),
    });
  });

  test('refuses an SQL file without a number', async () => {
    await write('first.sql', 'select 1');
    await expect(up()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('first.sql is not named'),
    });
  });

  test('refuses an empty folder: a package without its migrations', async () => {
    await expect(up()).rejects.toMatchObject({ code: 'migration_failed' });
  });

  test('says what PostgreSQL said when the role may not create schemas', async () => {
    await write('0001_first.sql', 'select 1');
    const restricted = new URL(database.url);
    restricted.searchParams.set('options', '-c role=pg_read_all_data');
    const pool = createPool(restricted.href, 'test', 1, silentLog);
    await expect(migrate(pool, { folder, log: silentLog, version: '1' })).rejects.toMatchObject({
      code: 'database_denied',
      message: expect.stringContaining('permission denied for database'),
    });
    await pool.end();
  });
});

describe('asking whether the database is migrated', () => {
  test('names the missing schema of an empty database', async () => {
    await expect(assertMigrated(database.pool)).rejects.toMatchObject({ code: 'schema_missing' });
  });

  test('names the version of a database that is behind', async () => {
    await cp(packagedMigrations, folder, { recursive: true });
    await up();
    const next = String((await migrationStatus(database.pool, { folder })).program_version + 1).padStart(4, '0');
    await write(`${next}_later.sql`, 'select 1');
    await expect(assertMigrated(database.pool, { folder })).rejects.toMatchObject({ code: 'schema_missing' });
  });

  test('is satisfied by the database the tests are given', async () => {
    const migrated = await testDatabase();
    await expect(assertMigrated(migrated.pool)).resolves.toBeUndefined();
    await migrated.close();
  });

  test('lists what is applied, pending, changed and unknown', async () => {
    for (const name of ['0001_one', '0002_two', '0003_three']) await write(`${name}.sql`, 'select 1');
    await up();
    await write('0002_two.sql', 'select 2');
    await rm(join(folder, '0003_three.sql'));
    const before = await migrationStatus(database.pool, { folder });
    expect(before).toMatchObject({ database_version: 3, program_version: 2 });
    expect(before.migrations.map(({ name, state }) => [name, state])).toEqual([
      ['one', 'applied'],
      ['two', 'changed'],
      ['three', 'unknown'],
    ]);
  });

  test('changes nothing', async () => {
    await write('0001_one.sql', 'select 1');
    expect((await migrationStatus(database.pool, { folder })).migrations).toMatchObject([
      { state: 'pending', applied_at: null },
    ]);
    expect(await tables()).toEqual([]);
  });
});

test('the packaged migrations are read from beside the sources', async () => {
  expect(await readFile(join(packagedMigrations, '0001_operations.sql'), 'utf8')).toContain('openai_etl.runs');
});
