import { refusalTexts } from '../../run/known-refusals.ts';
import type { DatasetReport, DirectoryReport, ErrorReport, RunReport } from '../../run/report.ts';
import { count, counted, exact, instant, money, moneyChange, through } from '../numbers.ts';
import { printableValue } from '../printable.ts';
import type { Style } from '../style.ts';
import { type TableColumn, table } from '../table.ts';
import { byOrganization } from './by-organization.ts';

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

/** The bill is in costs; costs_by_user is the same money, and stands in only where costs was not read. */
function spend({ datasets, preview }: RunReport, style: Style): readonly string[] {
  const bills = datasets.filter(({ dataset }) => dataset === 'costs');
  const sources = bills.length > 0 ? bills : datasets.filter(({ dataset }) => dataset === 'costs_by_user');
  const severalOrganizations = new Set(sources.map(({ org_id }) => org_id)).size > 1;
  const lines = sources.flatMap(({ org_id, money: amounts }) =>
    amounts.map(({ currency, loaded, moved }) => {
      const whose = severalOrganizations ? ` of ${org_id}` : '';
      const change = `stored total ${preview ? 'would be ' : ''}${moneyChange(moved, currency)}`;
      return `Spend read${whose}: ${style.bold(money(loaded, currency))} · ${change}`;
    }),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

const differencesShown = 10;

/** Whether what was read adds up to what the API itself says. */
function tieOuts({ datasets, differences }: RunReport, style: Style): readonly string[] {
  const made = datasets.flatMap(({ tie_out }) => (tie_out === null ? [] : [tie_out]));
  if (made.length === 0) return [];
  const sum = (of: (one: (typeof made)[number]) => number) => made.reduce((total, one) => total + of(one), 0);
  const compared = `${counted(
    sum(({ sums }) => sums),
    'sum',
  )} of ${counted(
    sum(({ buckets }) => buckets),
    'bucket',
  )}`;
  const nothing = sum(({ sums }) => sums) === 0;
  const verdict = nothing
    ? 'nothing could be compared'
    : differences.length === 0
      ? `${compared} equal`
      : `${style.bad(counted(differences.length, 'difference'))} in ${compared}`;
  const shown = differences
    .slice(0, differencesShown)
    .map(
      (one) =>
        `  ${one.dataset} ${one.bucket_width} ${instant(one.bucket_start)} ${one.measure}: stored ${one.stored === null ? 'nothing' : exact(one.stored)}, reported ${exact(one.reported)}`,
    );
  const rest = differences.length - shown.length;
  const more = rest > 0 ? [`  and ${count(rest)} more: openai_etl.tie_outs`] : [];
  return [
    [
      `Against the API's totals: ${verdict} · ${counted(
        sum(({ requests }) => requests),
        'request',
      )}`,
      ...shown,
      ...more,
    ].join('\n'),
  ];
}

/** Whose the money is, of the days that were split anew. */
function attribution({ cost_splits: splits }: RunReport, style: Style): readonly string[] {
  const lines = splits.flatMap(({ org_id, days, money: amounts }) =>
    amounts.map(({ currency, allocated, unattributed }) => {
      const whose = splits.length > 1 ? ` of ${org_id}` : '';
      const rest = `${money(unattributed, currency)} unattributed`;
      return `Split over users${whose}: ${style.bold(money(allocated, currency))} · ${rest} · ${counted(days, 'day')}`;
    }),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

interface Note {
  readonly subject: string;
  readonly text: string;
  readonly remedy: string | null;
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

/** Names are not numbers: what is missing of them is said, and changes nothing else. */
function nameNotes({ org_id, status, detail, remedy, lists }: DirectoryReport, report: RunReport): readonly Note[] {
  if (status === 'read') return [];
  const missing = lists.flatMap((list) => (list.status === 'read' ? [] : [list.list]));
  const numbers = hasAllNumbers(org_id, report) ? '; numbers are complete' : '';
  const text = `names not read${missing.length === 0 ? '' : ` (${missing.join(', ')})`}${numbers}: ${detail ?? ''}`;
  return [{ subject: org_id, text, remedy }];
}

/** False also where nothing was asked for: then nothing is known of them. */
function hasAllNumbers(org: string, { datasets, errors }: RunReport): boolean {
  const asked = datasets.filter(({ org_id }) => org_id === org);
  const isWhole = asked.every(({ status }) => status === 'ok' || status === 'unavailable');
  return asked.some(({ status }) => status === 'ok') && isWhole && !errors.some(({ org_id }) => org_id === org);
}

function attention(report: RunReport, style: Style): readonly string[] {
  const notes = [
    ...report.errors.map((error) => errorNote(error.org_id, error)),
    ...report.datasets.flatMap((dataset) => notesOf(dataset, report.started_at)),
    ...report.cost_splits.flatMap(({ errors }) => errors.map((error) => errorNote('split of costs', error))),
    ...report.directory.flatMap((names) => nameNotes(names, report)),
  ];
  if (notes.length === 0) return [];
  const lines = grouped(notes).flatMap(({ subject, text, remedy }) => [
    `  ${style.warn('•')} ${style.bold(subject)}: ${printableValue(text)}`,
    ...(remedy === null ? [] : [`    → ${remedy}`]),
  ]);
  return [[style.bold('Needs attention'), ...lines].join('\n')];
}

/** What becomes of the buckets that the API refuses something of. */
const kept = {
  horizon: 'what is stored from before stays and is no longer corrected, what is not stored is missing',
  grouping: 'those buckets are read without it where that can be done, else not at all',
} as const;

/** `startedAt`: a horizon is told in the run that proved it; a dimension that is missing, every time. */
function notesOf(report: DatasetReport, startedAt: string): readonly Note[] {
  const subject = `${report.dataset} ${report.bucket_width}`;
  // An optional endpoint that an organization lacks shows in the table; there is nothing to do about it.
  if (report.status === 'unavailable') return [];
  const notes = report.errors.map((error) => errorNote(subject, error));
  const note = (text: string, remedy: string | null = null) => notes.push({ subject, text, remedy });
  if (report.status === 'busy') note('another run is loading it; skipped', 'Nothing to do, or run again later.');
  const told = report.refusals.filter(({ kind, proved_at }) => kind === 'grouping' || proved_at >= startedAt);
  for (const { kind, text, ask_again_at } of refusalTexts(told))
    note(`${text}: ${kept[kind]}; sync asks again from ${instant(ask_again_at)}`);
  if (report.quarantined > 0) {
    note(
      `${counted(report.quarantined, 'result')} cannot be stored as sent: kept in quarantine, counted nowhere`,
      'Run usage-etl status to see why.',
    );
  }
  if (report.buckets_unanswered > 0) {
    note(
      `${counted(report.buckets_unanswered, 'bucket')} asked for and not answered: what is stored of them stays, and they are read again`,
    );
  }
  for (const text of placeless(report)) note(`received and without a place: ${text}`);
  if (report.amounts_missing > 0) {
    const cost = report.amounts_missing === 1 ? 'cost came' : 'costs came';
    note(
      `${count(report.amounts_missing)} ${cost} without an amount or its currency: stored as unknown, in no sum`,
      'Nothing to do: their days count as incomplete until the API tells the amounts. openai_bi.coverage names them.',
    );
  }
  if (report.tie_out?.detail) note(`not compared with the API's own totals: ${report.tie_out.detail}`);
  if (report.drift.length > 0) note(`the API sends what the catalog does not know: ${report.drift.join(', ')}`);
  if (report.buckets_kept > 0)
    note(`${counted(report.buckets_kept, 'bucket')} left alone: the store holds a finer or newer reading`);
  return notes;
}

function placeless({ without_place: { outside, undated } }: DatasetReport): readonly string[] {
  const told = ({ buckets, results }: typeof outside, where: string) =>
    buckets === 0 ? [] : [`${counted(results, 'result')} in ${counted(buckets, 'bucket')} ${where}`];
  return [...told(outside, 'outside what was asked for'), ...told(undated, 'without a start that can be read')];
}

function errorNote(subject: string, { message, remedy }: ErrorReport): Note {
  const said = `${subject}: `;
  return { subject, text: message.startsWith(said) ? message.slice(said.length) : message, remedy };
}

/** What befell several datasets alike is said once. */
function grouped(notes: readonly Note[]): readonly Note[] {
  const byText = Map.groupBy(notes, ({ text, remedy }) => `${text}\n${remedy ?? ''}`);
  return [...byText.values()].flatMap((alike) => {
    const subject = [...new Set(alike.map((note) => note.subject))].join(', ');
    return alike.slice(0, 1).map((note) => ({ ...note, subject }));
  });
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
