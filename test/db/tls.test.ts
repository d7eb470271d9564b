import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config.ts';
import { type EmbeddedUse, useEmbeddedServer } from '../../src/db/embedded.ts';
import { openLocks } from '../../src/db/lock.ts';
import { openStore } from '../../src/db/store.ts';
import { protectionOf } from '../../src/db/tls.ts';
import { toEtlError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { runCheck } from '../../src/run/check.ts';
import { type Authority, createAuthority, type Identity } from '../support/certificates.ts';

const password = 'tls-test-password';

let folder: string;
let server: EmbeddedUse;
let data: string;
let ours: Authority;
let client: Identity;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usage-etl-tls-'));
  await chmod(folder, 0o755);
  server = await useEmbeddedServer({ dataDir: join(folder, 'data'), clock: systemClock, log: silentLog });
  [{ data = '' }] = await administer(`select current_setting('data_directory') as data`);
  ours = await createAuthority('the authority of this server');
  const theirs = await createAuthority('an authority of strangers');
  client = await ours.issue('etl_by_certificate');
  await Promise.all([
    write('ours.pem', ours.certificate),
    write('theirs.pem', theirs.certificate),
    write('client.pem', client.certificate),
    write('client.key', client.key, 0o600),
    write('open.key', client.key, 0o644),
    write('empty.pem', 'nothing\n'),
  ]);
  await administer(`create role etl login password '${password}'`);
  await administer('create role etl_by_certificate login');
  const hba = join(data, 'pg_hba.conf');
  const before = await readFile(hba, 'utf8');
  await writeFile(
    hba,
    `hostssl all etl_by_certificate 127.0.0.1/32 cert\nhostnossl all etl_by_certificate 127.0.0.1/32 reject\n${before}`,
  );
  await serve(await ours.issue('localhost'));
});

afterAll(async () => {
  await server.release();
  await rm(folder, { recursive: true, force: true });
});

async function administer(sql: string): Promise<readonly [Record<string, string>]> {
  const session = new pg.Client(server.url);
  await session.connect();
  try {
    const { rows } = await session.query<Record<string, string>>(sql);
    return [rows[0] ?? {}];
  } finally {
    await session.end();
  }
}

async function write(name: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(join(folder, name), text, { mode });
}

/** Gives the server another certificate, or with null none at all, and waits until new connections meet it. */
async function serve(identity: Identity | null): Promise<void> {
  const certificate = identity === null ? '' : `server-${systemClock.monotonicMs()}.pem`;
  if (identity !== null) {
    const { uid, gid } = await stat(data);
    const files = {
      [certificate]: identity.certificate,
      [`${certificate}.key`]: identity.key,
      'ca.pem': ours.certificate,
    };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(data, name), text, { mode: 0o600 });
      await chown(join(data, name), uid, gid);
    }
    await administer(`alter system set ssl_ca_file = 'ca.pem'`);
    await administer(`alter system set ssl_cert_file = '${certificate}'`);
    await administer(`alter system set ssl_key_file = '${certificate}.key'`);
  }
  const ssl = identity === null ? 'off' : 'on';
  await administer(`alter system set ssl = ${ssl}`);
  await administer('select pg_reload_conf()');
  await vi.waitFor(async () => {
    const [row] = await administer(
      `select current_setting('ssl') as ssl, current_setting('ssl_cert_file') as certificate`,
    );
    expect(row).toMatchObject(identity === null ? { ssl } : { ssl, certificate });
  }, 20_000);
}

/** The server's URL for a role, at a host, with TLS parameters in which `@` stands for the folder of certificates. */
function urlOf(parameters: string, { host = 'localhost', user = 'etl' } = {}): string {
  const url = new URL(server.url);
  url.username = user;
  url.password = password;
  url.hostname = host;
  url.search = parameters.replaceAll('@', `${folder}/`);
  return url.href;
}

/** Whether the pool's and the locks' connections are encrypted, as the server sees it; or the error. */
async function opened(databaseUrl: string) {
  try {
    const store = await openStore({ databaseUrl, dataDir: '', clock: systemClock, log: silentLog });
    try {
      const locks = await openLocks(store);
      const { rows } = await store.pool.query<{ application_name: string; ssl: boolean }>(
        `select application_name, ssl from pg_stat_ssl join pg_stat_activity using (pid)
          where pid = pg_backend_pid() or application_name = 'usage-etl locks' order by 1`,
      );
      await locks.close();
      return { pool: rows[0]?.ssl, locks: rows[1]?.ssl };
    } finally {
      await store.close();
    }
  } catch (thrown) {
    const { code, message, remedy } = toEtlError(thrown);
    return { code, message, remedy };
  }
}

