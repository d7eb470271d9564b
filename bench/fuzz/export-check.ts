import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { silentLog } from '../../src/log.ts';
import { type ExportRunContext, runExport, runExportCheck } from '../../src/run/export.ts';
import { silentProgress } from '../../src/run/report.ts';
import { endpoints } from './contract.ts';
import { expectLines, expectThat } from './difference.ts';
import type { Program } from './program.ts';
import { rowLine } from './results.ts';
import { fieldsOf, type Store } from './store.ts';

const unpacked = promisify(gunzip);

interface Manifest {
  readonly streams: readonly { readonly name: string; readonly files: readonly { readonly path: string }[] }[];
}

/** Brings the files of a folder up to the store, proves them, and holds their rows against the facts. Throws Difference. */
export async function checkExport({ store, clock }: Program, folder: string, stored: Store): Promise<void> {
  const { signal } = new AbortController();
  const context: ExportRunContext = { store, clock, log: silentLog, progress: silentProgress, signal };
  const place = { kind: 'folder', path: folder } as const;
  await runExport(context, place, { names: [], format: 'ndjson', full: false });
  const proven = await runExportCheck(context, place);
  const broken = proven.partitions
    .filter(({ verdict }) => verdict !== 'equal')
    .map(({ stream, month, verdict }) => `${stream} ${month} ${verdict}`);
  expectThat(proven.exit_code === 0, () => `export --check right after an export: ${broken.join(', ')}`);
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  for (const { name } of endpoints) {
    const files = manifest.streams.find((stream) => stream.name === name)?.files ?? [];
    const rows: string[] = [];
    for (const { path } of files) rows.push(...(await linesOf(join(folder, path))));
    expectLines(() => `the exported files of ${name}`, factLines(stored, name), rows.map(exportedLine));
  }
}

async function linesOf(path: string): Promise<readonly string[]> {
  const text = (await unpacked(await readFile(path))).toString('utf8').trimEnd();
  return text === '' ? [] : text.split('\n');
}

function factLines(store: Store, name: string): readonly string[] {
  return [...store.values()]
    .flatMap((buckets) => [...buckets.values()])
    .filter(({ dataset }) => dataset === name)
    .flatMap(({ organization, width, position, facts }) =>
      facts.map(({ series, fields }) =>
        rowLine({ ...fields, series, organization, width, position: String(position) }),
      ),
    );
}

const bookkeeping = [
  'org_id',
  'bucket_width',
  'bucket_start',
  'bucket_end',
  'series_id',
  'extra',
  'run_id',
  'loaded_at',
  'updated_at',
  'changed_xid',
];

function exportedLine(line: string): string {
  const row = fieldsOf(line);
  const said = Object.fromEntries(Object.entries(row).filter(([name]) => !bookkeeping.includes(name)));
  const { org_id: organization = '', bucket_width: width = '', series_id: series = '' } = row;
  const position = String(Date.parse(row['bucket_start'] ?? '') / 1000);
  return rowLine({ ...said, series, organization, width, position });
}
