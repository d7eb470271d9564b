import { describe, expect, it } from 'vitest';
import { splitDay } from '../../src/allocate/parts.ts';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import { costs, day, tokens, usageOf } from './day.ts';
import { weightsOf } from './parts.ts';

const published = weightsOf(publishedTierWeights);
const million = (userId: string, serviceTier: string | null, more = {}) => ({
  userId,
  serviceTier,
  ...tokens({ input_uncached: 1_000_000, output: 1_000_000 }),
  ...more,
});

/** Who gets what of each line of $30, and on what estimate. */
function shares(
  lines: readonly string[],
  rows: readonly ReturnType<typeof million>[],
  weights = published,
  grain?: string[],
) {
  const bill = costs(lines.map((lineItem) => ({ lineItem, amount: '30' })));
  const usage = [usageOf('completions', rows, grain)];
  return splitDay(day({ bill, usage }), weights).map(
    ({ userId, reason, amount, estimate, cost }) =>
      `${cost.lineItem}: ${reason ?? userId} ${Number(amount.coefficient) / 10 ** amount.scale}${estimate === null ? '' : ` (${estimate})`}`,
  );
}

const model = 'gpt-6-astra';
const line = `${model}, input`;

describe('a line of the bill without a tier', () => {
  it('gives a fast user twice the share of a standard one, and says that it is an estimate', () => {
    expect(shares([line], [million('fast', 'fast'), million('standard', 'default')])).toEqual([
      `${line}: fast 20 (tier_weights)`,
      `${line}: standard 10 (tier_weights)`,
    ]);
  });

  it.each([
    ['priority', 'gpt-6-astra', 2],
    ['fast', 'gpt-5.5-2026-04-23', 2.5],
    ['fast', 'gpt-5.5-pro', 2],
    ['fast', 'gpt-5-mini-2025-08-07', 1.8],
    ['fast', 'gpt-4.1', 1.75],
    ['fast', 'gpt-4.1-nano', 2],
    ['fast', 'gpt-4o', 1.7],
    ['fast', 'gpt-4o-2024-11-20', 1.7],
    ['fast', 'gpt-4o-2024-05-13', 1.75],
    ['fast', 'gpt-4o-mini-2024-07-18', 1.667],
    ['fast', 'ft:gpt-4o-2024-08-06:acme::id', 1.7],
    ['fast', 'o3-2025-04-16', 1.75],
    ['fast', 'o4-mini', 1.818],
    ['ultrafast', 'gpt-6-astra', 6],
    ['flex', 'gpt-6-astra', 0.5],
    ['scale', 'gpt-6-astra', 1],
    ['a-tier-of-tomorrow', 'gpt-6-astra', 1],
  ])('weighs %s of %s as published', (tier, name, factor) => {
    const of = { model: name };
    const [tiered = ''] = shares(
      [`${name.replace(/^ft:([^:]*):.*$/, 'ft-$1')}, input`],
      [million('a', tier, of), million('b', 'default', of)],
    );
    expect(Number(/ a ([\d.]+)/.exec(tiered)?.[1])).toBeCloseTo((30 * factor) / (1 + factor), 10);
  });

  it.each([
    ['2027-02-28', 3],
    ['2027-03-01', 6],
  ])('weighs ultrafast of gpt-6.2-sol by the day of usage: %s', (on, factor) => {
    const rows = [million('a', 'ultrafast', { model: 'gpt-6.2-sol' }), million('b', null, { model: 'gpt-6.2-sol' })];
    expect(shares(['gpt-6.2-sol, input'], rows, weightsOf(publishedTierWeights, on))[0]).toContain(
      ` a ${(30 * factor) / (1 + factor)}`,
    );
  });

  it('is split by plain counts where all its usage is of one tier, and is then no estimate', () => {
    expect(shares([line], [million('a', 'ultrafast'), million('b', 'ultrafast')])).toEqual([
      `${line}: a 15`,
      `${line}: b 15`,
    ]);
    expect(shares([line], [million('a', 'priority'), million('b', 'fast')])).toEqual([
      `${line}: a 15`,
      `${line}: b 15`,
    ]);
  });

  it('flags scale, whose tokens are prepaid, though it weighs as any other', () => {
    expect(shares([line], [million('a', 'scale'), million('b', 'default')])).toEqual([
      `${line}: a 15 (tier_weights)`,
      `${line}: b 15 (tier_weights)`,
    ]);
  });

  it('bills no usage of a tier that has lines of its own for the model that day', () => {
    for (const tier of ['fast', 'ultrafast', 'flex', 'scale']) {
      expect(shares([line, `${tier} | ${model}, output`], [million('a', tier), million('b', 'default')])).toEqual([
        `${line}: b 30`,
        `${tier} | ${model}, output: a 30`,
      ]);
    }
  });
});