const encrypted = { pool: true, locks: true };
const plain = { pool: false, locks: false };
const refused = (message: string, remedy: string) => ({
  code: 'database_unreachable',
  message: expect.stringContaining(message),
  remedy: expect.stringContaining(remedy),
});

describe('a server with a certificate of its own authority, for localhost', () => {
  it.each([
    ['no sslmode is plain text on loopback', '', {}, plain],
    ['sslmode=disable is plain text', 'sslmode=disable', {}, plain],
    ['sslmode=prefer is encrypted where the server can', 'sslmode=prefer', {}, encrypted],
    ['sslmode=require is encrypted, whoever the server is', 'sslmode=require', { host: '127.0.0.1' }, encrypted],
    ['ssl=true means require', 'ssl=true', {}, encrypted],
    ['uselibpqcompat changes nothing', 'sslmode=require&uselibpqcompat=true', {}, encrypted],
    ['verify-ca asks who signed', 'sslmode=verify-ca&sslrootcert=@ours.pem', { host: '127.0.0.1' }, encrypted],
    ['verify-full asks for the name, too', 'sslmode=verify-full&sslrootcert=@ours.pem', {}, encrypted],
    [
      'TLS may start without being asked for',
      'sslmode=verify-full&sslrootcert=@ours.pem&sslnegotiation=direct',
      {},
      encrypted,
    ],
  ])('%s', async (_what, parameters, place, expected) => {
    expect(await opened(urlOf(parameters, place))).toEqual(expected);
  });

  it.each([
    [
      'require with an authority refuses another',
      'sslmode=require&sslrootcert=@theirs.pem',
      {},
      /certificate/,
      'sslrootcert=FILE',
    ],
    [
      'verify-ca refuses another authority',
      'sslmode=verify-ca&sslrootcert=@theirs.pem',
      {},
      /certificate/,
      'sslrootcert=FILE',
    ],
    [
      'verify-full refuses another authority',
      'sslmode=verify-full&sslrootcert=@theirs.pem',
      {},
      /certificate/,
      'sslrootcert=FILE',
    ],
    [
      'verify-full without a file trusts public authorities only',
      'sslmode=verify-full',
      {},
      /certificate/,
      'sslrootcert=FILE',
    ],
    ['sslrootcert=system means verify-full', 'sslrootcert=system', {}, /certificate/, 'sslrootcert=FILE'],
    [
      'verify-full refuses another name',
      'sslmode=verify-full&sslrootcert=@ours.pem',
      { host: '127.0.0.1' },
      /127\.0\.0\.1/,
      'as the certificate names it',
    ],
    [
      'a missing file is named',
      'sslmode=verify-full&sslrootcert=@none.pem',
      {},
      /none\.pem cannot be read \(ENOENT\)/,
      'sslrootcert',
    ],
    [
      'a file without a certificate is named',
      'sslmode=verify-full&sslrootcert=@empty.pem',
      {},
      /empty\.pem holds no certificate/,
      'PEM',
    ],
    ['a folder is no file', 'sslmode=verify-full&sslrootcert=@', {}, /cannot be read \(EISDIR\)/, 'sslrootcert'],
  ])('%s', async (_what, parameters, place, message, remedy) => {
    const failure = await opened(urlOf(parameters, place));
    expect(failure).toMatchObject({ code: 'database_unreachable', remedy: expect.stringContaining(remedy) });
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain(password);
  });
});

