import { html } from 'hono/html';
import { type Bar, barList } from '../chart/bar-list.ts';
import type { ReportData } from '../data.ts';
import { amount, type Html, longDay, percent, things, whose } from '../format.ts';
import { type Cell, nothing, numbersBehind, section, table } from '../table.ts';

/** How each budget stands. The bar is what is spent of it. */
export function budgetSection(data: ReportData): Html {
  const { budgets } = data;
  if (budgets.length === 0) return section('budgets', 'Budgets', '', nothing('No budget covers this month.'));
  const bars = budgets.map((budget): Bar => {
    const { name, scope, period, currency, percent: used, forecast, state } = budget;
    return {
      label: name,
      detail: html`${whose(scope, budget.organization, data)} · ${period} · <span class="${stateTones[state] ?? 'warn'}">${state.replaceAll('_', ' ')}</span>`,
      value: Math.min(100, Number(used ?? 0)),
      cells: [
        amount(budget.spent, currency),
        used === null ? '–' : percent(Number(used) / 100),
        amount(budget.budget, currency),
        forecast === null ? '–' : html`≈ ${amount(forecast, currency)}`,
      ],
      kind: Number(used ?? 0) > 100 ? 'over' : 'named',
    };
  });
  const columns = ['Budget', 'Spent', 'Used', 'Of', 'Forecast'];
  return section('budgets', 'Budgets', '', barList('Budgets', columns, bars, 100));
}

const stateTones: Readonly<Record<string, string>> = { ok: 'good', warning: 'warn', exceeded: 'bad' };

/** Days that cost more than their past explains. */
export function anomalySection(data: ReportData): Html {
  const { anomalies } = data;
  if (anomalies.length === 0) {
    return section('anomalies', 'Anomalies', '', nothing('No day of this period stands out.'));
  }
  const rows = anomalies.map(
    ({ day, organization, scope, label, currency, amount: spent, usual, reason }): readonly Cell[] => [
      { content: longDay(day) },
      { content: html`${label} <small>${whose(scope, organization, data)}</small>` },
      { content: amount(spent, currency) },
      { content: usual === null ? '–' : amount(usual, currency) },
      { content: reason },
    ],
  );
  const columns = [
    { title: 'Day' },
    { title: 'What' },
    { title: 'Spend', kind: 'number' },
    { title: 'Usual', kind: 'number' },
    { title: 'Why', kind: 'wide' },
  ] as const;
  const [shown, folded] = [rows.slice(0, anomaliesShown), rows.slice(anomaliesShown)];
  const rest =
    folded.length === 0
      ? ''
      : numbersBehind(things(folded.length, 'earlier one'), table('Earlier anomalies', columns, folded));
  const note = 'Days that cost more than the four weeks before explain. One cause can show in several lines.';
  return section('anomalies', 'Anomalies', note, html`${table('Anomalies', columns, shown)}${rest}`);
}

const anomaliesShown = 8;

/** Money whose line item the parser does not understand. */
export function unparsedSection({ unparsed }: ReportData): Html | string {
  if (unparsed.length === 0) return '';
  const rows = unparsed.map(({ line_item, currency, amount: spent }): readonly Cell[] => [
    { content: line_item },
    { content: amount(spent, currency) },
  ]);
  const columns = [{ title: 'Line item' }, { title: 'Spend', kind: 'number' }] as const;
  const note = 'They are in every sum, under no model; a newer version of usage-etl may read them.';
  return section('unparsed', 'Line items not understood', note, table('Line items not understood', columns, rows));
}
