import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import { type CommandEnvironment, finished, run, runJson, start } from './command.ts';

const rows = 20_000;
let database: TestDatabase;
let env: CommandEnvironment;

beforeAll(async () => {
  database = await testDatabase();
  env = { DATABASE_URL: database.url };
  await database.pool.query(
    `insert into openai.costs (org_id, series_id, bucket_width, bucket_start, bucket_end, line_item, amount_value,
       amount_currency, run_id)
     select 'acme', gen_random_uuid(), '1d', '2026-01-01', '2026-01-02', 'line ' || n, n + 0.1, 'usd', 1
     from generate_series(1, ${rows}) n`,
  );
  await transactionsToEnd(database.pool);
}, 120_000);

afterAll(() => database.close());

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

describe('changes', { timeout: 120_000 }, () => {
  it('prints a document a line, the cursor last, and from that cursor on what has changed since', async () => {
    const all = await run(['changes', '--quiet'], { env });
    expect(all).toMatchObject({ exit: 0, stderr: '' });
    const lines = all.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(rows + 1);
    const { cursor } = JSON.parse(lastLine(all.stdout)) as { cursor: string };
    expect(cursor).toMatch(/^v1\.[0-9a-f]{16}\.\d+$/);

    await database.pool.query(
      `update openai.costs set amount_value = 123456789012345678901234567890.123456789, changed_xid = pg_current_xact_id()
       where line_item = 'line 7'`,
    );
    await database.pool.query(
      `insert into openai_etl.buckets (org_id, dataset, bucket_width, bucket_start, bucket_end, grain, row_count, revision,
         observed_at, changed_at, settled, status, run_id, changed_xid)
       values ('acme', 'costs', '1d', '2026-01-01', '2026-01-02', '{}', ${rows}, 1, now(), now(), false, 'loaded', 1,
         pg_current_xact_id())`,
    );
    await transactionsToEnd(database.pool);
    const since = await run(['changes', '--since', cursor, 'costs'], { env });
    expect(since.exit).toBe(0);
    const [change, end, ...more] = since.stdout.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(change ?? '')).toMatchObject({
      op: 'upsert',
      stream: 'costs',
      key: { org_id: 'acme', bucket_start: '2026-01-01T00:00:00+00:00' },
      row: { amount_value: '123456789012345678901234567890.123456789', run_id: '1', quantity: null },
    });
    expect(JSON.parse(end ?? '')).toMatchObject({ op: 'cursor' });
  });

  it.each([
    [['--since', 'yesterday'], 2, 'is not a cursor', 'cursor_invalid'],
    [['nothing_of_the_kind'], 2, 'no stream is called', 'arguments_invalid'],
    [['--since', 'v1.0123456789abcdef.12'], 1, 'another database', 'cursor_expired'],
  ])('refuses %j, and says why where the cursor would be', async (args, exit, message, code) => {
    const result = await run(['changes', ...args], { env });
    expect(result).toMatchObject({ exit, stdout: `{"op":"failed","code":"${code}"}\n` });
    expect(result.stderr).toContain(message);
  });

  it('refuses --json, for every line is a document of its own', async () => {
    const { exit, document } = await runJson(['changes'], { env });
    expect({ exit, document }).toMatchObject({ exit: 2, document: { error: { code: 'arguments_invalid' } } });
  });

  it('takes a role that may read the tables and nothing else', async () => {
    const role = `feed_${randomBytes(6).toString('hex')}`;
    await database.pool.query(`create role ${role} login password 'reads-only';
      grant usage on schema openai, openai_etl to ${role};
      grant select on all tables in schema openai, openai_etl to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'reads-only';
    const { exit, stdout } = await run(['changes', 'openai.line_items'], { env: { DATABASE_URL: url.href } });
    await database.pool.query(`drop owned by ${role}; drop role ${role}`);
    expect({ exit, op: JSON.parse(lastLine(stdout)) }).toMatchObject({ exit: 0, op: { op: 'cursor' } });
  });

  it('ends quietly when its reader goes away, and tells so by its exit code', async () => {
    const child = start(['changes', '--quiet'], { env });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [exit] = (await once(child, 'exit')) as [number];
    expect({ exit, stderr }).toEqual({ exit: 141, stderr: '' });
  });

  it('fails without a cursor when the database goes away while it reads', async () => {
    const child = start(['changes'], { env });
    // What nobody reads stays in the pipe, so that the command waits in the middle.
    await once(child.stdout, 'readable');
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'usage-etl'`,
    );
    const { exit, stdout, stderr } = await finished(child);
    expect(exit).toBe(1);
    expect(stderr).toContain('error:');
    expect(stdout).toContain('"op":"upsert"');
    expect(stdout).not.toContain('"op":"cursor"');
    expect(lastLine(stdout)).toBe('{"op":"failed","code":"database_transient"}');
  });
});
