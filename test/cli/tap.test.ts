import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { target } from '../feed/singer-checker.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { emptyFolder, run } from './command.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

describe('tap', { timeout: 60_000 }, () => {
  it('prints a catalog that it takes, needs no more than a configuration in JSON, and goes on from its state', async () => {
    const cwd = emptyFolder();
    const file = (name: string, text: string) => writeFileSync(join(cwd, name), text);
    const discovered = await run(['tap', '--discover'], { cwd });
    expect(discovered).toMatchObject({ exit: 0, stderr: '' });
    file('catalog.json', discovered.stdout);
    file('config.json', JSON.stringify({ database_url: database.url }));
    const args = ['tap', '--quiet', '--config', 'config.json', '--catalog', 'catalog.json'];
    const first = await run(args, { cwd });
    expect(first).toMatchObject({ exit: 0, stderr: '' });
    const warehouse = target();
    const { states, activations } = warehouse.take(first.stdout);
    expect(states).toBe(activations);
    expect(states).toBeGreaterThan(13);
    file('state.json', warehouse.state() ?? '');
    const second = await run([...args, '--state', 'state.json'], { cwd });
    expect(second).toMatchObject({ exit: 0, stderr: '' });
    expect(warehouse.take(second.stdout)).toMatchObject({ activations: 0, states });
  });

  it('says what is wrong with a file and prints no message', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'state.json'), '[]');
    const { exit, stdout, stderr } = await run(['tap', '--state', 'state.json'], {
      cwd,
      env: { DATABASE_URL: database.url },
    });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain('the state is not one of Singer');
    const missing = await run(['tap', '--catalog', 'none.json'], { cwd, env: { DATABASE_URL: database.url } });
    expect(missing).toMatchObject({ exit: 2, stdout: '' });
  });
});
