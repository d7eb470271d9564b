import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDashboard } from './grafana/dashboard.ts';
import { dashboards } from './grafana/dashboards/index.ts';

/** Writes the dashboards of deploy/grafana anew; with --check, says which are stale and exits with 1. */

const project = join(import.meta.dirname, '..');
const folder = join(project, 'deploy/grafana/dashboards');

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale: string[] = [];

await mkdir(folder, { recursive: true });
for (const definition of dashboards) {
  const path = join(folder, `${definition.name}.json`);
  const after = `${JSON.stringify(buildDashboard(definition), null, 2)}\n`;
  const before = await readFile(path, 'utf8').catch(() => '');
  if (before === after) continue;
  stale.push(relative(project, path));
  if (!values.check) await writeFile(path, after);
}

if (values.check && stale.length > 0) console.error(`stale: ${stale.join(', ')}; run npm run docs`);
if (!values.check) console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'nothing was stale');
if (values.check && stale.length > 0) process.exitCode = 1;
