import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Fault, type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type CommandEnvironment, emptyFolder, finished, start } from '../cli/command.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';
import { lookAtFolder, lookAtProcesses, lookAtTables, plantSecrets, watchFor } from './secrets.ts';

// Dozens of processes are started one after the other, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const planted = plantSecrets();
const watch = watchFor(Object.values(planted));
const role = `planted_${planted.databasePassword.text.slice(-12)}`;

let simulator: Simulator;
let database: TestDatabase;
let webhook: Server;
let databaseUrl: string;
let env: CommandEnvironment;

beforeAll(async () => {
  simulator = await startSimulator({ clock: systemClock, adminKey: planted.adminKey.text });
  database = await emptyDatabase();
  webhook = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => watch.look('the body of a webhook', text));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const address = webhook.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await database.pool.query(`create role ${role} login superuser password '${planted.databasePassword.text}'`);
  databaseUrl = urlWith((url) => url);
  env = {
    OPENAI_ADMIN_KEY: planted.adminKey.text,
    OPENAI_BASE_URL: simulator.url,
    DATABASE_URL: databaseUrl,
    USAGE_ETL_START: new Date(systemClock.now().getTime() - 5 * 86_400_000).toISOString().slice(0, 10),
    USAGE_ETL_WEBHOOK_URL: `http://127.0.0.1:${port}/${planted.webhook.text}`,
    USAGE_ETL_HTTP_TOKEN: planted.httpToken.text,
    LOG_LEVEL: 'trace',
  };
});

afterAll(async () => {
  await simulator.close();
  await new Promise((resolve) => webhook.close(resolve));
  await database.pool.query(`drop owned by ${role} cascade`);
  await database.pool.query(`drop role ${role}`);
  await database.close();
});

afterEach(() => {
  expect(watch.findings()).toEqual([]);
});

/** The database's URL as the planted role, changed. */
function urlWith(change: (url: URL) => unknown): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = planted.databasePassword.text;
  change(url);
  return url.href;
}

/** Runs a command under the eyes of the watch: its output, and the process list when it first says something. */
async function watched(args: readonly string[], options: Parameters<typeof start>[1] = {}) {
  const child = start(args, { env, ...options });
  const seen: Promise<void>[] = [];
  const lookOnce = () => seen.push(lookAtProcesses(watch));
  child.stderr.once('data', lookOnce);
  child.stdout.once('data', lookOnce);
  const result = await finished(child);
  await Promise.all(seen);
  watch.look(`stdout of ${args[0]}`, result.stdout);
  watch.look(`stderr of ${args[0]}`, result.stderr);
  return result;
}

