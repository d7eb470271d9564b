import type { DatasetReport, RunReport } from '../../run/report.ts';
import { count, counted, through } from '../numbers.ts';
import type { Style } from '../style.ts';
import { type TableColumn, table } from '../table.ts';
import { byOrganization } from './by-organization.ts';
import { attribution, spend, tieOuts } from './sync-money.ts';
import { attention } from './sync-notes.ts';

/** What a run came to, for people: the datasets, the money, what needs attention, what to do next. */
export function syncText(report: RunReport, style: Style): string {
  return [outcomeText(report, style), nextStep(report, style)].join('\n\n');
}

/** The same without what to do next. */
export function outcomeText(report: RunReport, style: Style): string {
  const parts = [
    headline(report, style),
    datasetTable(report.datasets, style),
    ...spend(report, style),
    ...tieOuts(report, style),
    ...attribution(report, style),
    ...names(report, style),
    ...attention(report, style),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const statusWords = {
  ok: 'all loaded',
  difference: "all loaded, but sums differ from the API's own totals",
  partial: 'partly loaded',
  failed: 'failed',
  busy: 'busy in another run',
} as const;

function headline(report: RunReport, style: Style): string {
  const seconds = (Date.parse(report.finished_at) - Date.parse(report.started_at)) / 1000;
  const paint =
    report.status === 'ok'
      ? style.good
      : report.status === 'failed' || report.status === 'difference'
        ? style.bad
        : style.warn;
  const preview = report.preview ? ' preview (nothing was written)' : '';
  const requests = counted(report.requests, 'request');
  return `${style.bold(report.command)}${preview}: ${paint(statusWords[report.status])} · ${requests} · ${seconds.toFixed(1)} s`;
}

function datasetTable(datasets: readonly DatasetReport[], style: Style): string {
  if (datasets.length === 0) return '';
  const severalWidths = new Set(datasets.map(({ bucket_width }) => bucket_width)).size > 1;
  const columns: readonly (TableColumn & { cell: (report: DatasetReport) => string; when?: boolean })[] = [
    { title: 'dataset', cell: ({ dataset }) => dataset, shrinksTo: 16 },
    { title: 'width', cell: ({ bucket_width }) => bucket_width, when: severalWidths },
    { title: 'status', cell: ({ status }) => painted(status, style) },
    { title: 'buckets', cell: bucketsCell },
    { title: 'rows', cell: rowsCell },
    { title: 'grain', cell: grainCell, shrinksTo: 5, droppable: true },
    { title: 'data through', cell: (report) => through(report.data_through, report.bucket_width) },
  ];
  const shown = columns.filter(({ when }) => when !== false);
  const legend = style.dim('buckets: read [loaded/unchanged/refused] · rows: +added ~updated −removed');
  const rowsOf = (reports: readonly DatasetReport[]) => reports.map((report) => shown.map(({ cell }) => cell(report)));
  return `${byOrganization(datasets, (reports) => table(shown, rowsOf(reports), style), style)}\n${legend}`;
}

function painted(status: DatasetReport['status'], style: Style): string {
  if (status === 'ok') return style.good(status);
  if (status === 'unavailable') return style.dim(status);
  return status === 'failed' ? style.bad(status) : style.warn(status);
}

function bucketsCell(report: DatasetReport): string {
  const { buckets_loaded: loaded, buckets_unchanged: unchanged, buckets_refused: refused } = report;
  const read = bucketsRead(report);
  return read === 0 ? '–' : `${count(read)} [${count(loaded)}/${count(unchanged)}/${count(refused)}]`;
}

function bucketsRead({ buckets_loaded, buckets_unchanged, buckets_refused }: DatasetReport): number {
  return buckets_loaded + buckets_unchanged + buckets_refused;
}

function rowsCell(report: DatasetReport): string {
  const { rows_inserted: added, rows_updated: updated, rows_deleted: removed } = report;
  if (bucketsRead(report) === 0) return '–';
  return `+${count(added)} ~${count(updated)} −${count(removed)}`;
}

function grainCell(report: DatasetReport): string {
  const { grain, refused_dimensions: refused } = report;
  if (bucketsRead(report) === 0) return '–';
  const wanted = new Set([...grain, ...refused]).size;
  if (refused.length === 0) return `all ${wanted}`;
  // Refused of old buckets alone, it is there in the newest.
  const missing = refused.filter((name) => !grain.includes(name));
  if (missing.length === 0) return `all ${wanted}, in part`;
  return `${grain.length} of ${wanted}, without ${missing.join(', ')}`;
}

/** Who and what the ids belong to, where a list changed. */
function names({ directory }: RunReport, style: Style): readonly string[] {
  const lines = directory.flatMap(({ org_id, added, renamed, removed }) => {
    if (added + renamed + removed === 0) return [];
    const where = directory.length > 1 ? ` of ${org_id}` : '';
    return [`${style.bold(`Names${where}`)}: ${count(added)} new, ${count(renamed)} renamed, ${count(removed)} gone`];
  });
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function nextStep({ status, preview, command }: RunReport, style: Style): string {
  const step = preview
    ? `usage-etl ${command} without --plan writes this`
    : {
        ok: 'usage-etl status shows coverage; usage-etl query "SQL" answers questions; usage-etl verify proves the sums',
        difference:
          'the days above were already read a second time; if usage-etl verify still differs after the next sync, report it',
        partial: 'the next sync reads what is missing; if it stays, usage-etl status says why',
        failed: 'correct the above; usage-etl check tests key, endpoints and database one by one',
        busy: 'run it again when the other run has ended',
      }[status];
  return style.dim(`Next: ${step}`);
}
