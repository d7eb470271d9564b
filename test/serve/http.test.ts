import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { systemClock } from '../../src/clock.ts';
import { createPool } from '../../src/db/connection.ts';
import { packagedMigrations, readMigrations } from '../../src/db/migration-files.ts';
import { silentLog } from '../../src/log.ts';
import type { Observation } from '../../src/run/observe.ts';
import type { HttpServer } from '../../src/serve/http.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import { parseExposition } from './support/exposition.ts';
import { type Answer, ask, observing, type ServeOptions, serve } from './support/service.ts';

const token = 'a-token-that-is-long-enough-0123456789';
const dayMs = 86_400_000;
const newest = (await readMigrations(packagedMigrations)).length;

/** One good night, which most tests only look at. */
let nights: Nights;
let servers: HttpServer[] = [];

const live = () => liveThroughNights({ datasets: [completions, costs], days: 5, simulator: { groupsPerDataset: 2 } });

beforeAll(async () => {
  nights = await live();
  await nights.sync();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});
afterAll(() => nights.close());

/** Nights of a test's own, to be spoilt. */
async function withNights(work: (own: Nights) => Promise<void>): Promise<void> {
  const own = await live();
  try {
    await work(own);
  } finally {
    await own.close();
  }
}

async function started(
  observe: () => Promise<Observation> = observing(nights),
  options: ServeOptions = {},
): Promise<HttpServer> {
  const server = await serve(observe, options);
  servers.push(server);
  return server;
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const unreachable = () => Promise.reject(new Error('connect ECONNREFUSED'));

describe('/livez', () => {
  it('says ok to everybody, whatever the database does', async () => {
    const { url } = await started(unreachable, { token });
    expect(await ask(`${url}/livez`, { headers: { host: 'usage.example' } })).toMatchObject({
      status: 200,
      text: 'ok\n',
    });
  });
});

describe('/readyz', () => {
  it('is ready after a good night, with a line for each check', async () => {
    const { url } = await started();
    const { status, text } = await ask(`${url}/readyz`);
    expect(text.split('\n').slice(0, -1)).toEqual([
      'ready',
      'ok database: reachable',
      `ok migrations: version ${newest}`,
      'ok runs: the last run of every organization was ok',
      'ok freshness: all 2 datasets are within 30 hours',
    ]);
    expect(status).toBe(200);
  });

  it('is not ready before the first run, and says so', () =>
    withNights(async (own) => {
      const { url } = await started(observing(own));
      expect(await ask(`${url}/readyz`)).toMatchObject({
        status: 503,
        text: expect.stringContaining('FAILED runs: no run yet: acme'),
      });
    }));

  it('is not ready once a dataset is older than its limit, and names it', () =>
    withNights(async (own) => {
      await own.sync();
      own.clock.advance(dayMs);
      await own.sync({ datasets: ['completions'] });
      own.clock.advance(10 * 3_600_000);
      const { url } = await started(observing(own));
      const { status, text } = await ask(`${url}/readyz`);
      expect(status).toBe(503);
      expect(text).toContain('FAILED freshness: 1 of 2 datasets are older than 30 hours or not loaded: acme costs 1d');
    }));

  it('is not ready when the last run failed, and says why', () =>
    withNights(async (own) => {
      await own.sync();
      own.clock.advance(60_000);
      own.simulator.setFaults([{ when: {}, then: { kind: 'status', status: 401 } }]);
      await own.sync();
      const { url } = await started(observing(own));
      const { status, text } = await ask(`${url}/readyz`);
      expect(status).toBe(503);
      expect(text).toMatch(/FAILED runs: the last run failed: acme \(key_rejected: /);
    }));

  it('is not ready on a database that is behind, without touching what it does not understand', () =>
    withNights(async (own) => {
      await own.database.pool.query(`delete from openai_etl.migrations where version = ${newest}`);
      await own.database.pool.query('drop table openai_etl.notifications, openai_etl.alerts');
      const { url } = await started(observing(own));
      const { status, text } = await ask(`${url}/readyz`);
      expect(status).toBe(503);
      expect(text).toContain(
        `FAILED migrations: the database is at version ${newest - 1}, this program needs ${newest}`,
      );
      expect((await ask(`${url}/`)).text).toContain('The database and this program are of different versions.');
      expect(parseExposition((await ask(`${url}/metrics`)).text).of('usage_etl_schema_current')).toEqual({ '': 0 });
    }));

  it('answers in JSON to who asks for it', async () => {
    const { url } = await started();
    const byQuery = await ask(`${url}/readyz?format=json`);
    const byHeader = await ask(`${url}/readyz`, { headers: { accept: 'application/json' } });
    expect(JSON.parse(byQuery.text)).toMatchObject({
      ready: true,
      checks: [{ name: 'database', ok: true }, { name: 'migrations' }, { name: 'runs' }, { name: 'freshness' }],
    });
    expect(byHeader.text).toBe(byQuery.text);
    expect(byHeader.headers['content-type']).toBe('application/json');
  });

  it('tells who has no token only whether it is ready', () =>
    withNights(async (own) => {
      const { url } = await started(observing(own), { token });
      expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, text: 'not ready\n' });
      expect((await ask(`${url}/readyz?format=json`)).text).toBe('{"ready":false}');
      expect((await ask(`${url}/readyz`, { headers: bearer(token) })).text).toContain('no run yet');
    }));
});

