import { amountOf, amountText, nothing, plus } from './amount.ts';

/** Adds up amounts by key, exactly; each line is a key and its sum. Sums of 0 are left out. */
export function tallied<T>(
  rows: readonly T[],
  keyOf: (row: T) => readonly (string | null | undefined)[],
  amount: (row: T) => string,
): readonly string[] {
  const sums = new Map<string, ReturnType<typeof amountOf>>();
  for (const row of rows) {
    const key = keyOf(row).map(named).join(' | ');
    sums.set(key, plus(sums.get(key) ?? nothing, amountOf(amount(row))));
  }
  return [...sums].flatMap(([key, sum]) => (sum.units === 0n ? [] : [`${key} = ${amountText(sum)}`]));
}

/** What has no value, by whatever words, is the same to a tally. */
function named(value: string | null | undefined): string {
  return value === null || value === undefined || value === '' || /^\((?:no .*|empty)\)$/.test(value)
    ? '(none)'
    : value;
}