describe('NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  it.each([
    ['verify-full', 'sslmode=verify-full&sslrootcert=@theirs.pem', {}],
    ['verify-full, of another name', 'sslmode=verify-full&sslrootcert=@ours.pem', { host: '127.0.0.1' }],
    ['verify-ca', 'sslmode=verify-ca&sslrootcert=@theirs.pem', {}],
    ['sslrootcert=system', 'sslrootcert=system', {}],
    ['require with an authority', 'sslmode=require&sslrootcert=@theirs.pem', {}],
  ])('does not override %s', async (_mode, parameters, place) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      expect(await opened(urlOf(parameters, place))).toMatchObject({ code: 'database_unreachable' });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('a client certificate', () => {
  const user = 'etl_by_certificate';

  it('stands in for a password', async () => {
    const parameters = 'sslmode=verify-full&sslrootcert=@ours.pem&sslcert=@client.pem&sslkey=@client.key';
    expect(await opened(urlOf(parameters, { user }))).toEqual(encrypted);
  });

  it('is missed by a server that wants one', async () => {
    const failure = await opened(urlOf('sslmode=require', { user }));
    expect(failure).toEqual(refused('valid client certificate', 'sslcert=FILE'));
  });

  it('is refused with a key that others can read, or that belongs to another certificate', async () => {
    const other = await ours.issue('other');
    await write('other.key', other.key, 0o600);
    const withKey = (key: string) => urlOf(`sslmode=require&sslcert=@client.pem&sslkey=@${key}`, { user });
    expect(await opened(withKey('open.key'))).toEqual(refused('open.key can be read by others', 'closed to others'));
    expect(await opened(withKey('other.key'))).toEqual(refused('TLS files do not fit', 'PEM'));
  });
});

describe('a server whose certificate has expired', () => {
  beforeAll(async () => serve(await ours.issue('localhost', { expired: true })));

  it('is refused where it is to be verified, and only there', async () => {
    expect(await opened(urlOf('sslmode=verify-full&sslrootcert=@ours.pem'))).toEqual(refused('expired', 'Renew'));
    expect(await opened(urlOf('sslmode=require'))).toEqual(encrypted);
  });
});

describe('a server without TLS', () => {
  beforeAll(() => serve(null));

  it('is used in plain text by prefer, and refused by everything stricter', async () => {
    expect(await opened(urlOf('sslmode=prefer'))).toEqual(plain);
    for (const parameters of ['sslmode=require', 'sslmode=verify-full&sslrootcert=@ours.pem']) {
      expect(await opened(urlOf(parameters))).toEqual(refused('does not support SSL', 'ssl = on'));
    }
  });
});

it('a server that wants TLS tells a plain connection what to write', async () => {
  const failure = await opened(urlOf('sslmode=disable', { user: 'etl_by_certificate' }));
  expect(failure).toEqual(refused('no encryption', 'sslmode=verify-full'));
});

describe('check', () => {
  /** `127.1` is loopback to the system's resolver and a name like any other to the program: a server that is elsewhere. */
  const elsewhere = { host: '127.1' };

  const encryptionOf = async (url: string) => {
    const { checks } = await runCheck({
      config: {
        ...loadConfig({ env: { OPENAI_ADMIN_KEY: 'sk-admin-TEST0123456789' }, cwd: folder }),
        databaseUrl: url,
        organizations: [],
      },
      clock: systemClock,
      log: silentLog,
      progress: { planned: () => undefined, advanced: () => undefined, finished: () => undefined },
      signal: new AbortController().signal,
    });
    return checks.filter(({ name }) => name === 'encryption');
  };

  beforeAll(async () => serve(await ours.issue('localhost')));

  it('says nothing of a server on this machine', async () => {
    expect(await encryptionOf(urlOf(''))).toEqual([]);
    expect(await encryptionOf(urlOf('sslmode=require'))).toEqual([]);
  });

  it('notices a password in plain text, and a server that is not verified', async () => {
    expect(await encryptionOf(urlOf('sslmode=disable', elsewhere))).toMatchObject([
      {
        status: 'notice',
        detail: expect.stringContaining('not encrypted'),
        remedy: expect.stringContaining('verify-full'),
      },
    ]);
    expect(await encryptionOf(urlOf('', elsewhere))).toMatchObject([
      { status: 'notice', detail: expect.stringContaining('not verified') },
    ]);
  });

  it('is content with a verified server', async () => {
    const checked = await encryptionOf(urlOf('sslmode=verify-ca&sslrootcert=@ours.pem', elsewhere));
    expect(checked).toMatchObject([{ status: 'ok', detail: 'TLS; the server is verified by authority' }]);
    expect(protectionOf('postgres://etl@db.example.com/usage?sslmode=verify-full')).toBe('fully_verified');
  });
});

it('a server that hangs up when asked for TLS is unreachable, not plain', async () => {
  const rude = createServer((socket) => socket.resume().end());
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
  const address = rude.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await opened(`postgres://etl:${password}@127.0.0.1:${port}/etl?sslmode=prefer`)).toMatchObject({
    code: 'database_unreachable',
  });
  await new Promise((resolve) => rude.close(resolve));
});