describe('the token', () => {
  it.each(['/', '/metrics'])('is asked for at %s, as a bearer token or as a password', async (path) => {
    const { url } = await started(undefined, { token });
    const status = async (headers: Record<string, string>) => (await ask(`${url}${path}`, { headers })).status;
    expect(await status(bearer(token))).toBe(200);
    expect(await status(basic('anyone', token))).toBe(200);
    const wrong: Record<string, string>[] = [
      {},
      bearer(`${token}x`),
      bearer(token.slice(0, -1)),
      bearer(''),
      { authorization: token },
      basic(token, ''),
      basic('', 'wrong'),
      { authorization: 'Basic %%%' },
    ];
    for (const headers of wrong) expect(await status(headers), JSON.stringify(headers)).toBe(401);
  });

  it('is asked for so that a browser shows its password box, and nothing of the store is told', async () => {
    const { url } = await started(undefined, { token });
    const { headers, text } = await ask(`${url}/`);
    expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(text).toBe('the token is needed\n');
  });

  it('makes any host name do, as a reverse proxy sends it', async () => {
    const { url } = await started(undefined, { token });
    expect((await ask(`${url}/`, { headers: { host: 'usage.example', ...bearer(token) } })).status).toBe(200);
  });
});

describe('without a token', () => {
  it.each(['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', '10.0.0.5'])(
    'a request for %s is misdirected: some website has bent its name to this machine',
    async (host) => {
      const { url } = await started();
      for (const path of ['/', '/metrics', '/readyz']) {
        expect((await ask(`${url}${path}`, { headers: { host } })).status, path).toBe(421);
      }
    },
  );

  it.each(['localhost', 'localhost:8787', '127.0.0.1:80', '[::1]:8787'])(
    'a request for %s is answered',
    async (host) => {
      const { url } = await started();
      expect((await ask(`${url}/`, { headers: { host } })).status).toBe(200);
    },
  );
});

describe('what it takes in', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is not allowed', async (method) => {
    const { url } = await started();
    const answer = await ask(`${url}/metrics`, { method });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('HEAD has the headers of GET and no body', async () => {
    const { url } = await started();
    const answer = await ask(`${url}/`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'text/html; charset=UTF-8' } });
  });

  it('other paths are not found', async () => {
    const { url } = await started();
    for (const path of ['/favicon.ico', '/metrics/', '/../etc/passwd', '/%00']) {
      expect((await ask(`${url}${path}`)).status, path).toBe(404);
    }
  });

  it('a body is refused, unread', async () => {
    const { url } = await started();
    expect((await ask(`${url}/`, { headers: { 'content-length': '100' }, body: 'x'.repeat(100) })).status).toBe(413);
  });

  it('headers beyond 8 KB are refused', async () => {
    const { url } = await started();
    expect((await ask(`${url}/livez`, { headers: { 'x-long': 'x'.repeat(10_000) } })).status).toBe(431);
  });

  it('a client that never ends its headers is let go', async () => {
    const { url } = await started();
    const began = performance.now();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    await new Promise((resolve) => socket.on('close', resolve));
    expect(received).toMatch(/^HTTP\/1.1 408 /);
    expect(performance.now() - began).toBeLessThan(25_000);
  });
});

