import { refusalTexts } from '../../run/known-refusals.ts';
import type {
  AlertStatus,
  DatasetStatus,
  DirectoryStatus,
  StatusReport,
  TieOutStatus,
} from '../../run/status-report.ts';
import { ago, count, counted, exact, instant, through } from '../numbers.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { byOrganization } from './by-organization.ts';

const gapsShown = 3;

/** What is stored, how fresh it is and what is missing, for people. */
export function statusText(report: StatusReport, style: Style): string {
  const parts = [
    headline(report, style),
    alerts(report, style),
    notices(report, style),
    coverage(report, style),
    gaps(report, style),
    incomplete(report, style),
    tieOuts(report, style),
    capabilities(report, style),
    names(report, style),
    quarantine(report, style),
    drift(report, style),
    runs(report, style),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(title: string, body: string, style: Style): string {
  return body === '' ? '' : `${style.bold(title)}\n${body}`;
}

function headline({ database, datasets }: StatusReport, style: Style): string {
  const megabytes = count(Math.ceil(database.size_bytes / 1_000_000));
  const rows = count(datasets.reduce((sum, one) => sum + one.rows, 0));
  const where = database.embedded ? 'embedded PostgreSQL' : 'PostgreSQL';
  return `${style.bold(`${rows} rows`)} in ${where} ${database.server_version}, ${megabytes} MB`;
}

function alerts(report: StatusReport, style: Style): string {
  const listOf = (all: readonly AlertStatus[]) => all.map((one) => alertLines(one, style)).join('\n');
  const body = byOrganization(report.alerts, listOf, style);
  return section('Needs a person', [body, undelivered(report, style)].filter((part) => part !== '').join('\n'), style);
}

function alertLines({ severity, summary, detail, remedy, opened_at }: AlertStatus, style: Style): string {
  const paint = severity === 'critical' ? style.bad : style.warn;
  return `  ${paint(severity)} since ${instant(opened_at)}: ${summary}\n    ${detail}\n    → ${remedy}`;
}

function undelivered({ undelivered: { waiting, given_up, last_error } }: StatusReport, style: Style): string {
  if (waiting + given_up === 0) return '';
  const counts = [
    ...(waiting > 0 ? [`${counted(waiting, 'message')} to be sent again`] : []),
    ...(given_up > 0 ? [`${counted(given_up, 'message')} given up`] : []),
  ];
  return `  ${style.warn('the webhook')}: ${counts.join(', ')} (${last_error ?? ''}); usage-etl check --webhook tries it`;
}

function notices(report: StatusReport, style: Style): string {
  const lineOf = ({ opened_at, summary, detail }: AlertStatus) => `  ${instant(opened_at)}: ${summary}; ${detail}`;
  const listOf = (all: readonly AlertStatus[]) => all.map(lineOf).join('\n');
  return section('To be known, of the last 7 days', byOrganization(report.notices, listOf, style), style);
}

function coverage(report: StatusReport, style: Style): string {
  // A column that is all zeros on all but the worst days would only make the others narrower.
  const someUnanswered = report.datasets.some(({ buckets_unanswered }) => buckets_unanswered > 0);
  const columns = [
    { title: 'dataset', shrinksTo: 16 },
    { title: '' },
    { title: 'from', droppable: true },
    { title: 'through' },
    { title: 'loaded', align: 'right' },
    { title: 'missing', align: 'right' },
    { title: 'refused', align: 'right' },
    ...(someUnanswered ? [{ title: 'unanswered', align: 'right' } as const] : []),
    { title: 'unsettled', align: 'right' },
    { title: 'read', shrinksTo: 6 },
  ] as const;
  const now = new Date(report.checked_at);
  const rowOf = (one: DatasetStatus) => [
    one.dataset,
    one.bucket_width,
    instant(one.from).slice(0, 10),
    through(one.through, one.bucket_width),
    count(one.buckets_loaded),
    one.buckets_missing > 0 ? style.warn(count(one.buckets_missing)) : '0',
    one.buckets_refused > 0 ? style.bad(count(one.buckets_refused)) : '0',
    ...(someUnanswered ? [one.buckets_unanswered > 0 ? style.bad(count(one.buckets_unanswered)) : '0'] : []),
    count(one.buckets_unsettled),
    one.last_read_at === null ? neverRead(one) : ago(one.last_read_at, now),
  ];
  const tableOf = (statuses: readonly DatasetStatus[]) => table(columns, statuses.map(rowOf), style);
  return section('Coverage, in buckets', byOrganization(report.datasets, tableOf, style), style);
}

function neverRead({ capability, configured }: DatasetStatus): string {
  if (!configured) return 'not configured';
  return capability === 'unavailable' ? 'unavailable' : 'never';
}

function gaps({ datasets }: StatusReport, style: Style): string {
  const broken = datasets.filter(({ gap_count, buckets_loaded }) => gap_count > 0 && buckets_loaded > 0);
  const listOf = (statuses: readonly DatasetStatus[]) => statuses.map(gapLine).join('\n');
  return section('Gaps: never read, sync reads them next', byOrganization(broken, listOf, style), style);
}

function incomplete({ datasets }: StatusReport, style: Style): string {
  const lacking = datasets.filter(({ days_incomplete }) => days_incomplete > 0);
  const lineOf = ({ dataset, days_incomplete, amounts_missing }: DatasetStatus) =>
    `  ${dataset}: ${counted(days_incomplete, 'day')}, ${count(amounts_missing)} without an amount or its currency`;
  const listOf = (statuses: readonly DatasetStatus[]) => statuses.map(lineOf).join('\n');
  return section('Incomplete: the API told no amount', byOrganization(lacking, listOf, style), style);
}

function gapLine({ dataset, bucket_width, gaps: stretches, gap_count }: DatasetStatus): string {
  const shown = stretches
    .slice(0, gapsShown)
    .map(({ from, to, buckets }) => `${instant(from)} to ${instant(to)} (${count(buckets)})`);
  const rest = gap_count - shown.length;
  return `  ${dataset} ${bucket_width}: ${shown.join(', ')}${rest > 0 ? `, and ${count(rest)} more` : ''}`;
}

function tieOuts({ tie_outs, checked_at }: StatusReport, style: Style): string {
  const now = new Date(checked_at);
  const listOf = (all: readonly TieOutStatus[]) => tieOutLines(all, now, style).join('\n');
  return section("Against the API's own totals", byOrganization(tie_outs, listOf, style), style);
}

function tieOutLines(all: readonly TieOutStatus[], now: Date, style: Style): readonly string[] {
  const newest = all
    .map(({ checked_at }) => checked_at)
    .toSorted()
    .at(-1);
  const differing = all.filter(({ disagreeing }) => disagreeing > 0);
  const sums = all.reduce((sum, { buckets }) => sum + buckets, 0);
  if (newest === undefined) return [];
  return [
    `  ${counted(sums, 'sum')} compared, the last ${ago(newest, now)}${differing.length === 0 ? ': all equal' : ''}`,
    ...differing.map(
      ({ dataset, measure, disagreeing, difference }) =>
        `  ${style.bad(dataset)}: ${measure} differs in ${counted(disagreeing, 'bucket')}, by ${exact(difference)} in all`,
    ),
  ];
}

function capabilities({ datasets }: StatusReport, style: Style): string {
  const less = datasets.filter(
    ({ capability, refusals }) => capability === 'reduced' || capability === 'unavailable' || refusals.length > 0,
  );
  const listOf = (statuses: readonly DatasetStatus[]) => [...new Set(statuses.flatMap(capabilityLines))].join('\n');
  return section('What the API grants less of', byOrganization(less, listOf, style), style);
}

function capabilityLines(status: DatasetStatus): readonly string[] {
  const { dataset, bucket_width, capability, detail, refusals, capability_since: since, remedy } = status;
  const when = since === null || capability === 'available' ? '' : ` since ${instant(since)}`;
  const why = detail === null || refusals.length > 0 ? '' : ` – ${detail}`;
  const granted = `  ${dataset}: ${capability}${when}${why}${remedy === null ? '' : `\n    → ${remedy}`}`;
  return [
    ...(capability === 'available' ? [] : [granted]),
    ...refusalTexts(refusals).map(
      ({ text, ask_again_at }) => `  ${dataset} ${bucket_width}: ${text}, asked again from ${instant(ask_again_at)}`,
    ),
  ];
}

function names({ directory, checked_at }: StatusReport, style: Style): string {
  const now = new Date(checked_at);
  const listOf = (all: readonly DirectoryStatus[]) => all.flatMap((one) => nameLines(one, now, style)).join('\n');
  return section('Names', byOrganization(directory, listOf, style), style);
}

function nameLines({ lists, tried_at, remedy }: DirectoryStatus, now: Date, style: Style): readonly string[] {
  const read = lists.filter(({ status }) => status === 'read').map(({ list, entries }) => `${count(entries)} ${list}`);
  const missed = lists.filter(({ status }) => status !== 'read');
  return [
    `  ${read.length === 0 ? 'none read' : read.join(', ')}; last asked for ${ago(tried_at, now)}`,
    ...missed.map(({ list, status, detail }) => `  ${style.warn(list)}: ${status} – ${detail ?? ''}`),
    ...(remedy === null ? [] : [`    → ${remedy}`]),
  ];
}

function quarantine(report: StatusReport, style: Style): string {
  const lines = report.quarantine.map(
    ({ dataset, reason, entries, detail, last_seen_at }) =>
      `  ${dataset}: ${counted(entries, 'result')} ${reason}, last ${instant(last_seen_at)} – ${detail}`,
  );
  return section('Quarantine (openai_etl.quarantine)', lines.join('\n'), style);
}

function drift(report: StatusReport, style: Style): string {
  const lines = report.drift.map(
    ({ dataset, kind, name, seen_count, last_seen_at }) =>
      `  ${dataset}: ${kind} ${name}, seen ${count(seen_count)} times, last ${instant(last_seen_at)}`,
  );
  return section('Drift: what the catalog does not know yet', lines.join('\n'), style);
}

function runs(report: StatusReport, style: Style): string {
  if (report.runs.length === 0) return '';
  const columns = [
    { title: 'run', align: 'right' },
    { title: 'command' },
    { title: 'organization', shrinksTo: 7 },
    { title: 'status' },
    { title: 'started' },
    { title: 'requests', align: 'right' },
    { title: 'rows' },
    ...(report.runs.some(({ error }) => error !== null) ? [{ title: 'error', shrinksTo: 8 }] : []),
  ] as const;
  const rows = report.runs.map((run) => [
    String(run.run_id),
    run.command,
    run.org_id,
    run.status === 'ok' ? style.good(run.status) : style.warn(run.status),
    instant(run.started_at),
    count(run.requests),
    `+${count(run.rows_inserted)} ~${count(run.rows_updated)} −${count(run.rows_deleted)}`,
    run.error?.split('\n')[0] ?? '',
  ]);
  return section('Last runs', table(columns, rows, style), style);
}
