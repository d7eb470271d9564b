import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { datasets } from '../../src/catalog/index.ts';
import { systemClock } from '../../src/clock.ts';
import { adminKey, liveThroughNights, type Nights } from '../support/nights.ts';
import { type CommandEnvironment, emptyFolder, finished, run, start } from './command.ts';

const patience = { timeout: 30_000, interval: 20 };
const onlyTwo: readonly Dataset[] = [completions, costs];

const yaml = `start: ${new Date(systemClock.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10)}
http_port: 0
organizations:
  - { name: acme, admin_key_file: key }
datasets:
${datasets
  .filter((dataset) => !onlyTwo.includes(dataset))
  .map(({ name }) => `  ${name}: { enabled: false }`)
  .join('\n')}
schedules:
  - { name: nightly, cron: '17 3 * * *' }
`;

describe('serve', () => {
  let nights: Nights;
  let cwd: string;
  let env: CommandEnvironment;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: onlyTwo, simulator: { clock: systemClock } });
    cwd = emptyFolder();
    writeFileSync(join(cwd, 'usage-etl.yaml'), yaml);
    writeFileSync(join(cwd, 'key'), adminKey, { mode: 0o600 });
    env = { OPENAI_BASE_URL: nights.simulator.url, DATABASE_URL: nights.database.url };
  });
  afterEach(async () => {
    await nights.close();
  });

  /** Starts the service and waits until it says where it answers. */
  async function serve(more: CommandEnvironment = {}) {
    const child = start(['serve', '--json'], { cwd, env: { ...env, ...more } });
    const end = finished(child);
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (part: string) => {
        text += part;
        const found = /"url": "([^"]+)"/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      end.then(({ stdout, stderr }) => reject(new Error(stdout + stderr)), reject);
    });
    return { child, end, url, status: async (path: string) => (await fetch(`${url}${path}`)).status };
  }

  const runs = async () =>
    (
      await nights.database.pool.query<{ status: string }>('select status from openai_etl.runs order by run_id')
    ).rows.map(({ status }) => status);

  it('makes up for what was missed at once, answers health and metrics, and ends with 0 on SIGTERM', async () => {
    const service = await serve();
    expect(await service.status('/livez')).toBe(200);
    await vi.waitFor(async () => expect(await runs()).toEqual(['ok']), patience);
    await vi.waitFor(async () => expect(await service.status('/readyz')).toBe(200), patience);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain('usage_etl_runs_total');
    const page = await (await fetch(service.url)).text();
    expect(page).toContain('completions');
    expect(metrics + page).not.toContain(adminKey);
    service.child.kill('SIGTERM');
    const { exit, stdout, stderr } = await service.end;
    expect(exit, stderr).toBe(0);
    expect(stdout + stderr).not.toContain(adminKey);
  }, 60_000);

  it('reads the key file anew at every run, so that a key can be changed under way', async () => {
    writeFileSync(join(cwd, 'key'), 'sk-admin-revoked-0123456789', { mode: 0o600 });
    const frequent = yaml.replace("'17 3 * * *'", "'*/2 * * * * *', jitter_seconds: 0");
    writeFileSync(join(cwd, 'usage-etl.yaml'), frequent);
    const service = await serve();
    await vi.waitFor(async () => expect(await runs()).toContain('failed'), patience);
    writeFileSync(join(cwd, 'key'), adminKey, { mode: 0o600 });
    await vi.waitFor(async () => expect(await runs()).toContain('ok'), patience);
    service.child.kill('SIGTERM');
    expect((await service.end).exit).toBe(0);
  }, 60_000);

  it('starts without its database and says that it is not ready', async () => {
    const service = await serve({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/usage' });
    expect(await service.status('/livez')).toBe(200);
    expect(await service.status('/readyz')).toBe(503);
    expect(await service.status('/')).toBe(503);
    expect(await service.status('/metrics')).toBe(200);
    service.child.kill('SIGINT');
    const { exit, stderr } = await service.end;
    expect(exit).toBe(0);
    expect(stderr).toContain('database_unreachable');
  }, 90_000);

  it('rolls back what is in hand when it is stopped, and says so in the record of the run', async () => {
    nights.simulator.setFaults([{ when: { dataset: 'costs' }, then: { kind: 'stall-headers' } }]);
    const service = await serve();
    await vi.waitFor(() => expect(nights.simulator.requests.length).toBeGreaterThan(1), patience);
    service.child.kill('SIGTERM');
    expect((await service.end).exit).toBe(0);
    expect(await runs()).toEqual(['failed']);
    const { rows } = await nights.database.pool.query('select error from openai_etl.runs');
    expect(rows[0]?.error).toContain('interrupted by SIGTERM');
  }, 60_000);

  it('refuses to start on a port that is taken, beyond loopback without a token, and without a key', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const collision = await run(['serve'], { cwd, env: { ...env, USAGE_ETL_HTTP_PORT: String(port) } });
    taken.close();
    expect(collision.exit).toBe(1);
    expect(collision.stderr).toContain(`127.0.0.1:${port}`);

    const open = await run(['serve'], { cwd, env: { ...env, USAGE_ETL_HTTP_HOST: '0.0.0.0' } });
    expect(open.exit).toBe(2);
    expect(open.stderr).toContain('without http_token');

    writeFileSync(join(cwd, 'key'), '', { mode: 0o600 });
    const keyless = await run(['serve'], { cwd, env });
    expect(keyless.exit).toBe(2);
    expect(keyless.stderr).toContain('the key file is empty');
  }, 60_000);
});
