import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { emptyFolder, finished } from '../cli/command.ts';

const script = fileURLToPath(new URL('../../scripts/audit.ts', import.meta.url));

let registry: Server | undefined;

afterEach(() => {
  registry?.close();
  registry = undefined;
});

/** Runs the audit step of CI against a registry that knows these advisories of `pg`; null: one that refuses to tell. */
async function audit(advisories: readonly { readonly severity: string }[] | null) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST' && advisories === null) {
      response.writeHead(405).end();
      return;
    }
    const known = (advisories ?? []).map(({ severity }, id) => ({
      id,
      severity,
      url: 'https://advisories.example/1',
      title: 'a known weakness',
      vulnerable_versions: '*',
      cwe: [],
      cvss: { score: 0, vectorString: null },
    }));
    const name = decodeURIComponent(request.url?.slice(1) ?? '');
    const packument = { name, versions: { '1.0.0': { name, version: '1.0.0' } }, 'dist-tags': { latest: '1.0.0' } };
    const answer = request.method === 'POST' ? { ...(known.length > 0 && { pg: known }) } : packument;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  registry = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: emptyFolder(),
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  };
  return finished(spawn(process.execPath, [script], { env }));
}

it('passes when nothing is known, and says how much was looked at', async () => {
  const { exit, stdout } = await audit([]);
  expect({ exit, stdout }).toMatchObject({
    exit: 0,
    stdout: expect.stringMatching(/^audited \d{2,} packages: 0 with/),
  });
});

it.each(['high', 'critical'])('fails on a vulnerability of level %s, naming package and advisory', async (severity) => {
  const { exit, stdout } = await audit([{ severity }]);
  expect(exit).toBe(1);
  expect(stdout).toContain(`${severity}: pg *: a known weakness https://advisories.example/1`);
});

it('names a lesser vulnerability and passes', async () => {
  const { exit, stdout } = await audit([{ severity: 'moderate' }]);
  expect(exit).toBe(0);
  expect(stdout).toContain('moderate: pg');
});

it('does not pass when the registry does not tell, and says that nothing was audited', async () => {
  const { exit, stdout } = await audit(null);
  expect(exit).toBe(69);
  expect(stdout).toMatch(/^NOT AUDITED/);
});
