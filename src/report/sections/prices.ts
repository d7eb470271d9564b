import { html } from 'hono/html';
import { sparkline } from '../chart/lines.ts';
import type { CurrencySpend, ReportData, UnitPrice } from '../data.ts';
import { amount, change, type Html, longDay, price, whose } from '../format.ts';
import { type Cell, nothing, section, table } from '../table.ts';

const columns = [
  { title: 'Line item' },
  { title: 'Over time' },
  { title: 'First', kind: 'number' },
  { title: 'Last', kind: 'number' },
  { title: 'Change', kind: 'number' },
  { title: 'Unit' },
  { title: 'Spend', kind: 'number' },
] as const;

/** What a unit of the largest line items really cost, and whether that moved. */
export function priceSection(data: ReportData): Html {
  const note =
    'Billed amount divided by billed quantity, of the largest line items. It moves when the list price does, or the mix of tiers behind a line item.';
  const priced = data.spend.filter(({ prices }) => prices.length > 0);
  const tables = priced.map((spend) => {
    const rows = spend.prices.map((line) => priceRow(line, spend, data));
    const title = data.spend.length > 1 ? html`<h3 class="currency">${spend.currency}</h3>` : '';
    return html`${title}${table(`Effective unit prices in ${spend.currency}`, columns, rows)}`;
  });
  const content = tables.length === 0 ? nothing('No line item came with a quantity.') : tables;
  return section('prices', 'Effective unit prices', tables.length === 0 ? '' : note, content);
}

function priceRow(line: UnitPrice, { currency }: CurrencySpend, data: ReportData): readonly Cell[] {
  const known = line.prices.flatMap((value, index) =>
    value === null ? [] : [{ value, date: data.days[index]?.date ?? '' }],
  );
  const [first, last] = [known[0], known.at(-1)];
  const cell = (point: typeof first): Cell => ({
    content:
      point === undefined
        ? '–'
        : html`<data value="${point.value}" title="${`${point.value} ${currency} on ${longDay(point.date)}`}">${price(point.value, currency)}</data>`,
  });
  const moved = change(last?.value ?? '0', first?.value ?? '0');
  return [
    { content: whose(line.line_item, line.organization, data) },
    { content: sparkline(line.prices.map((value) => (value === null ? null : Number(value)))) },
    cell(first),
    cell(last),
    {
      content: moved,
      ...(Math.abs(Number(last?.value) / Number(first?.value) - 1) > 0.02 ? { tone: 'warn' } : { tone: 'quiet' }),
    },
    { content: line.unit },
    { content: amount(line.amount, currency) },
  ];
}
