import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cost, DayInputs, Usage, UserCost } from '../../src/allocate/day-inputs.ts';
import { type Part, splitDay } from '../../src/allocate/parts.ts';
import { driving } from '../../src/allocate/sources.ts';
import { addDecimals, formatDecimal, trimmed, zero } from '../../src/parse/decimal.ts';
import { weights } from './parts.ts';

const orNull = <T>(...values: readonly T[]) => fc.constantFrom<T | null>(...values, null);
const amount = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 40 }))
  .map(([coefficient, scale]) => trimmed(coefficient, scale));
const place = {
  projectId: orNull('p1', 'p2'),
  apiKeyId: orNull('k1', 'k2'),
};
const lineItem = orNull(
  'm, input',
  'm, cached input',
  'm-2026-01-01, output',
  'm audio, output',
  'priority | m, input',
  'batch | m, input',
  'decisions | m, input',
  'm',
  'input_tokens',
  'web search tool calls',
  'Image models',
  'nobody knows',
  'Promotional credit',
);
const currency = fc.constantFrom('usd', 'eur');
const userId = orNull('u1', 'u2', 'u3', 'u10');

const cost = fc.record({
  ...place,
  lineItem,
  currency,
  amount: fc.oneof(amount, fc.constant(zero)),
  quantity: fc.option(amount),
  quantityUnit: orNull('tokens', '1000_tokens', 'images', 'gibibyte_hours'),
});
const userCost = fc.record({ ...place, lineItem, currency, userId, amount });
const usageRow = fc.record({
  ...place,
  userId,
  model: orNull('m', 'm-2026-01-01', 'other'),
  batch: fc.constantFrom(true, false, null),
  serviceTier: orNull('priority', 'flex', 'default'),
  counts: fc.array(fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })), { minLength: 14, maxLength: 14 }),
});
const grain = (names: readonly string[]) => fc.subarray([...names]).map((some) => new Set(some));
const filters = fc.option(
  fc
    .record({ project_id: fc.option(fc.subarray(['p1', 'p2'])), api_key_id: fc.option(fc.subarray(['k1', 'k2'])) })
    .map(
      (some) => new Map(Object.entries(some).flatMap(([name, values]) => (values ? [[name, new Set(values)]] : []))),
    ),
);

/** A day of which anything may be missing. */
const anyDay: fc.Arbitrary<DayInputs> = fc
  .record({
    billGrain: grain(['project_id', 'line_item', 'api_key_id']),
    billFilters: filters,
    costs: fc.array(cost, { maxLength: 25 }),
    cut: fc.option(
      fc.record({
        grain: grain(['user_id', 'line_item', 'api_key_id', 'project_id']),
        filters,
        rows: fc.array(userCost),
      }),
    ),
    usage: fc.array(
      fc.record({ grain: grain(['project_id', 'user_id', 'api_key_id', 'batch']), filters, rows: fc.array(usageRow) }),
      {
        minLength: driving.length,
        maxLength: driving.length,
      },
    ),
  })
  .map(({ billGrain, billFilters, costs, cut, usage }) => ({
    bill: {
      grain: billGrain,
      filters: billFilters,
      rows: costs.map((row, index) => ({ ...row, seriesId: `s${index}` })),
    },
    userCut: cut === null ? null : { ...cut, driver: 'cut' },
    usage: driving.map((dataset, index) => ({
      dataset,
      grain: new Set<string>(),
      filters: null,
      rows: [],
      ...usage[index],
    })),
  }));

/** The parts of each cost. */
function byCost(parts: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
  return Map.groupBy(parts, ({ cost: { seriesId } }) => seriesId);
}

const sum = (values: readonly (Cost['amount'] | null)[]) =>
  formatDecimal(values.reduce((total: Cost['amount'], value) => addDecimals(total, value ?? zero), zero));

describe('the split of any day', () => {
  it('gives every cost parts that add up to it, in money and in quantity', () => {
    fc.assert(
      fc.property(anyDay, (inputs) => {
        const parts = byCost(splitDay(inputs, weights));
        for (const one of inputs.bill.rows) {
          const own = parts.get(one.seriesId) ?? [];
          expect(own.length).toBeGreaterThan(0);
          expect(sum(own.map((part) => part.amount))).toBe(formatDecimal(one.amount));
          if (one.quantity === null) expect(own.every(({ quantity }) => quantity === null)).toBe(true);
          else expect(sum(own.map(({ quantity }) => quantity))).toBe(formatDecimal(one.quantity));
        }
        expect(parts.size).toBe(inputs.bill.rows.length);
      }),
    );
  });

  it('gives nobody two parts of a cost, nor one of the other sign, and numbers them from 1', () => {
    fc.assert(
      fc.property(anyDay, (inputs) => {
        for (const own of byCost(splitDay(inputs, weights)).values()) {
          expect(own.map(({ partNo }) => partNo)).toEqual(own.map((_, index) => index + 1));
          expect(new Set(own.map((part) => `${part.userId} ${part.status}`)).size).toBe(own.length);
          for (const part of own) expect(part.amount.coefficient * part.cost.amount.coefficient >= 0n).toBe(true);
        }
      }),
    );
  });

  it('says why whenever a part is nobody’s, and only then', () => {
    fc.assert(
      fc.property(anyDay, (inputs) => {
        for (const { status, reason, userId: user, method, driver } of splitDay(inputs, weights)) {
          expect(reason !== null).toBe(status === 'unattributed');
          if (status === 'unattributed') expect(user).toBeNull();
          expect(driver === null).toBe(method === 'none');
        }
      }),
    );
  });

  it('shares in proportion to what it names: the driver’s quantities add up to its total', () => {
    fc.assert(
      fc.property(anyDay, (inputs) => {
        for (const own of byCost(splitDay(inputs, weights)).values()) {
          const [first] = own;
          if (first?.driverTotal === null || first === undefined) continue;
          expect(sum(own.map(({ driverQuantity }) => driverQuantity))).toBe(formatDecimal(first.driverTotal));
          expect(own.every(({ driverTotal }) => driverTotal === first.driverTotal)).toBe(true);
        }
      }),
    );
  });

  it('does not depend on the order of anything', () => {
    const shuffled = anyDay.chain((inputs) =>
      fc.record({
        inputs: fc.constant(inputs),
        costs: order(inputs.bill.rows),
        userCosts: order(inputs.userCut?.rows ?? []),
        usage: fc.tuple(...inputs.usage.map(({ rows }) => order(rows))),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ inputs, costs, userCosts, usage }) => {
        const other: DayInputs = {
          bill: { ...inputs.bill, rows: costs },
          userCut: inputs.userCut === null ? null : { ...inputs.userCut, rows: userCosts },
          usage: inputs.usage.map((one, index) => ({ ...one, rows: usage[index] ?? [] })),
        };
        expect(new Map(byCost(splitDay(other, weights)))).toEqual(new Map(byCost(splitDay(inputs, weights))));
      }),
    );
  });
});

function order<T extends Cost | UserCost | Usage>(rows: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length });
}
