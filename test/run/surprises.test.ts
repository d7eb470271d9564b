import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights, storedRows } from '../support/nights.ts';

const dayMs = 86_400_000;

describe('what the API sends that its contract does not say', () => {
  let nights: Nights;
  let firstDay: Date;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: [completions, costs], days: 12 });
    firstDay = daysBack(nights, 12);
  });
  afterEach(async () => {
    await nights.close();
  });

  const fault = (then: Fault['then'], dataset = 'completions'): Fault => ({ when: { dataset }, then });
  const rows = async (sql: string) => (await nights.database.pool.query<Record<string, unknown>>(sql)).rows;
  const completionsOf = (report: Awaited<ReturnType<Nights['sync']>>) =>
    report.datasets.find(({ dataset }) => dataset === 'completions');

  it.each<[string, Fault['then']]>([
    ['a bucket continued on the next page is merged', { kind: 'split-bucket' }],
    ['a bucket repeated on the next page counts once', { kind: 'repeat-bucket', values: 'same' }],
    ['two results of one grain are summed', { kind: 'split-results' }],
    ['the order of results means nothing', { kind: 'reorder-results' }],
    ['a bucket outside the slice is ignored', { kind: 'outside-bucket', widths: 2 }],
    ['empty pages with ever-new cursors end at the last bucket', { kind: 'endless-pages' }],
  ])('%s', async (_title, then) => {
    nights.simulator.setFaults([fault(then)]);
    expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0 });
    await expectTruth(nights, completions, '1d', firstDay);
    nights.simulator.setFaults([]);
    const again = await nights.sync();
    expect(completionsOf(again)).toMatchObject({ buckets_loaded: 0 });
  });

  it('reports a bucket outside the slice as drift', async () => {
    nights.simulator.setFaults([fault({ kind: 'outside-bucket', widths: 2 })]);
    const report = await nights.sync();
    expect(completionsOf(report)?.drift).toEqual(['value bucket_outside_slice']);
  });

  it.each<[string, Fault['then'], string, number]>([
    ['a group that comes again with other values', { kind: 'repeat-bucket', values: 'other' }, 'conflicting_repeat', 1],
    ['a bucket off the grid', { kind: 'unaligned-bucket', bucket: 4, seconds: 3600 }, 'unaligned_bucket', 1],
    [
      'a missing required measure',
      { kind: 'remove-field', field: 'output_tokens', buckets: [4] },
      'missing_measure',
      1,
    ],
    [
      'a count that is a string',
      { kind: 'set-field', field: 'input_tokens', json: '"12"', buckets: [4] },
      'wrong_type',
      1,
    ],
    ['a negative count', { kind: 'set-field', field: 'input_tokens', json: '-1', buckets: [4] }, 'negative_count', 1],
    ['a fraction of a count', { kind: 'set-field', field: 'input_tokens', json: '1.5', buckets: [4] }, 'wrong_type', 1],
    [
      'a count beyond bigint',
      { kind: 'set-field', field: 'input_tokens', json: '9223372036854775808', buckets: [4] },
      'out_of_range',
      1,
    ],
    ['a dimension that is a number', { kind: 'set-field', field: 'model', json: '5', buckets: [4] }, 'wrong_type', 1],
    [
      'a text PostgreSQL cannot store',
      { kind: 'set-field', field: 'model', json: '"a\\u0000b"', buckets: [4] },
      'bad_text',
      1,
    ],
  ])(
    'refuses the bucket with %s, keeps what it held, loads the others, and mends it next time',
    async (_title, then, reason, refused) => {
      await nights.sync();
      const held = await storedRows(nights, completions, '1d');
      nights.simulator.setFaults([fault(then)]);
      nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day: daysBack(nights, 2), factor: 2 }]);
      const report = await nights.sync();
      expect(report).toMatchObject({ status: 'partial', exit_code: 3 });
      expect(completionsOf(report)).toMatchObject({ status: 'partial', buckets_refused: refused });
      expect((await storedRows(nights, completions, '1d')).length).toBe(held.length);
      expect(await rows('select reason, raw is not null as kept from openai_etl.quarantine')).toEqual([
        { reason, kept: true },
      ]);
      expect(await rows(`select count(*)::int as n from openai_etl.buckets where status = 'refused'`)).toEqual([
        { n: refused },
      ]);
      nights.simulator.setFaults([]);
      expect(await nights.sync()).toMatchObject({ status: 'ok' });
      await expectTruth(nights, completions, '1d', firstDay);
    },
  );

  it('keeps an unknown field in extra, digit for digit, and reports the drift', async () => {
    nights.simulator.setFaults([
      fault({ kind: 'set-field', field: 'reasoning_score', json: '0.12345678901234567890', buckets: [3] }),
    ]);
    const report = await nights.sync();
    expect(completionsOf(report)).toMatchObject({ status: 'ok', drift: ['field reasoning_score'] });
    const [extra] = await rows(
      `select extra::text as extra, count(*)::int as n from openai.usage_completions where extra is not null group by 1`,
    );
    expect(extra?.['extra']).toBe('{"reasoning_score": 0.12345678901234567890}');
    expect(await rows('select kind, name, seen_count::int as n from openai_etl.drift')).toEqual([
      { kind: 'field', name: 'reasoning_score', n: extra?.['n'] },
    ]);
    await expectTruth(nights, completions, '1d', firstDay);
  });

  it.each([
    ['organization.usage.hologram.result', 'unknown_object'],
    ['organization.usage.embeddings.result', 'other_dataset'],
  ])('quarantines results tagged %s, loads the rest, and says so in the exit code', async (tag, reason) => {
    nights.simulator.setFaults([fault({ kind: 'set-field', field: 'object', json: `"${tag}"`, buckets: [3] })]);
    const report = await nights.sync();
    expect(report).toMatchObject({ exit_code: 3 });
    expect(completionsOf(report)).toMatchObject({ status: 'partial', drift: [`object ${tag}`] });
    expect(completionsOf(report)?.quarantined).toBeGreaterThan(0);
    expect(await rows('select distinct reason from openai_etl.quarantine')).toEqual([{ reason }]);
    const [missing] = await rows(
      `select row_count from openai_etl.buckets where dataset = 'completions' order by bucket_start offset 3 limit 1`,
    );
    expect(missing).toEqual({ row_count: 0 });
    expect(await nights.verify()).toMatchObject({ status: 'partial', exit_code: 3 });
    nights.simulator.setFaults([]);
    expect(await nights.verify()).toMatchObject({ status: 'difference', exit_code: 4 });
  });

  it('counts the same thing in quarantine once, however often it comes', async () => {
    nights.simulator.setFaults([fault({ kind: 'set-field', field: 'input_tokens', json: '-1', buckets: [4] })]);
    await nights.sync();
    await nights.sync();
    expect(await rows('select seen_count from openai_etl.quarantine')).toEqual([{ seen_count: 2 }]);
  });

  it.each([
    ['123.456789012345678901', '123.456789012345678901'],
    ['"0E-6176"', '0'],
    ['1.29e-05', '0.0000129'],
    ['"0.000004500000000000000000000000000000000"', '0.0000045'],
    ['-0.637500000000000000000000000000000001', '-0.637500000000000000000000000000000001'],
    [
      '"123456789012345678901234567890.000000000000000000000000000000000000001"',
      '123456789012345678901234567890.000000000000000000000000000000000000001',
    ],
  ])('stores the amount %s as the same decimal', async (sent, stored) => {
    const amount = `{"value":${sent},"currency":"usd"}`;
    nights.simulator.setFaults([fault({ kind: 'set-field', field: 'amount', json: amount, buckets: [2] }, 'costs')]);
    expect(await nights.sync({ datasets: ['costs'] })).toMatchObject({ status: 'ok' });
    const day = new Date(firstDay.getTime() + 2 * dayMs).toISOString();
    expect(
      await rows(`select distinct amount_value::text as amount from openai.costs where bucket_start = '${day}'`),
    ).toEqual([{ amount: stored }]);
  });

  it.each(['"NaN"', '"1,50"', 'true', '{}'])('refuses the bucket with the amount %s', async (sent) => {
    const amount = `{"value":${sent},"currency":"usd"}`;
    nights.simulator.setFaults([fault({ kind: 'set-field', field: 'amount', json: amount, buckets: [2] }, 'costs')]);
    const report = await nights.sync({ datasets: ['costs'] });
    expect(report).toMatchObject({ exit_code: 3, datasets: [{ buckets_refused: 1 }] });
  });
});
