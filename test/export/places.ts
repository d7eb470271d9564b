import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { type ExportPlace, type ExportRequest, runExport, runExportCheck } from '../../src/run/export.ts';
import type { Nights } from '../support/nights.ts';
import { transactionsToEnd } from '../support/quiet.ts';

/** A folder that does not exist yet, below one of the test's own. */
export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'usage-etl-export-test-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'lake');
}

/** A folder as a place to export to. */
export function folderPlace(path: string): ExportPlace {
  return { kind: 'folder', path };
}

const everything: ExportRequest = { names: [], format: 'parquet', full: false };

/**
 * Exports the store of some nights as the command does, once the transactions of other tests on the server have ended:
 * what changed after the oldest of them counts as changed since.
 */
export async function exported(nights: Nights, place: ExportPlace, asked: Partial<ExportRequest> = {}) {
  await transactionsToEnd(nights.database.pool);
  return await exportedAtOnce(nights, place, asked);
}

/** Exports, whoever else is writing. */
export function exportedAtOnce(nights: Nights, place: ExportPlace, asked: Partial<ExportRequest> = {}) {
  return runExport(contextOf(nights), place, { ...everything, ...asked });
}

/** Checks an export as the command does. */
export function checked(nights: Nights, place: ExportPlace) {
  return runExportCheck(contextOf(nights), place);
}

function contextOf({ context }: Nights) {
  return { ...context, log: silentLog };
}