describe('a line of the bill with a tier', () => {
  it('takes priority and fast for one tier, whichever of the names bill and usage use', () => {
    const rows = [million('old', 'priority'), million('new', 'fast'), million('standard', 'default')];
    for (const prefix of ['priority', 'fast', 'Priority']) {
      expect(shares([line, `${prefix} | ${line}`], rows)).toEqual([
        `${line}: standard 30`,
        `${prefix} | ${line}: new 15`,
        `${prefix} | ${line}: old 15`,
      ]);
    }
  });

  it.each(['priority', 'fast', 'ultrafast', 'flex', 'batch', 'scale'])('never falls to standard users: %s', (tier) => {
    expect(shares([line, `${tier} | ${line}`], [million('standard', 'default')])).toEqual([
      `${line}: standard 30`,
      `${tier} | ${line}: no_matching_usage 30`,
    ]);
  });

  it('is an estimate over all usage of the model where usage does not tell tiers, and so is the line beside it', () => {
    const grain = ['project_id', 'user_id', 'api_key_id', 'model'];
    const rows = [million('a', null), million('b', null)];
    expect(shares([line, `ultrafast | ${line}`], rows, published, grain)).toEqual([
      `${line}: a 15 (tier_not_grouped)`,
      `${line}: b 15 (tier_not_grouped)`,
      `ultrafast | ${line}: a 15 (tier_not_grouped)`,
      `ultrafast | ${line}: b 15 (tier_not_grouped)`,
    ]);
    expect(shares([line], rows, published, grain)).toEqual([`${line}: a 15`, `${line}: b 15`]);
  });

  it('may be of a tier that nobody knows, where both the bill and usage name it', () => {
    expect(shares([line, `warp | ${line}`], [million('a', 'warp'), million('b', 'default')])).toEqual([
      `${line}: b 30`,
      `warp | ${line}: a 30`,
    ]);
  });

  it('whose prefix usage does not know is an estimate over all usage of the model', () => {
    expect(shares([`foo | ${line}`], [million('a', 'ultrafast'), million('b', 'default')])).toEqual([
      `foo | ${line}: a 15 (unknown_prefix)`,
      `foo | ${line}: b 15 (unknown_prefix)`,
    ]);
  });

  it('is an estimate where it is about long context, which usage does not tell', () => {
    expect(shares([`priority | ${model}, input, long context`], [million('a', 'fast')])).toEqual([
      `priority | ${model}, input, long context: a 30 (long_context)`,
    ]);
  });

  it('may name no kind: every token of the tier counts', () => {
    expect(
      shares(
        ['flex | gpt-5-mini'],
        [million('a', 'flex', { model: 'gpt-5-mini' }), million('b', null, { model: 'gpt-5-mini' })],
      ),
    ).toEqual(['flex | gpt-5-mini: a 30']);
  });
});

describe('weights of one’s own', () => {
  it('come before the published ones, the first that fits tier, model and day', () => {
    const own = [
      { tier: 'fast', models: 'gpt-6-*', thousandths: 5000, until: '2026-11-30' },
      { tier: 'fast', models: '*', thousandths: 4000 },
      ...publishedTierWeights,
    ];
    const rows = [million('a', 'fast'), million('b', 'default')];
    expect(shares([line], rows, weightsOf(own))[0]).toBe(`${line}: a 25 (tier_weights)`);
    expect(shares([line], rows, weightsOf(own, '2026-12-01'))[0]).toBe(`${line}: a 24 (tier_weights)`);
  });
});
