import { afterEach, describe, expect, it } from 'vitest';
import { methodVersion } from '../../src/allocate/method.ts';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import type { Restatement } from '../../src/simulator/index.ts';
import { daysBack, liveThroughNights, type Nights, type NightsOptions } from '../support/nights.ts';
import { expectToAddUp, partsBy, partVersions } from './stored-parts.ts';

/** Each test syncs a world or several; on a machine that is busy with others that takes its time. */
const patience = 180_000;
const days = 14;
let nights: Nights;
afterEach(() => nights.close());

/** Audio, images, priority, free tokens and credits are in the world; what it lacks is added. */
async function live(options: NightsOptions = {}): Promise<void> {
  nights = await liveThroughNights({ days, ...options });
  const charge = (back: number, dimensions: Record<string, string | null>, amount: string, more = {}): Restatement => ({
    kind: 'add-group',
    dataset: 'costs',
    day: daysBack(nights, back),
    dimensions,
    measures: { amount_value: amount },
    ...more,
  });
  nights.simulator.restate([
    charge(3, { line_item: 'Mystery surcharge' }, '12.345678901234567890123456789'),
    charge(4, { line_item: 'Promotional credit' }, '-3.25'),
    charge(5, { line_item: 'gpt-5.6-sol, input', project_id: 'proj_gone', api_key_id: 'key_deleted' }, '0.07'),
    charge(6, { line_item: 'gpt-5.6-sol, output' }, '-0.000000000000000000000000000000000000001'),
    charge(7, { line_item: 'gpt-5.6-luna, output' }, '5.5', { attributes: { amount_currency: 'eur' } }),
    charge(8, { line_item: null }, '1.000000000000000001'),
  ]);
}

/** A refusal of a dimension for one dataset. */
const refused = (dataset: string, dimension: string) =>
  ({ when: { dataset, groupBy: dimension }, then: { kind: 'refuse-grouping', dimension } }) as const;

describe('the costs of a simulated organization are the sum of their parts', { timeout: patience }, () => {
  it('with the provider’s own cut by user', async () => {
    await live();
    const { status, cost_splits: splits } = await nights.sync();
    expect(status).toBe('ok');
    const { costs, parts } = await expectToAddUp(nights);
    expect(costs).toBeGreaterThan(500);
    expect(splits).toMatchObject([{ org_id: 'acme', parts, parts_inserted: parts, errors: [] }]);
    expect(Object.keys(await partsBy(nights, 'method'))).toContain('billed_user_share');
    // A cut that gives a credit to no user does not make it anybody's.
    expect(await partsBy(nights, "case when line_item ~ 'credit' then concat(status, ' ', reason) end")).toHaveProperty(
      ['unattributed credit'],
    );
  });

  it('where the provider gives no cut by user', async () => {
    await live({ simulator: { level: '7.40.0' } });
    await nights.sync();
    await expectToAddUp(nights);
    const methods = await partsBy(nights, 'method');
    expect(Object.keys(methods)).toEqual(['none', 'service_share', 'token_share']);
    const reasons = await partsBy(nights, 'reason');
    expect(Object.keys(reasons)).toEqual(
      expect.arrayContaining([
        'credit',
        'no_matching_usage',
        'service_line_item',
        'unparsed_line_item',
        'no_line_item',
      ]),
    );
    expect(reasons['unparsed_line_item']).toBe('12.345678901234567890123456789');
  });

  it('where the provider gives its cut by user without projects, and without keys', async () => {
    for (const dimensions of [['project_id'], ['project_id', 'api_key_id']]) {
      await live({ simulator: { faults: dimensions.map((dimension) => refused('costs_by_user', dimension)) } });
      await nights.sync();
      await expectToAddUp(nights);
      const levels = Object.keys(await partsBy(nights, 'match_level'));
      expect(levels).toContain(dimensions.length === 1 ? 'api_key+line_item' : 'line_item');
      if (dimensions.length === 1) await nights.close();
    }
  });

  it('where costs come without keys, so that many users share each', async () => {
    const faults = [refused('costs', 'api_key_id'), refused('costs', 'api_source')];
    await live({ simulator: { level: '7.40.0', faults, groupsPerDataset: 120 }, days: 12 });
    await nights.sync();
    const { costs, parts } = await expectToAddUp(nights);
    expect(parts).toBeGreaterThan(2 * costs);
  });

  it('where usage is not told by user, of which nobody is blamed', async () => {
    const faults = [refused('completions', 'user_id')];
    await live({ simulator: { level: '7.40.0', faults }, days: 12 });
    await nights.sync();
    await expectToAddUp(nights);
    expect(Object.keys(await partsBy(nights, 'reason'))).toContain('usage_not_by_user');
  });

  it('whatever width a day is told from, with the same parts', async () => {
    const told: unknown[] = [];
    for (const widths of [['1d'], ['1h'], ['1m'], ['1h', '1d']]) {
      await live({ widths: ['1m', '1h', '1d'], days: 3, simulator: { level: '7.40.0' } });
      const organizations = nights.config.organizations.map((one) => ({
        ...one,
        datasets: one.datasets.filter(({ dataset, width }) => dataset.money !== undefined || widths.includes(width)),
      }));
      await nights.sync({}, { config: { ...nights.config, organizations } });
      await expectToAddUp(nights);
      const what = "concat_ws(' ', usage_date_utc, line_item, user_id, reason, driver_quantity, driver_total)";
      told.push(await partsBy(nights, what));
      if (told.length < 4) await nights.close();
    }
    expect(Object.keys(told[0] ?? {}).length).toBeGreaterThan(50);
    for (const other of told.slice(1)) expect(other).toEqual(told[0]);
  });

  it('after restatements, of which only the days that changed are split anew', async () => {
    await live();
    await nights.sync();
    const before = await partVersions(nights);
    const day = (back: number) => daysBack(nights, back);
    const restatements: readonly Restatement[] = [
      { kind: 'scale', dataset: 'completions', day: day(13), factor: 1.5 },
      { kind: 'scale', dataset: 'costs', day: day(12), factor: 0.3 },
      { kind: 'empty-day', dataset: 'costs', day: day(11) },
      { kind: 'scale', dataset: 'web_search_calls', day: day(10), factor: 3 },
    ];
    nights.simulator.restate(restatements);
    const { status, cost_splits: splits } = await nights.sync();
    expect(status).toBe('ok');
    expect(splits[0]?.days).toBe(restatements.length);
    await expectToAddUp(nights);
    const after = await partVersions(nights);
    const changed = new Set(
      [...new Set([...before.keys(), ...after.keys()])]
        .filter((key) => before.get(key) !== after.get(key))
        .map((key) => key.slice(0, 10)),
    );
    const restatedDays = new Set(restatements.map((restatement) => restatement.day.toISOString().slice(0, 10)));
    expect(changed.size).toBeGreaterThan(0);
    expect([...changed].filter((one) => !restatedDays.has(one))).toEqual([]);
  });
});