describe('every answer', () => {
  it('forbids scripts, frames, caching, sniffing and referrers', async () => {
    const { url } = await started();
    for (const path of ['/', '/metrics', '/livez', '/readyz', '/nothing']) {
      const { headers } = await ask(`${url}${path}`);
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+';/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });
});

describe('one observation', () => {
  it('serves ten scrapes at once, and those of the next seconds', async () => {
    let observations = 0;
    const clock = { ...systemClock, monotonicMs: () => 1000 };
    const counting = () => {
      observations += 1;
      return observing(nights)();
    };
    const { url } = await started(counting, { clock });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`${url}/metrics`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    await ask(`${url}/readyz`);
    expect(observations).toBe(1);
  });

  it('is taken anew after five seconds', async () => {
    let observations = 0;
    const clock = fakeClock('2026-11-23T03:17:00Z');
    const counting = () => {
      observations += 1;
      return observing(nights)();
    };
    const { url } = await started(counting, { clock });
    await ask(`${url}/readyz`);
    clock.advance(4999);
    await ask(`${url}/readyz`);
    expect(observations).toBe(1);
    clock.advance(1);
    await ask(`${url}/readyz`);
    expect(observations).toBe(2);
  });
});

describe('a database that is gone', () => {
  it('is told by every endpoint, and the service recovers with it', async () => {
    const clock = fakeClock('2026-11-23T03:17:00Z');
    let observe = observing(nights);
    const { url } = await started(() => observe(), { clock });
    const all = async () => ({
      ready: await ask(`${url}/readyz`),
      metrics: await ask(`${url}/metrics`),
      page: await ask(`${url}/`),
    });
    const statuses = (answers: Record<string, Answer>) =>
      Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]));
    expect(statuses(await all())).toEqual({ ready: 200, metrics: 200, page: 200 });

    // Nobody listens at port 1.
    const away = createPool('postgres://nobody@127.0.0.1:1/none', 'usage-etl test', 1, silentLog);
    observe = () => observing({ ...nights, store: { ...nights.store, pool: away } })();
    clock.advance(5000);
    const gone = await all();
    expect(statuses(gone)).toEqual({ ready: 503, metrics: 200, page: 503 });
    expect(gone.ready.text).toContain('FAILED database: ');
    const page = parseExposition(gone.metrics.text);
    expect(page.of('usage_etl_database_up')).toEqual({ '': 0 });
    expect(page.of('usage_etl_runs_total')).toEqual({});
    expect(page.types.has('process_start_time_seconds')).toBe(true);
    expect(gone.page.text).toContain('The database cannot be reached');

    observe = observing(nights);
    clock.advance(5000);
    expect(statuses(await all())).toEqual({ ready: 200, metrics: 200, page: 200 });
  });

  it('and hangs is answered for within five seconds, and asked again when it is back', async () => {
    const clock = fakeClock('2026-11-23T03:17:00Z');
    let asked = 0;
    let hanging = true;
    const observe = () => {
      asked += 1;
      return hanging ? new Promise<Observation>(() => undefined) : observing(nights)();
    };
    const { url } = await started(observe, { clock });
    const first = ask(`${url}/readyz`);
    await expect.poll(() => asked).toBe(1);
    clock.advance(5000);
    expect(await first).toMatchObject({
      status: 503,
      text: expect.stringContaining('has not answered within 5 seconds'),
    });
    expect((await ask(`${url}/readyz`)).status).toBe(503);
    expect(asked).toBe(1);
    hanging = false;
    clock.advance(60_000);
    expect((await ask(`${url}/readyz`)).text).toContain('ok database: reachable');
    expect(asked).toBe(2);
  });
});

describe('starting and stopping', () => {
  it('an address in use is an error with a remedy', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const { port } = occupant.address() as AddressInfo;
    try {
      await expect(started(undefined, { port })).rejects.toMatchObject({
        code: 'address_in_use',
        exit: 1,
        message: expect.stringContaining(`127.0.0.1:${port}`),
        remedy: expect.stringContaining('http_port'),
      });
    } finally {
      occupant.close();
    }
  });

  it('closing ends idle connections at once and stuck ones within two seconds', async () => {
    const clock = fakeClock('2026-11-23T03:17:00Z');
    let asked = 0;
    const server = await started(
      () => {
        asked += 1;
        return new Promise<Observation>(() => undefined);
      },
      { clock },
    );
    const stuck = ask(`${server.url}/readyz`);
    const failed = expect(stuck).rejects.toThrow('socket hang up');
    await expect.poll(() => asked).toBe(1);
    const closing = server.close();
    clock.advance(2000);
    await closing;
    await failed;
    await expect(ask(`${server.url}/livez`)).rejects.toThrow('ECONNREFUSED');
  });
});
