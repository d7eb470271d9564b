import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { type CommandEnvironment, finished, run, runJson, start } from './command.ts';

let database: TestDatabase;
let env: CommandEnvironment;

beforeAll(async () => {
  database = await testDatabase();
  env = { DATABASE_URL: database.url };
});

afterAll(() => database.close());

const exactSql = `
  select 1234567890.123456789012345678901234567890::numeric as amount, timestamptz '2026-01-02 03:04:05.6+02' as at,
    null::text as nothing, true as flag, 9007199254740993 as big, 7 as small, '' as empty`;

describe('query', () => {
  it('prints numbers with every digit, instants in UTC and nulls to be seen', async () => {
    const { exit, stdout } = await run(['query', exactSql], { env });
    expect(exit).toBe(0);
    const [, row] = stdout.split('\n');
    expect(row?.trim().split(/\s+/)).toEqual([
      '1234567890.123456789012345678901234567890',
      '2026-01-02T01:04:05.6Z',
      '∅',
      'true',
      '9007199254740993',
      '7',
    ]);
  });

  it('prints CSV in which null and an empty text differ', async () => {
    const { stdout } = await run(['query', '--csv', `${exactSql}, 'a,"b"' as text`], { env });
    expect(stdout).toBe(
      'amount,at,nothing,flag,big,small,empty,text\n' +
        '1234567890.123456789012345678901234567890,2026-01-02T01:04:05.6Z,,true,9007199254740993,7,"","a,""b"""\n',
    );
  });

  it('prints JSON in which no digit is lost', async () => {
    const { document } = await runJson(['query', exactSql], { env });
    expect(document).toMatchObject({
      rows: [
        {
          amount: '1234567890.123456789012345678901234567890',
          at: '2026-01-02T01:04:05.6Z',
          nothing: null,
          flag: true,
          big: '9007199254740993',
          small: 7,
          empty: '',
        },
      ],
      row_count: 1,
    });
  });

  it('reads SQL from standard input', async () => {
    expect(await run(['query', '--csv', '-'], { env, input: 'select 42 as answer' })).toMatchObject({
      exit: 0,
      stdout: 'answer\n42\n',
    });
  });

  it.each([
    ['a statement that writes', `insert into openai_etl.drift select 'o','d','field','n'`],
    ['a query that writes on the side', 'with gone as (delete from openai.costs returning 1) select * from gone'],
    ['two statements', 'select 1; delete from openai.costs'],
    ['a way out of the transaction', 'commit; delete from openai.costs'],
    ['leaving read-only mode', `select set_config('transaction_read_only', 'off', false)`],
    ['an explained statement that writes', 'explain analyze delete from openai.costs'],
    ['a program on the server', `copy (select 1) to program 'true'`],
    ['a comment before a statement that writes', '/* select */ -- select\n delete from openai.costs'],
    ['a sequence', `select nextval(pg_get_serial_sequence('openai_etl.runs', 'run_id'))`],
    ['a table of its own', 'select 1 as x into temporary t'],
  ])('refuses %s', async (_what, sql) => {
    const { exit, stderr, stdout } = await run(['query', sql], { env });
    expect(exit).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('query reads only');
  });

  it('names line and column of an error in the text as it was given', async () => {
    const { stderr } = await run(['query', 'select 1,\n  nope from openai.costs'], { env });
    expect(stderr).toContain('column "nope" does not exist\n  line 2, column 3');
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = start(['query', 'select repeat(md5(n::text), 4) from generate_series(1, 50000) n'], { env });
    child.stdout.once('data', () => child.stdout.destroy());
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => {
      stderr += part.toString();
    });
    const exit = await new Promise((resolve) => child.on('close', resolve));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  it('is cancelled on the server, too, when it is interrupted', async () => {
    const child = start(['query', 'select pg_sleep(60)'], { env });
    const end = finished(child);
    while (!(await isRunning())) await systemClock.sleep(20);
    child.kill('SIGINT');
    expect((await end).exit).toBe(130);
    expect(await isRunning()).toBe(false);
  });
});

/** A query stands behind a cursor, so that what runs is the fetch. */
async function isRunning(): Promise<boolean> {
  const { rows } = await database.pool.query<{ running: boolean }>(
    `select exists (
       select from pg_stat_activity
       where state = 'active' and datname = current_database() and query = 'fetch all from usage_etl_query'
     ) as running`,
  );
  return rows[0]?.running === true;
}