/** A port of loopback that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const told = `${planted.email.text} is not allowed to use Bearer ${planted.adminKey.text} (${planted.adminKey.text})`;
const status = (status: number, when: Fault['when']): Fault => ({
  when,
  then: { kind: 'status', status, message: told },
});
const inResults = (dataset: string, field: string, json: string): Fault => ({
  when: { dataset },
  then: { kind: 'set-field', field, json },
});

describe('key, passwords, tokens and e-mail addresses stay out of what is printed and stored', () => {
  it('in a check, for people and machines', async () => {
    expect((await watched(['check', '--verbose'])).exit).toBe(0);
    expect((await watched(['check', '--json'])).exit).toBe(0);
  });

  it('in a night in which everything goes wrong, logged at level trace', async () => {
    simulator.setFaults([
      status(500, { dataset: 'costs', times: 1 }),
      status(429, { dataset: 'moderations', times: 1 }),
      status(400, { dataset: 'embeddings' }),
      status(403, { dataset: 'images' }),
      status(404, { dataset: 'decisions' }),
      { when: { dataset: 'audio_speeches', times: 1 }, then: { kind: 'html-200' } },
      { when: { dataset: 'audio_transcriptions', times: 1 }, then: { kind: 'invalid-json' } },
      inResults('completions', 'num_model_requests', JSON.stringify({ [planted.email.text]: [told] })),
      inResults('vector_stores', 'object', JSON.stringify(planted.email.text)),
      inResults('file_search_calls', 'seen_by', JSON.stringify(told)),
      inResults('file_search_calls', 'seen_escaped', JSON.stringify(told).replaceAll('sk-', '\\u0073k\\u002D')),
      inResults('web_search_calls', planted.email.text, '1'),
    ]);
    const night = await watched(['sync', '--verbose', '--json']);
    expect(night.exit, night.stderr).toBe(3);
    expect(night.stdout).toContain('[e-mail redacted]');
    expect(night.stderr).toContain('"level":20');
  });

  it('in what is told of it afterwards', async () => {
    for (const args of [['status'], ['status', '--json'], ['migrate', 'status'], ['verify', '--verbose']]) {
      expect([0, 3, 4]).toContain((await watched(args)).exit);
    }
  });

  it('when the API refuses a key and quotes it', async () => {
    simulator.setFaults([status(401, {})]);
    for (const args of [['backfill', '--from', env['USAGE_ETL_START'] ?? ''], ['sync', '--json'], ['check']]) {
      expect((await watched(args)).exit).toBe(1);
    }
    simulator.setFaults([]);
  });

  it('when the database is elsewhere, closed, or named by something that is no URL', async () => {
    const bad = [
      urlWith((url) => Object.assign(url, { port: '1' })),
      urlWith((url) => Object.assign(url, { username: 'nobody_known' })),
      urlWith((url) => Object.assign(url, { pathname: '/no_such_database' })),
      urlWith((url) => url.searchParams.set('sslmode', 'require')),
      urlWith((url) => url.searchParams.set('sslmode', 'perhaps')),
      urlWith((url) => Object.assign(url, { search: 'sslmode=verify-full&sslrootcert=/nowhere.pem' })),
      databaseUrl.replace(/:\d+\//, ':port/'),
      databaseUrl.replace('postgres', 'mysql'),
      `host=localhost user=${role} password=${planted.databasePassword.text}`,
      `  ${databaseUrl} and more`,
    ];
    for (const url of bad) {
      for (const args of bad.indexOf(url) < 2 ? [['status', '--json'], ['check']] : [['status', '--json']]) {
        const { exit, stderr } = await watched(args, { env: { ...env, DATABASE_URL: url } });
        expect([1, 2], `entry ${bad.indexOf(url)}: ${stderr}`).toContain(exit);
      }
    }
  });

  it('when they stand where they do not belong', async () => {
    const folder = emptyFolder();
    const file = join(folder, 'usage-etl.yaml');
    writeFileSync(
      file,
      `openai_admin_key: ${planted.adminKey.text}\nbase_url: ${planted.adminKey.text}\ndatabase_url: [${databaseUrl}]\n` +
        `organizations: [{ name: ${planted.email.text}, admin_key_env: ${planted.adminKey.text} }]\nstart: ${planted.email.text}\n`,
    );
    expect((await watched(['sync'], { cwd: folder })).exit).toBe(2);
    writeFileSync(file, `database_url: "${databaseUrl}\n  - : [`);
    expect((await watched(['sync', '--json'], { cwd: folder })).exit).toBe(2);
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, `KEY=${planted.adminKey.text}`);
    chmodSync(keyFile, 0o600);
    const fileEnv = { OPENAI_ADMIN_KEY_FILE: keyFile, DATABASE_URL: databaseUrl };
    expect((await watched(['check'], { cwd: emptyFolder(), env: fileEnv })).exit).toBe(2);
    expect((await watched(['sync'], { env: { ...env, LOG_LEVEL: planted.adminKey.text } })).exit).toBe(2);
    expect(
      (await watched(['sync'], { env: { ...env, OPENAI_BASE_URL: `https://me:${planted.adminKey.text}@127.0.0.1` } }))
        .exit,
    ).toBe(2);
  });

  it('when they are typed as arguments', async () => {
    // The process list then shows what was typed, so only the output is looked at.
    for (const args of [
      ['sync', '--dataset', planted.adminKey.text],
      [planted.adminKey.text],
      ['query', databaseUrl],
    ]) {
      const { exit, stdout, stderr } = await finished(start(args, { env }));
      expect([1, 2]).toContain(exit);
      watch.look(
        `output of ${args[0] === 'sync' || args[0] === 'query' ? args[0] : 'an unknown command'}`,
        stdout + stderr,
      );
    }
  });

  it('in errors of a query', async () => {
    const { exit, stderr } = await watched(['query', '-'], {
      input: `select '${planted.email.text} ${databaseUrl}'::int`,
    });
    expect(exit, stderr).toBe(1);
  });

  it('when a proxy with a password cannot be reached', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'usage-etl.yaml'), 'retry_total_seconds: 1\n');
    const HTTPS_PROXY = `http://proxy:${planted.proxyPassword.text}@127.0.0.1:1`;
    const proxied = { ...env, OPENAI_BASE_URL: 'https://api.example.com/v1', HTTPS_PROXY };
    const { exit, stderr } = await watched(['sync', '--dataset', 'costs'], { env: proxied, cwd: folder });
    expect(exit, stderr).not.toBe(0);
    expect(stderr).toContain('ECONNREFUSED');
  });

  it('in a crash', async () => {
    const NODE_OPTIONS = '--import=data:text/javascript,setTimeout(()=>{throw%20new%20Error("crash")},700)';
    const { exit, stderr } = await watched(['sync'], { env: { ...env, NODE_OPTIONS } });
    expect(exit, stderr).not.toBe(0);
    expect(stderr).toContain('crash');
  });

  it('in the file that init writes, and in what the API’s double says', async () => {
    const folder = emptyFolder();
    expect((await watched(['init'], { cwd: folder })).exit).toBe(0);
    expect(await lookAtFolder(watch, folder)).toBe(1);
    const child = start(['simulate'], { env });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { stdout, stderr } = await finished(child);
    watch.look('the output of simulate', stdout + stderr);
    expect(stdout).toContain('OPENAI_BASE_URL');
  });

  it('in the pages, metrics and alerts of the service', async () => {
    simulator.setFaults([status(500, { dataset: 'costs' }), status(401, { dataset: 'images' })]);
    const port = await freePort();
    const child = start(['serve'], { env: { ...env, USAGE_ETL_HTTP_PORT: String(port) } });
    const end = finished(child);
    const get = async (path: string) => {
      const headers = { authorization: `Bearer ${planted.httpToken.text}` };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return { status: response.status, text: await response.text() };
    };
    await vi.waitFor(async () => expect((await get('/livez')).status).toBe(200), { timeout: 20_000, interval: 100 });
    await lookAtProcesses(watch);
    for (const path of ['/', '/metrics', '/readyz', '/livez', '/nowhere']) {
      const { text } = await get(path);
      watch.look(`the answer to ${path}`, text);
      if (path === '/' || path === '/metrics') expect(text.length).toBeGreaterThan(500);
    }
    child.kill('SIGTERM');
    const { exit, stdout, stderr } = await end;
    watch.look('the output of serve', stdout + stderr);
    expect(exit, stderr).toBe(0);
    simulator.setFaults([]);
  });

  it('in the tables of the program, the list of sessions, and the URLs the API was asked for', async () => {
    // Facts keep an unknown field as it came, and so does what a closed bucket used to say: an address may be in it, a key not.
    const from = env['USAGE_ETL_START'] ?? '';
    await watched(['backfill', '--from', from, '--refetch', '--dataset', 'web_search_calls']);
    const { adminKey, databasePassword, proxyPassword, webhook, httpToken } = planted;
    const other = watchFor([adminKey, databasePassword, proxyPassword, webhook, httpToken]);
    expect(await lookAtTables(other, database.pool, ['openai', 'openai_etl'])).toBeGreaterThan(20);
    expect(other.findings()).toEqual([]);
    expect(await lookAtTables(watch, database.pool, ['openai_etl'], ['openai_etl.restatements'])).toBeGreaterThan(7);
    const { rows } = await database.pool.query<{ session: string }>(
      'select s::text as session from pg_stat_activity s',
    );
    for (const { session } of rows) watch.look('pg_stat_activity', session);
    for (const { path, parameters } of simulator.requests) watch.look('a URL', `${path}?${parameters}`);
    const { rows: kept } = await database.pool.query<{ quarantined: number; drifted: number; restated: number }>(
      `select (select count(*)::int from openai_etl.quarantine) as quarantined,
         (select count(*)::int from openai_etl.drift) as drifted,
         (select count(*)::int from openai_etl.restatements where old_row::text like '%@%') as restated`,
    );
    expect(kept[0]?.quarantined).toBeGreaterThan(0);
    expect(kept[0]?.drifted).toBeGreaterThan(0);
    expect(kept[0]?.restated, 'rows whose change took an address away').toBeGreaterThan(0);
  });
});

describe('the embedded server', () => {
  it('keeps its password in one file and out of its log, its command line and every output but that of db url', async () => {
    const folder = emptyFolder();
    // As root the server runs as another user, who must be able to enter.
    chmodSync(folder, 0o755);
    const dataDir = join(folder, 'data');
    const own = { ...env, DATABASE_URL: '', USAGE_ETL_DATA_DIR: dataDir };
    try {
      const shown = await finished(start(['db', 'url'], { env: own }));
      expect(shown.exit, shown.stderr).toBe(0);
      const password = new URL(shown.stdout.trim()).password;
      const inner = watchFor([{ name: 'password of the embedded server', text: password }]);
      inner.look('stderr of db url', shown.stderr);
      const night = await finished(start(['sync', '--dataset', 'costs', '--verbose'], { env: own }));
      expect(night.exit, night.stderr).toBe(0);
      inner.look('output of sync', night.stdout + night.stderr);
      await lookAtProcesses(inner);
      expect(await lookAtFolder(inner, dataDir, ['password'])).toBeGreaterThan(100);
      expect(inner.findings()).toEqual([]);
    } finally {
      await finished(start(['db', 'stop'], { env: own }));
    }
  });
});

it('the watch has been shown enough to be believed, and finds what is there', () => {
  expect(watch.seenCharacters).toBeGreaterThan(100_000);
  const { adminKey, email } = planted;
  const blind = watchFor([adminKey, email]);
  for (const text of [adminKey.text, `…${adminKey.text.slice(-16)}`, Buffer.from(email.text).toString('base64')]) {
    blind.look('a test', text);
    expect(blind.findings()).toHaveLength(1);
  }
});
