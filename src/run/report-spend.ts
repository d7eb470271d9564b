import type { BreakdownDimension, DayPrice, DayReconciliation, FamilySpend, SpendShare } from '../derive/bi/spend.ts';
import { addDecimals, formatDecimal, parseDecimal, zero } from '../parse/decimal.ts';
import type { Breakdown, BreakdownRow, DailySpend, Reconciliation, UnitPrice } from '../report/data.ts';

/** The exact sum of decimal texts as PostgreSQL writes them. */
export function sumOf(texts: readonly string[]): string {
  return formatDecimal(texts.reduce((sum, text) => addDecimals(sum, parseDecimal(text) ?? zero), zero));
}

/** As many as have a colour of their own. */
const familiesDrawn = 6;

/** Spend by family as columns of days: the largest families by themselves, the others together. */
export function dailySpend(rows: readonly FamilySpend[], days: readonly string[]): DailySpend {
  const byFamily = Map.groupBy(rows, ({ family }) => family);
  const families = [...byFamily]
    .map(([name, ofFamily]) => ({ name, amount: sumOf(ofFamily.map(({ amount }) => amount)) }))
    .toSorted((a, b) => Number(b.amount) - Number(a.amount) || (a.name < b.name ? -1 : 1));
  // One that is left over alone has a name of its own.
  const drawn = families.length === familiesDrawn + 1 ? families.length : familiesDrawn;
  const others = families.slice(drawn);
  const shown = [
    ...families.slice(0, drawn).map((family, index) => ({ ...family, is_rest: index >= familiesDrawn })),
    ...(others.length === 0
      ? []
      : [{ name: `${others.length} others`, amount: sumOf(others.map(({ amount }) => amount)), is_rest: true }]),
  ];
  const place = new Map(families.map(({ name }, index) => [name, Math.min(index, drawn)]));
  const byDay = Map.groupBy(rows, ({ day }) => day);
  return {
    families: shown,
    days: days.map((day) => {
      const ofDay = byDay.get(day) ?? [];
      const amounts = shown.map((_, index) =>
        sumOf(ofDay.filter(({ family }) => place.get(family) === index).map(({ amount }) => amount)),
      );
      return { total: sumOf(amounts), amounts };
    }),
  };
}

/** As many bars as fit a screen. */
const barsDrawn = 10;

/** One cut of a currency's spend: the largest, the rest, and what is unattributed. */
export function breakdown(dimension: BreakdownDimension, shares: readonly SpendShare[]): Breakdown {
  const named = shares.filter(({ id }) => id !== null);
  const unattributed = shares.filter(({ id }) => id === null);
  const labels = Map.groupBy(named, ({ label }) => label);
  const rows = named.map(
    ({ id, organization, label, amount, previous_amount }): BreakdownRow => ({
      label,
      detail: detailOf({ id, organization }, labels.get(label) ?? []),
      amount,
      previous_amount,
    }),
  );
  // A rest of one is no shorter than the one.
  const drawn = rows.length === barsDrawn + 1 ? rows.length : barsDrawn;
  const rest = rows.slice(drawn);
  return {
    dimension,
    rows: rows.slice(0, drawn),
    rest: rest.length === 0 ? null : { rows: rest, ...sums(rest) },
    unattributed: {
      ...sums(unattributed),
      reasons: unattributed.flatMap(({ reason, amount }) => (reason === null ? [] : [{ reason, amount }])),
    },
  };
}

/** An id is for telling apart what is called the same, and the organization for what has the same id as well. */
function detailOf({ id, organization }: Pick<SpendShare, 'id' | 'organization'>, called: readonly SpendShare[]) {
  if (called.length < 2) return null;
  const isShared = called.filter((one) => one.id === id).length > 1;
  return isShared && organization !== null ? `${id} of ${organization}` : id;
}

function sums(rows: readonly Pick<BreakdownRow, 'amount' | 'previous_amount'>[]) {
  return {
    amount: sumOf(rows.map(({ amount }) => amount)),
    previous_amount: sumOf(rows.map(({ previous_amount }) => previous_amount)),
  };
}

/** Prices by line item and unit, in the order they come in. */
export function unitPrices(rows: readonly DayPrice[], days: readonly string[]): readonly UnitPrice[] {
  return [
    ...Map.groupBy(rows, ({ organization, line_item, unit }) =>
      JSON.stringify([organization, line_item, unit]),
    ).values(),
  ].flatMap((ofItem) => {
    const [first] = ofItem;
    if (first === undefined) return [];
    const byDay = new Map(ofItem.map(({ day, price }) => [day, price]));
    return {
      organization: first.organization,
      line_item: first.line_item,
      unit: first.unit,
      amount: sumOf(ofItem.map(({ amount }) => amount)),
      prices: days.map((day) => byDay.get(day) ?? null),
    };
  });
}

/** The days of one currency in one sum, and those among them that do not add up. */
export function reconciled(rows: readonly DayReconciliation[]): Reconciliation {
  const sum = (part: 'billed' | 'allocated' | 'unattributed' | 'difference') => sumOf(rows.map((row) => row[part]));
  return {
    billed: sum('billed'),
    allocated: sum('allocated'),
    unattributed: sum('unattributed'),
    difference: sum('difference'),
    days: rows
      .filter(({ difference, costs_off }) => Number(difference) !== 0 || costs_off > 0)
      .map(({ day, organization, difference, reason }) => ({ date: day, organization, difference, reason })),
  };
}
