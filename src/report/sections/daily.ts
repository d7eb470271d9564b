import { html } from 'hono/html';
import { bandLegend, isUnknown } from '../chart/frame.ts';
import { stackedDays } from '../chart/stacked-days.ts';
import type { CurrencySpend, ReportData, ReportDay } from '../data.ts';
import { amount, exactly, type Html, money, roughMoney } from '../format.ts';
import { type Cell, nothing, numbersBehind, part, section, table } from '../table.ts';
import { withoutSpend } from './headline.ts';

/** What was spent each day, by model family. */
export function dailySection(data: ReportData): Html {
  if (data.spend.length === 0)
    return section('daily', 'Daily spend by model family', '', nothing(`${withoutSpend(data)}.`));
  const note = 'Billed by the API per UTC day. A shaded day is not final; a hatched one was never read.';
  const charts = data.spend.map((spend) => {
    const chart = dailyChart(spend, data.days);
    return data.spend.length > 1 ? part(spend.currency, chart) : chart;
  });
  return section('daily', 'Daily spend by model family', note, charts);
}

function dailyChart({ daily, currency }: CurrencySpend, days: readonly ReportDay[]): Html {
  const colors = daily.families.map(({ is_rest }, index) => (is_rest ? 'rest' : `c${index}`));
  const chart = stackedDays({
    label: `Spend in ${currency} by day and model family`,
    days,
    stateOf: 'costs',
    tick: (value) => roughMoney(value, currency),
    tellDay: (index) => tellDay(daily, index, currency),
    series: daily.families.map(({ name }, family) => ({
      name,
      color: colors[family] ?? 'rest',
      values: daily.days.map(({ amounts }) => Number(amounts[family] ?? 0)),
    })),
  });
  const legend = daily.families.map(
    ({ name, amount: spent }, family) =>
      html`<li><svg class="swatch" aria-hidden="true"><rect class="${colors[family] ?? ''}" width="100%" height="100%"/></svg>${name} <small>${amount(spent, currency)}</small></li>`,
  );
  return html`<ul class="legend">${legend}${bandLegend(days, 'costs')}</ul>${chart}${numbersBehind('Every day in numbers', dailyTable(daily, days, currency))}
`;
}

function tellDay({ families, days }: CurrencySpend['daily'], index: number, currency: string): string {
  const day = days[index];
  if (day === undefined) return '';
  const lines = families
    .map(({ name }, family) => ({ name, spent: day.amounts[family] ?? '0' }))
    .filter(({ spent }) => Number(spent) !== 0)
    .map(({ name, spent }) => `${name}: ${exactly(spent, currency)}`);
  return [`${money(day.total, currency)} in all, exactly ${exactly(day.total, currency)}`, ...lines].join('\n');
}

function dailyTable({ families, days: amounts }: CurrencySpend['daily'], days: readonly ReportDay[], currency: string) {
  const columns = [
    { title: 'Day' },
    { title: 'Total', kind: 'number' },
    ...families.map(({ name }) => ({ title: name, kind: 'number' }) as const),
    { title: 'State' },
  ] as const;
  const rows = days.map(({ date, costs }, index): readonly Cell[] => {
    const day = amounts[index];
    const numbers = [day?.total, ...families.map((_, family) => day?.amounts[family])];
    const cells = numbers.map((spent): Cell => {
      if (isUnknown(costs) || spent === undefined) return { content: '–', tone: 'quiet' };
      return { content: amount(spent, currency), ...(Number(spent) === 0 ? { tone: 'quiet' } : {}) };
    });
    return [{ content: date }, ...cells, stateCell(costs)];
  });
  return table(`Spend in ${currency} by day`, columns, rows);
}

function stateCell(state: ReportDay['costs']): Cell {
  if (isUnknown(state) || state === 'incomplete') return { content: state, tone: 'bad' };
  return { content: state === 'loaded' ? 'not final' : state, tone: state === 'loaded' ? 'warn' : 'quiet' };
}
