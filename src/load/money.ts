import { type Dataset, moneyPositions } from '../catalog/dataset.ts';
import { addDecimals, formatDecimal, parseDecimal, subtractDecimals, zero } from '../parse/decimal.ts';
import type { Row } from '../parse/row.ts';

/** Exact decimal strings per currency. */
export type Money = ReadonlyMap<string, string>;

/** The money of rows per currency, as far as both are known; empty for datasets that count none. */
export function moneyOf(dataset: Dataset, rows: readonly Row[]): Money {
  const money = moneyPositions(dataset);
  const totals = new Map<string, string>();
  if (money === null) return totals;
  for (const { series, measures } of rows) {
    const currency = series.values[money.currencyAt];
    const amount = measures[money.amountAt];
    if (typeof currency !== 'string' || amount === null || typeof amount !== 'object') continue;
    totals.set(currency, formatDecimal(addDecimals(decimalOf(totals.get(currency)), amount)));
  }
  return totals;
}

/** `after` - `before`, per currency. */
export function moneyMoved(before: Money, after: Money): Money {
  const currencies = new Set([...before.keys(), ...after.keys()]);
  const difference = (currency: string) =>
    formatDecimal(subtractDecimals(decimalOf(after.get(currency)), decimalOf(before.get(currency))));
  return new Map([...currencies].map((currency) => [currency, difference(currency)]));
}

/** The sum of two, per currency. */
export function addMoney(a: Money, b: Money): Money {
  const currencies = new Set([...a.keys(), ...b.keys()]);
  const sum = (currency: string) => formatDecimal(addDecimals(decimalOf(a.get(currency)), decimalOf(b.get(currency))));
  return new Map([...currencies].map((currency) => [currency, sum(currency)]));
}

function decimalOf(text: string | undefined) {
  return text === undefined ? zero : (parseDecimal(text) ?? zero);
}
