import { html } from 'hono/html';
import { isUnknown } from '../chart/frame.ts';
import type { CurrencySpend, ReportData } from '../data.ts';
import { amount, change, daySpan, type Html, longDay, money, monthOf, percent, ratioOf, things } from '../format.ts';

/** The answer in a sentence: what was spent. The last currency is the smallest. */
export function headlineText(data: ReportData): string {
  const { spend, period } = data;
  const span = daySpan(period.from, period.to);
  if (spend.length === 0) return `${withoutSpend(data)}, ${span}`;
  const amounts = spend.map(({ amount: spent, currency }) => money(spent, currency));
  const last = amounts.at(-1) ?? '';
  return `${amounts.length === 1 ? last : `${amounts.slice(0, -1).join(', ')} and ${last}`}, ${span}`;
}

/** What was spent, how that compares, what the month will come to, and what may still change. */
export function headline(data: ReportData): Html {
  const { organizations, spend, period } = data;
  const whose = organizations.length === 0 ? '' : html`<p class="whose">${organizations.join(', ')}</p>`;
  return html`<div class="headline">${whose}<h1>${headlineAmounts(data)}</h1><p class="span">${daySpan(period.from, period.to)} · ${things(data.days.length, 'UTC day')}</p></div>
${attention(data)}${spend.map((one) => facts(one, data))}`;
}

/** What to say where there is no money: a bill of nothing is known, one that was never read is not. */
export function withoutSpend({ days }: ReportData): string {
  return days.every(({ costs }) => isUnknown(costs)) ? 'No costs are loaded' : 'Nothing was billed';
}

function headlineAmounts(data: ReportData): Html {
  const { spend } = data;
  if (spend.length === 0) return html`${withoutSpend(data)}`;
  return html`${spend.map(
    ({ amount: spent, currency }, index) =>
      html`${index > 0 ? html`<span class="plus">and</span> ` : ''}${amount(spent, currency)} `,
  )}`;
}

interface Fact {
  readonly title: string;
  readonly value: Html | string;
  readonly note: Html | string;
}

function facts(spend: CurrencySpend, data: ReportData): Html {
  const shown = [
    comparison(spend, data),
    monthToDate(spend),
    forecast(spend),
    notFinal(spend, data),
    unattributed(spend),
  ];
  const title = data.spend.length > 1 ? html`<h2 class="currency">${spend.currency}</h2>` : '';
  return html`${title}<dl class="facts">${shown.map(
    (fact) => html`<div><dt>${fact.title}</dt><dd>${fact.value}<small>${fact.note}</small></dd></div>`,
  )}</dl>
`;
}

function comparison({ amount: now, previous_amount: before, currency }: CurrencySpend, data: ReportData): Fact {
  const { from, to, days_missing } = data.previous;
  const title =
    data.days.length === 1 ? 'Against the day before' : `Against the ${things(data.days.length, 'day')} before`;
  if (!isComparable(data)) {
    return { title, value: '–', note: `${daySpan(from, to)} is not loaded` };
  }
  const gap = days_missing === 0 ? '' : `, ${things(days_missing, 'day')} of it not loaded`;
  return {
    title,
    value: change(now, before ?? '0'),
    note: html`${amount(before ?? '0', currency)}, ${daySpan(from, to)}${gap}`,
  };
}

function monthToDate({ month, currency }: CurrencySpend): Fact {
  if (month === null) return { title: 'Month so far', value: '–', note: 'nothing billed' };
  const name = `${monthOf(`${month.month}-01`)} ${month.month.slice(0, 4)}`;
  if (month.is_over) return { title: name, value: amount(month.amount, currency), note: 'the whole month' };
  return { title: 'Month so far', value: amount(month.amount, currency), note: `${name}, all that is loaded` };
}

