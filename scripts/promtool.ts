import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/**
 * Holds the rules for Prometheus, and a live answer of the service, against Prometheus' own tool: `promtool` from the PATH
 * or, for root on Debian, from its package. Where it cannot be had it says so, and nothing counts as checked.
 */

const project = join(import.meta.dirname, '..');
const program = join(project, 'src/cli/main.ts');
const rules = join(project, 'deploy/prometheus/usage-etl.rules.yml');
const port = 18_787;
const execute = promisify(execFile);

async function isThere(command: string): Promise<boolean> {
  return await execute(command, ['--version']).then(
    () => true,
    () => false,
  );
}

async function promtoolIsThere(): Promise<boolean> {
  if (await isThere('promtool')) return true;
  if (process.getuid?.() !== 0 || !(await isThere('apt-get'))) return false;
  const install = ['install', '-y', '-q', '--no-install-recommends', 'prometheus'];
  await execute('apt-get', install, { timeout: 180_000, maxBuffer: 2 ** 24 }).catch(() => undefined);
  return await isThere('promtool');
}

/** Starts a command that serves, and gives its first line of output. */
async function serving(args: readonly string[], env: NodeJS.ProcessEnv): Promise<[ChildProcess, string]> {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return [child, String(line)];
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** What a service that has run once answers at /metrics. */
async function liveMetrics(folder: string): Promise<string> {
  const base = { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'error', USAGE_ETL_DATA_DIR: folder };
  const [simulator, first] = await serving(['simulate', '--port', String(port + 1)], base);
  const env = {
    ...base,
    OPENAI_BASE_URL: `http://127.0.0.1:${port + 1}/v1`,
    OPENAI_ADMIN_KEY: 'sk-admin-simulator',
    USAGE_ETL_HTTP_PORT: String(port),
  };
  try {
    if (!first.startsWith('Serving at')) throw new Error(`the simulator says: ${first}`);
    await execute(process.execPath, [program, 'sync', '--dataset', 'costs', '--quiet'], { env });
    const service = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    try {
      for (let attempt = 0; attempt < 60; attempt += 1) {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
        if (answer?.ok === true) return await answer.text();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      throw new Error('the service does not answer at /metrics');
    } finally {
      await ended(service);
    }
  } finally {
    await ended(simulator);
  }
}

async function checkMetrics(text: string): Promise<void> {
  const checking = execute('promtool', ['check', 'metrics']);
  checking.child.stdin?.end(text);
  await checking;
}

if (!(await promtoolIsThere())) {
  console.log('NOT CHECKED: there is no promtool here, and it cannot be installed');
} else {
  const folder = await mkdtemp(join(tmpdir(), 'usage-etl-promtool-'));
  try {
    await execute('promtool', ['check', 'rules', rules]);
    await execute('promtool', ['test', 'rules', rules.replace('.yml', '.test.yml')]);
    const text = await liveMetrics(folder);
    await checkMetrics(text);
    console.log(`promtool accepts the rules, their tests and ${text.split('\n').length} lines of /metrics`);
  } catch (thrown) {
    const { stdout = '', stderr = '', message } = thrown as { stdout?: string; stderr?: string; message: string };
    console.error([message, stdout, stderr].join('\n'));
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
