import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import type { PageEffect, TruthRow } from '../../src/simulator/index.ts';
import { toldBucket } from './buckets.ts';
import type { FaultCase } from './fault-case.ts';
import { lasting } from './strikes.ts';
import { restatedDays, type World } from './world.ts';

const area = 'result';
const day = restatedDays.unsettled;
const buckets = [day];

type Quarantine = NonNullable<FaultCase['quarantine']>;

const start = ({ firstDay }: World) => firstDay.getTime() / 1000 + day * 86_400;
const amountOf = (json: string) => `{"value":${json},"currency":"usd"}`;

/** Results that can be understood all the same. */
function harmless(fault: string, then: PageEffect): FaultCase {
  // PostgreSQL holds no NUL: the name is told without it.
  const drift = then.kind === 'set-field' ? [`field ${then.field.replaceAll('\u0000', '')}`] : [];
  return { ...lasting({ area, fault, then, sees: null }), exit: 0, drift, recovery: 'in the same run' };
}

/** A field of a bucket's results holds something that cannot be typed: the bucket keeps what it held. */
function refusing(
  fault: string,
  field: string,
  json: string,
  quarantine: Quarantine,
  dataset = 'completions',
): FaultCase {
  const then: PageEffect = { kind: 'set-field', field, json, buckets };
  return { ...lasting({ area, fault, then, dataset, sees: null }), quarantine };
}

/** Something untrue that is well-formed: it is believed for a night. */
function believed(
  {
    fault,
    field,
    json,
    dataset,
  }: { fault: string; field: string; json: string; dataset: typeof costs | typeof completions },
  change: (row: TruthRow) => TruthRow | null,
): FaultCase {
  return {
    ...lasting({ area, fault, then: { kind: 'set-field', field, json, buckets }, dataset: dataset.name, sees: null }),
    exit: 0,
    strike: async (world) => {
      world.setFaults([{ when: { dataset: dataset.name }, then: { kind: 'set-field', field, json, buckets } }]);
      return { ...(await world.night()), told: [toldBucket(world, dataset, start(world), change)] };
    },
  };
}

