import { once } from 'node:events';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { runExport } from '../../src/run/export.ts';
import { silentProgress } from '../../src/run/report.ts';
import { type ExportOutcome, exportOrder } from './messages.ts';

/** A process of its own that exports once, as the program does, and says how long it took and how much memory. */

const [message] = await once(process, 'message');
const { databaseUrl, folder, format } = exportOrder.parse(message);
const store = await openStore({ databaseUrl, dataDir: '', clock: systemClock, log: silentLog });
const startedMs = performance.now();
const report = await runExport(
  { store, clock: systemClock, log: silentLog, progress: silentProgress, signal: new AbortController().signal },
  { kind: 'folder', path: folder },
  { names: ['completions'], format, full: false },
);
const outcome: ExportOutcome = {
  rows: report.rows,
  files: report.streams.reduce((sum, { partitions }) => sum + partitions, 0),
  filesWritten: report.files_written,
  bytes: report.bytes,
  seconds: (performance.now() - startedMs) / 1000,
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
await store.close();
process.send?.(outcome, () => process.exit());
