import { html } from 'hono/html';
import type { DayState, Freshness, Reconciliation, ReportData } from '../data.ts';
import { amount, type Html, instant, longDay, things, whose } from '../format.ts';
import { type Cell, nothing, numbersBehind, section, table } from '../table.ts';
import { withoutSpend } from './headline.ts';

/** How far each dataset is loaded, and how fresh it is. */
export function freshnessSection({ freshness, organizations }: ReportData): Html {
  const several = organizations.length > 1;
  const rows = freshness.map((one): readonly Cell[] => [
    { content: `${several ? `${one.organization} · ` : ''}${one.dataset} ${one.width}` },
    { content: one.status, tone: tones[one.status] ?? 'warn' },
    { content: instant(one.data_through) },
    { content: instant(one.final_through) },
    { content: instant(one.last_success_at) },
    {
      content: coverage(one),
      ...(one.days.missing + one.days.refused + one.days.incomplete > 0 ? { tone: 'bad' } : {}),
    },
  ]);
  const columns = ['Dataset', 'Status', 'Loaded through', 'Final through', 'Last read', 'Days of the period'].map(
    (title) => ({
      title,
    }),
  );
  const content = rows.length === 0 ? nothing('Nothing is loaded.') : table('Freshness', columns, rows);
  return section('freshness', 'Freshness', rows.length === 0 ? '' : 'All times are UTC.', content);
}

const tones: Readonly<Record<string, 'good' | 'bad' | 'warn' | 'quiet'>> = {
  fresh: 'good',
  ok: 'good',
  late: 'warn',
  stale: 'bad',
  unavailable: 'quiet',
};

const stateOrder: readonly DayState[] = ['final', 'loaded', 'empty', 'incomplete', 'missing', 'refused'];
const stateNames: Readonly<Record<DayState, string>> = {
  final: 'final',
  loaded: 'not final',
  empty: 'empty',
  incomplete: 'incomplete',
  missing: 'missing',
  refused: 'refused',
};

function coverage({ days }: Freshness): string {
  const parts = stateOrder.filter((state) => days[state] > 0).map((state) => `${days[state]} ${stateNames[state]}`);
  return parts.length === 0 ? '–' : parts.join(' · ');
}

/** Differences of two organizations may make none in all. */
function isWhole({ difference, days }: Reconciliation): boolean {
  return Number(difference) === 0 && days.length === 0;
}

/** Billed = allocated + unattributed, shown and not claimed. */
export function reconciliationSection(data: ReportData): Html {
  const { spend } = data;
  if (spend.length === 0) return section('reconciliation', 'Reconciliation', '', nothing(`${withoutSpend(data)}.`));
  const whole = spend.every(({ reconciliation }) => isWhole(reconciliation));
  const note = whole
    ? 'Every amount billed is split over who caused it, or is listed as unattributed; the parts add up to the bill to the last digit.'
    : 'The parts do not add up to the bill. Run usage-etl sync to split the days named below.';
  const rows = spend.map(({ currency, reconciliation }): readonly Cell[] => {
    const { billed, allocated, unattributed, difference } = reconciliation;
    return [
      { content: currency },
      { content: amount(billed, currency) },
      { content: amount(allocated, currency) },
      { content: amount(unattributed, currency) },
      isWhole(reconciliation)
        ? { content: html`<data value="0">0, exactly</data>`, tone: 'good' }
        : { content: amount(difference, currency), tone: 'bad' },
    ];
  });
  const columns = [
    { title: 'Currency' },
    { title: 'Billed', kind: 'number' },
    { title: 'Allocated to users', kind: 'number' },
    { title: 'Unattributed', kind: 'number' },
    { title: 'Difference', kind: 'number' },
  ] as const;
  return section(
    'reconciliation',
    'Reconciliation',
    note,
    html`${table('Reconciliation', columns, rows)}${differences(data)}`,
  );
}

function differences(data: ReportData): Html | string {
  const rows = data.spend.flatMap(({ currency, reconciliation }) =>
    reconciliation.days.map(({ date, organization, difference, reason }): readonly Cell[] => [
      { content: whose(longDay(date), organization, data) },
      { content: amount(difference, currency), tone: 'bad' },
      { content: reason ?? '–' },
    ]),
  );
  if (rows.length === 0) return '';
  const columns = [{ title: 'Day' }, { title: 'Difference', kind: 'number' }, { title: 'Why', kind: 'wide' }] as const;
  return table('Days with a difference', columns, rows);
}

const restatementsShown = 8;

/** What the provider has changed after it was first read, in money. */
export function restatementSection({ restatements }: ReportData): Html {
  const title = 'Restatements in money';
  if (restatements.length === 0) {
    return section('restatements', title, '', nothing('No amount is known to have changed after it was first read.'));
  }
  const rows = restatements.map(
    ({ currency, day, observed_at, amounts, change, billed, billed_before }): readonly Cell[] => [
      { content: longDay(day) },
      { content: html`${amount(change, currency)}` },
      { content: amount(billed_before, currency) },
      { content: amount(billed, currency) },
      { content: things(amounts, 'amount') },
      { content: instant(observed_at) },
    ],
  );
  const columns = [
    { title: 'Day' },
    { title: 'Change', kind: 'number' },
    { title: 'Billed before', kind: 'number' },
    { title: 'Billed now', kind: 'number' },
    { title: 'Changed' },
    { title: 'Seen last' },
  ] as const;
  const [shown, folded] = [rows.slice(0, restatementsShown), rows.slice(restatementsShown)];
  const rest =
    folded.length === 0
      ? ''
      : numbersBehind(things(folded.length, 'earlier day'), table('Earlier restatements', columns, folded));
  const note = 'Days whose bill changed after they had been read; what is above has the changes in it.';
  return section('restatements', title, note, html`${table(title, columns, shown)}${rest}`);
}