/** Results that belong elsewhere: they go to quarantine, and the bucket holds the others, of which there are none. */
function stray(fault: string, tag: string, quarantine: Quarantine): FaultCase {
  const json = JSON.stringify(tag);
  return {
    ...believed({ fault, field: 'object', json, dataset: completions }, () => null),
    exit: 3,
    drift: [`object ${tag}`],
    quarantine,
  };
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const manyDigits = '123456789'.repeat(50).slice(0, 400);
const maxCount = '9223372036854775807';

const numbers: readonly FaultCase[] = [
  refusing('a count as a string', 'input_tokens', '"12"', 'wrong_type'),
  refusing('a negative count', 'input_tokens', '-1', 'negative_count'),
  refusing('a fraction of a count', 'input_tokens', '1.5', 'wrong_type'),
  refusing('a count beyond bigint', 'input_tokens', '9223372036854775808', 'out_of_range'),
  refusing('a count beyond double', 'input_tokens', '1e400', 'out_of_range'),
  refusing('a count with an exponent of nine digits', 'input_tokens', '1e999999999', 'out_of_range'),
  believed(
    { fault: 'the largest count a bigint holds', field: 'input_tokens', json: maxCount, dataset: completions },
    (row) => ({ ...row, input_tokens: maxCount }),
  ),
  {
    ...refusing('two results of one grain whose sum is beyond bigint', 'input_tokens', maxCount, 'out_of_range'),
    strike: async (world) => {
      const when = { dataset: 'completions' };
      world.setFaults([
        { when, then: { kind: 'split-results', buckets } },
        { when, then: { kind: 'set-field', field: 'input_tokens', json: maxCount, buckets } },
      ]);
      return await world.night();
    },
  },
  believed(
    { fault: 'an amount of 400 digits', field: 'amount', json: amountOf(manyDigits), dataset: costs },
    (row) => ({ ...row, amount_value: manyDigits }),
  ),
  refusing('an amount larger than numeric', 'amount', amountOf('1e200000'), 'bad_decimal', 'costs'),
  refusing('an amount finer than numeric', 'amount', amountOf('1e-20000'), 'bad_decimal', 'costs'),
  refusing('an amount that is no number', 'amount', amountOf('"NaN"'), 'bad_decimal', 'costs'),
  {
    ...refusing('two amounts of one grain whose sum is larger than numeric', 'amount', '', 'out_of_range', 'costs'),
    strike: async (world) => {
      const when = { dataset: 'costs' };
      world.setFaults([
        { when, then: { kind: 'split-results', buckets } },
        { when, then: { kind: 'set-field', field: 'amount', json: amountOf('9e131071'), buckets } },
      ]);
      return await world.night();
    },
  },
];

const types: readonly FaultCase[] = [
  {
    ...lasting({
      area,
      fault: 'a required field missing',
      then: { kind: 'remove-field', field: 'output_tokens', buckets },
      sees: null,
    }),
    quarantine: 'missing_measure',
  },
  refusing('a required field that is null', 'output_tokens', 'null', 'missing_measure'),
  refusing('an object in place of a count', 'output_tokens', '{"value":1}', 'wrong_type'),
  refusing('a dimension that is a number', 'model', '5', 'wrong_type'),
  refusing('a flag that is a string', 'batch', '"true"', 'wrong_type'),
  refusing('an amount without its object', 'amount', '"1.50"', 'wrong_type', 'costs'),
  refusing('a null byte in a dimension', 'model', '"a\\u0000b"', 'bad_text'),
  refusing('a lone surrogate in a dimension', 'model', '"a\\ud800b"', 'bad_text'),
];

const unknown: readonly FaultCase[] = [
  stray('results tagged with an object nobody knows', 'organization.usage.hologram.result', 'unknown_object'),
  stray('results of another dataset', 'organization.usage.embeddings.result', 'other_dataset'),
  harmless('an unknown field', { kind: 'set-field', field: 'reasoning_score', json: '0.1234567890123456789', buckets }),
  harmless('an unknown field with null bytes and lone surrogates', {
    kind: 'set-field',
    field: 'no\u0000te',
    json: '"a\\u0000b\\ud800"',
    buckets,
  }),
  harmless('a field called __proto__', {
    kind: 'set-field',
    field: '__proto__',
    json: '{"model":"polluted","toString":1}',
    buckets,
  }),
  harmless('an unknown field with a number beyond numeric', {
    kind: 'set-field',
    field: 'x',
    json: '1e999999',
    buckets,
  }),
  harmless('an unknown field nested a thousand deep', {
    kind: 'set-field',
    field: 'deep',
    json: nested(1000),
    buckets,
  }),
  lasting({
    area,
    fault: 'an unknown field nested a hundred thousand deep',
    then: { kind: 'set-field', field: 'deep', json: nested(100_000), buckets },
    sees: { code: 'contract_broken', says: 'nested too deeply' },
  }),
  {
    ...refusing(
      'a negative count beside a field nested a hundred thousand deep',
      'input_tokens',
      '-1',
      'negative_count',
    ),
    strike: (world) => {
      const when = { dataset: 'completions' };
      world.setFaults([
        { when, then: { kind: 'set-field', field: 'deep', json: nested(100_000), buckets } },
        { when, then: { kind: 'set-field', field: 'input_tokens', json: '-1', buckets } },
      ]);
      return world.night();
    },
  },
];

/** Results that are not what the contract says. */
export const resultFaults: readonly FaultCase[] = [
  harmless('results in another order', { kind: 'reorder-results' }),
  harmless('every grain twice, to be summed', { kind: 'split-results' }),
  ...numbers,
  ...types,
  ...unknown,
];
