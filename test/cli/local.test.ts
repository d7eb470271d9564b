import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyFolder, finished, run, runJson, start } from './command.ts';

describe('init', () => {
  it('writes a file that the program accepts, and overwrites it only when forced', async () => {
    const cwd = emptyFolder();
    expect((await run(['init'], { cwd })).exit).toBe(0);
    expect((await run(['sync', '--dry-run'], { cwd, env: { USAGE_ETL_WIDTHS: 'x' } })).stderr).not.toContain('.yaml');
    writeFileSync(join(cwd, 'usage-etl.yaml'), 'mine: true\n');
    const refused = await run(['init'], { cwd });
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('--force');
    expect(readFileSync(join(cwd, 'usage-etl.yaml'), 'utf8')).toBe('mine: true\n');
    expect((await run(['init', '--force'], { cwd })).exit).toBe(0);
    expect(readFileSync(join(cwd, 'usage-etl.yaml'), 'utf8')).toContain('#concurrency: 4');
  });

  it('says where it cannot write', async () => {
    const result = await run(['init', '--config', 'no/such/folder/x.yaml']);
    expect(result.exit).toBe(1);
    expect(result.stderr).toContain('no/such/folder/x.yaml cannot be written');
  });
});

describe('simulate', () => {
  it('serves until it is ended, prints what to export, and ends well', async () => {
    const child = start(['simulate', '--seed', '7', '--json']);
    const end = finished(child);
    const printed = await new Promise<string>((resolve) => {
      let text = '';
      child.stdout.on('data', (part: string) => {
        text += part;
        if (text.endsWith('}\n')) resolve(text);
      });
    });
    const { url, env } = JSON.parse(printed) as { url: string; env: Record<string, string> };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(Object.keys(env)).toEqual(['OPENAI_BASE_URL', 'OPENAI_ADMIN_KEY', 'USAGE_ETL_DATA_DIR']);
    const answer = await fetch(`${url}/organization/costs?start_time=1760000000&limit=1`, {
      headers: { authorization: `Bearer ${env['OPENAI_ADMIN_KEY']}` },
    });
    expect(answer.status).toBe(200);
    await answer.text();
    child.kill('SIGTERM');
    expect((await end).exit).toBe(0);
  });

  it('replays recorded pages', async () => {
    const recorded = fileURLToPath(new URL('../fixtures/recorded', import.meta.url));
    const child = start(['simulate', '--replay', recorded]);
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (part: Buffer) => {
        const found = /http:\S+\/v1/.exec(part.toString());
        if (found !== null) resolve(found[0]);
      });
    });
    const answer = await fetch(`${url}/organization/costs?start_time=1`, {
      headers: { authorization: 'Bearer sk-admin-simulator' },
    });
    expect(await answer.text()).toBe(readFileSync(join(recorded, 'costs-ungrouped-2025-01.json'), 'utf8'));
  });

  it('refuses a folder without recorded pages', async () => {
    const result = await run(['simulate', '--replay', '.']);
    expect(result.exit).toBe(2);
    expect(result.stderr).toContain('no .json files');
  });
});

describe('without DATABASE_URL', () => {
  it('status and query create nothing when there is nothing to read', async () => {
    const cwd = emptyFolder();
    for (const args of [['status'], ['query', 'select 1'], ['migrate', 'status']]) {
      const result = await run(args, { cwd });
      expect(result.exit).toBe(1);
      expect(result.stderr).toContain('Run usage-etl sync first');
    }
    expect(existsSync(join(cwd, 'usage-etl-data'))).toBe(false);
  });

  it('db start keeps a server up that db url leads to and db stop ends', async () => {
    const cwd = emptyFolder();
    const started = await runJson(['db', 'start'], { cwd });
    expect(started.exit, started.stderr).toBe(0);
    expect(started.document).toMatchObject({ running: true, kept: true });
    expect(started.stdout).not.toContain('postgres://');
    expect((await run(['db', 'url'], { cwd })).stdout).toMatch(/^postgres:\/\/\S+@127\.0\.0\.1:\d+\/\S+\n$/);
    expect((await runJson(['migrate'], { cwd })).document).toMatchObject({ from_version: 0 });
    expect((await runJson(['db', 'stop'], { cwd })).document).toEqual({ result: 'stopped' });
    expect((await runJson(['db', 'stop'], { cwd })).document).toEqual({ result: 'not_running' });
  }, 60_000);

  it('db start refuses where another database is configured', async () => {
    const result = await run(['db', 'start'], { env: { DATABASE_URL: 'postgres://u:pass-word@127.0.0.1:1/x' } });
    expect(result.exit).toBe(2);
    expect(result.stderr).toContain('Unset DATABASE_URL');
    expect(result.stderr).not.toContain('pass-word');
  });

  it('demo loads a year, answers three questions, writes the report, uses neither key nor database, and can be repeated', async () => {
    const cwd = emptyFolder();
    const env = { OPENAI_ADMIN_KEY: 'no key at all', DATABASE_URL: 'postgres://127.0.0.1:1/none', LOG_LEVEL: 'info' };
    const first = await run(['demo'], { cwd, env });
    expect(first.exit, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/^costs_by_user +ok +3[6-9]\d /m);
    for (const question of ['each month cost', 'kept to their budget', 'cost more than usual'])
      expect(first.stdout).toContain(question);
    expect(first.stdout).toContain('Wrote ./usage-etl-data/demo-report.html.');
    expect(readFileSync(join(cwd, 'usage-etl-data/demo-report.html'), 'utf8')).toMatch(/<\/html>\n$/);
    const second = await runJson(['demo'], { cwd, env });
    expect(second.exit, second.stderr).toBe(0);
    expect(second.document).toMatchObject({
      answers: [{}, {}, {}],
      sync: { status: 'ok' },
      report: { days_missing: 0, spend: [{ currency: 'USD', difference: '0' }] },
    });
  }, 120_000);
});