function forecast({ month, currency }: CurrencySpend): Fact {
  const title = 'Forecast to month end';
  if (month === null || month.forecast === null) return { title, value: '–', note: 'too few final days to tell' };
  const note = month.is_over ? 'when every day is final' : 'by the usual cost of each weekday';
  return { title, value: html`≈ ${amount(month.forecast, currency)}`, note };
}

function notFinal({ amount_not_final, currency }: CurrencySpend, { days }: ReportData): Fact {
  const open = days.filter(({ costs }) => costs === 'loaded' || costs === 'incomplete');
  const title = 'Not final yet';
  const [first, last] = [open[0], open.at(-1)];
  if (first === undefined || last === undefined)
    return { title, value: 'nothing', note: 'every loaded day is settled' };
  const since = first === last ? longDay(first.date) : `${things(open.length, 'day')} since ${longDay(first.date)}`;
  return { title, value: amount(amount_not_final, currency), note: since };
}

function unattributed({ reconciliation, currency }: CurrencySpend): Fact {
  const { billed, unattributed: rest } = reconciliation;
  return {
    title: 'Attributed to users',
    value: percent(ratioOf(reconciliation.allocated, billed)),
    note: html`${amount(rest, currency)} unattributed`,
  };
}

/** False where nothing of the period before is known: what was not read is not new. */
export function isComparable({ previous, days }: ReportData): boolean {
  return previous.days_missing < days.length;
}

/** What the numbers below must not be read without. */
function attention(data: ReportData): Html {
  const missing = data.days.filter(({ costs }) => costs === 'missing');
  const refused = data.days.filter(({ costs }) => costs === 'refused');
  const incomplete = data.days.filter(({ costs }) => costs === 'incomplete');
  const off = data.spend.filter(({ reconciliation }) => Number(reconciliation.difference) !== 0);
  const items = [
    ...(missing.length === data.days.length
      ? [
          html`Nothing is known of this period. Run <code>usage-etl sync</code>, or choose another with --from and --to.`,
        ]
      : missing.length > 0
        ? [
            html`<b>${things(missing.length, 'day')} of costs missing.</b> ${runsOf(missing.map(({ date }) => date))}: never read, and in no sum below.`,
          ]
        : []),
    ...(refused.length > 0
      ? [
          html`<b>${things(refused.length, 'day')} of costs refused.</b> ${runsOf(refused.map(({ date }) => date))}: see usage-etl status.`,
        ]
      : []),
    ...(incomplete.length > 0
      ? [
          html`<b>${things(incomplete.length, 'day')} of costs incomplete.</b> ${runsOf(incomplete.map(({ date }) => date))}: the API told no amount of some costs, which are in no sum below.`,
        ]
      : []),
    ...off.map(
      ({ currency, reconciliation: { difference } }) =>
        html`<b>${amount(difference, currency)} of the bill is in no part.</b> See the reconciliation below.`,
    ),
  ];
  return items.length === 0
    ? html``
    : html`<ul class="items">${items.map((item) => html`<li>${item}</li>`)}</ul>
`;
}

const dayMs = 86_400_000;
const runsShown = 4;

/** Dates as runs of days in words. */
function runsOf(dates: readonly string[]): string {
  const starts = dates.filter((_, index) => index === 0 || gapBefore(dates, index));
  const runs = starts.map((start) => {
    const from = dates.indexOf(start);
    const next = dates.findIndex((_, index) => index > from && gapBefore(dates, index));
    const last = dates[(next === -1 ? dates.length : next) - 1] ?? start;
    return last === start ? longDay(start) : `${longDay(start)} – ${longDay(last)}`;
  });
  const more = runs.length - runsShown;
  return `${runs.slice(0, runsShown).join(', ')}${more > 0 ? ` and ${things(more, 'more stretch', 'more stretches')}` : ''}`;
}

function gapBefore(dates: readonly string[], index: number): boolean {
  const [before, here] = [dates[index - 1], dates[index]];
  if (before === undefined || here === undefined) return false;
  return new Date(here).getTime() - new Date(before).getTime() > dayMs;
}