describe('splitting costs', { timeout: patience }, () => {
  it('writes nothing when nothing has changed', async () => {
    await live();
    await nights.sync();
    const before = await partVersions(nights);
    const known = await nights.database.pool.query('select xmin, ctid from openai_etl.cost_split_days order by ctid');
    const { cost_splits: splits } = await nights.sync();
    expect(splits).toMatchObject([{ days: 0, parts_inserted: 0, parts_updated: 0, parts_deleted: 0 }]);
    await nights.sync({ command: 'backfill', refetch: true });
    expect(await partVersions(nights)).toEqual(before);
    const after = await nights.database.pool.query('select xmin, ctid from openai_etl.cost_split_days order by ctid');
    expect(after.rows).toEqual(known.rows);
  });

  it('is right when several runs load and split at the same time', async () => {
    await live();
    const halves = [['costs', 'completions'], ['costs_by_user', 'web_search_calls', 'embeddings'], ['images']];
    const reports = await Promise.all(halves.map((datasets) => nights.sync({ datasets })));
    expect(reports.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    await nights.sync();
    const { parts } = await expectToAddUp(nights);
    const together = await partsBy(
      nights,
      "concat_ws(' ', usage_date_utc, series_id, user_id, reason, driver_quantity)",
    );
    await nights.close();
    await live();
    await nights.sync();
    expect((await expectToAddUp(nights)).parts).toBe(parts);
    expect(
      await partsBy(nights, "concat_ws(' ', usage_date_utc, series_id, user_id, reason, driver_quantity)"),
    ).toEqual(together);
  });

  it('splits every day anew when a weight has changed, and says so in the method', async () => {
    await live({ days: 10 });
    await nights.sync();
    const tierWeights = [{ tier: 'batch', models: '*', thousandths: 400 }, ...publishedTierWeights];
    const { cost_splits: splits } = await nights.sync({}, { config: { ...nights.config, tierWeights } });
    expect(splits[0]?.days).toBeGreaterThanOrEqual(10);
    await expectToAddUp(nights);
    expect(Object.keys(await partsBy(nights, 'method_version'))).toEqual([methodVersion(tierWeights)]);
    expect(methodVersion(tierWeights)).not.toBe(methodVersion(publishedTierWeights));
  });
});
