import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { type CommandEnvironment, run, runJson } from './command.ts';

let database: TestDatabase;
let env: CommandEnvironment;

beforeAll(async () => {
  database = await testDatabase();
  env = { DATABASE_URL: database.url };
});

afterAll(() => database.close());

describe('publication', { timeout: 60_000 }, () => {
  it('says that there is none, makes it, names it, drops it, and has nothing against being asked twice', async () => {
    const none = await run(['publication', 'status', '--quiet'], { env });
    expect(none).toMatchObject({ exit: 1, stderr: '' });
    expect(none.stdout).toContain('no publication openai_usage: usage-etl publication create');

    const name = 'for "them"';
    for (let time = 0; time < 2; time += 1) {
      const made = await runJson(['publication', 'create', '--name', name], { env });
      expect(made).toMatchObject({ exit: 0, document: { name, exists: true, missing: [], unidentified: [] } });
    }
    const { rows } = await database.pool.query('select pubname from pg_publication');
    expect(rows).toEqual([{ pubname: name }]);
    const { stdout } = await run(['publication', 'status', '--name', name], { env });
    expect(stdout).toMatch(/^publication for "them": \d+ tables$/m);

    const dropped = await run(['publication', 'drop', '--name', name], { env });
    expect(dropped).toMatchObject({ exit: 0, stdout: `publication ${name} dropped\n` });
    const again = await run(['publication', 'drop', '--name', name], { env });
    expect(again).toMatchObject({ exit: 0, stdout: `there was no publication ${name}\n` });
  });
});
