import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alertSections } from './docs/alerts.ts';
import { type Blocks, blockNames, fillBlocks } from './docs/blocks.ts';
import { commandSections, commandsTable } from './docs/cli.ts';
import { datasetSections, datasetsTable } from './docs/datasets.ts';
import { directoryListsTable, directorySections } from './docs/directory.ts';
import { errorsTable, verdictsTable } from './docs/errors.ts';
import { faultCount, faultPromises, faultSections } from './docs/faults.ts';
import { focusColumnsTable, focusDeviationsTable, focusRulesTable } from './docs/focus.ts';
import { metricsTable } from './docs/metrics.ts';
import { factColumnsTable, operationsTables } from './docs/schema.ts';
import { settingsTable } from './docs/settings.ts';

/** Writes the generated blocks of README.md and docs/ anew; with --check, says which are stale and exits with 1. */

const project = join(import.meta.dirname, '..');

const blocks: Blocks = {
  'alert-sections': alertSections,
  'datasets-table': datasetsTable,
  'dataset-sections': datasetSections,
  'directory-lists-table': directoryListsTable,
  'directory-sections': directorySections,
  'verdicts-table': verdictsTable,
  'errors-table': errorsTable,
  'fault-count': faultCount,
  'fault-promises': faultPromises,
  'fault-sections': faultSections,
  'fact-columns-table': factColumnsTable,
  'focus-columns-table': focusColumnsTable,
  'focus-deviations-table': focusDeviationsTable,
  'focus-rules-table': focusRulesTable,
  'operations-tables': operationsTables,
  'settings-table': settingsTable,
  'metrics-table': metricsTable,
  'commands-table': commandsTable,
  'command-sections': commandSections,
};

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const pages = (await readdir(join(project, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md')).sort();
const shown = new Set<string>();
const stale: string[] = [];

for (const name of ['README.md', ...pages.map((page) => `docs/${page}`)]) {
  const path = join(project, name);
  const before = await readFile(path, 'utf8');
  for (const block of blockNames(before)) shown.add(block);
  const after = await fillBlocks(before, blocks);
  if (after === before) continue;
  stale.push(name);
  if (!values.check) await writeFile(path, after);
}

const hidden = Object.keys(blocks).filter((name) => !shown.has(name));
if (hidden.length > 0) console.error(`no page shows: ${hidden.join(', ')}`);
if (values.check && stale.length > 0) console.error(`stale: ${stale.join(', ')}; run npm run docs`);
if (!values.check) console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'nothing was stale');
if (hidden.length > 0 || (values.check && stale.length > 0)) process.exitCode = 1;
