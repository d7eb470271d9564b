import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { createPool } from '../../src/db/connection.ts';
import { embeddedServer, useEmbeddedServer } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { messageOf } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { execute } from './execute.ts';

/** The server of a test run, with a migrated database to clone. */
export interface PreparedServer {
  readonly url: string;
  readonly template: string;
  close(): Promise<void>;
}

interface Server {
  /** May create databases. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The server tests run on: TEST_DATABASE_URL; else a container where a Docker engine answers; else the embedded server
 * in a folder of its own. Rejects saying what was tried when there is none: tests are never skipped.
 */
export async function prepareServer(): Promise<PreparedServer> {
  const server = await findServer();
  try {
    const template = await createTemplate(server.url);
    return {
      url: server.url,
      template,
      close: async () => {
        await execute(server.url, `drop database if exists ${template} with (force)`);
        await server.close();
      },
    };
  } catch (failure) {
    await server.close();
    throw failure;
  }
}

async function findServer(): Promise<Server> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return { url: given, close: async () => undefined };
  const tried: string[] = ['TEST_DATABASE_URL is not set'];
  const engine = await dockerAnswers();
  if (engine) {
    const container = await startContainer().catch((failure: unknown) => messageOf(failure));
    if (typeof container !== 'string') return container;
    tried.push(`the Docker engine answers, but no container starts: ${container}`);
  } else {
    tried.push('no Docker engine answers');
  }
  try {
    return await startEmbedded();
  } catch (failure) {
    tried.push(`the embedded server does not start: ${messageOf(failure)}`);
    throw new Error(
      `No PostgreSQL for the tests.\n  ${tried.join('\n  ')}\nSet TEST_DATABASE_URL to a PostgreSQL 15 or newer as a ` +
        'role that may create databases.',
      { cause: failure },
    );
  }
}

async function createTemplate(serverUrl: string): Promise<string> {
  const template = `usage_etl_template_${randomBytes(6).toString('hex')}`;
  await execute(serverUrl, `create database ${template} template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${template}`;
  const pool = createPool(url.href, 'usage-etl tests', 1, silentLog);
  try {
    await migrate(pool, { log: silentLog, version: 'test' });
  } finally {
    await pool.end();
  }
  return template;
}

/** Asks every socket a Docker engine is usually found at; a local one answers within a second or not at all. */
async function dockerAnswers(): Promise<boolean> {
  const runtimeDir = process.env['XDG_RUNTIME_DIR'];
  const given = process.env['DOCKER_HOST'];
  const sockets =
    given === undefined
      ? [
          '/var/run/docker.sock',
          join(homedir(), '.docker/run/docker.sock'),
          ...(runtimeDir ? [join(runtimeDir, 'docker.sock')] : []),
        ]
      : [given];
  return (await Promise.all(sockets.map(ping))).includes(true);
}

function ping(engine: string): Promise<boolean> {
  const address = engine.startsWith('tcp://')
    ? { host: new URL(engine).hostname, port: new URL(engine).port }
    : { socketPath: engine.replace(/^unix:\/\//, '') };
  return new Promise((resolve) => {
    const asked = request({ ...address, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

/** Imported only here: it takes half a second to load. */
async function startContainer(): Promise<Server> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer('postgres:18-alpine')
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    .start();
  return {
    url: container.getConnectionUri(),
    close: async () => {
      await container.stop();
    },
  };
}

const folderPrefix = 'usage-etl-tests-';

/** As root the server runs as another user, who must be able to enter the folder. */
async function startEmbedded(): Promise<Server> {
  await sweep();
  const dataDir = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  await chmod(dataDir, 0o755);
  const server = await useEmbeddedServer({ dataDir, clock: systemClock, log: silentLog });
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    await execute(server.url, `alter system set ${setting} = off`);
  }
  await execute(server.url, 'select pg_reload_conf()');
  return {
    url: server.url,
    close: async () => {
      await server.release();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Stops and removes the servers of test runs that were killed. */
async function sweep(): Promise<void> {
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(folderPrefix));
  for (const name of folders) {
    const pid = Number(name.slice(folderPrefix.length).split('-')[0]);
    if (isAlive(pid)) continue;
    const dataDir = join(tmpdir(), name);
    await embeddedServer({ dataDir, clock: systemClock, log: silentLog })
      .stop()
      .catch(() => 'another user started it');
    await rm(dataDir, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
}
