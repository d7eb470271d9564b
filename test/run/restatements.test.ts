import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import type { Restatement } from '../../src/simulator/index.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights, storedRows } from '../support/nights.ts';
import { type AskedOf, bucket, page, type ScriptedApi, scriptedApi } from '../support/scripted-api.ts';

const dayMs = 86_400_000;

describe('when the provider restates history', () => {
  let nights: Nights;
  let firstDay: Date;
  beforeEach(async () => {
    nights = await liveThroughNights({ datasets: [completions, costs, costsByUser], days: 25 });
    firstDay = daysBack(nights, 25);
    await nights.sync();
  });
  afterEach(async () => {
    await nights.close();
  });

  const equalsTruth = async () => {
    for (const dataset of [completions, costs, costsByUser]) {
      await expectTruth(nights, dataset, '1d', firstDay);
    }
  };
  const recorded = async () => {
    const { rows } = await nights.database.pool.query<Record<string, unknown>>(
      `select dataset, bucket_start, change, old_row, new_row from openai_etl.restatements order by restatement_id`,
    );
    return rows;
  };
  const anyModel = async (day: Date): Promise<string> => {
    const { rows } = await nights.database.pool.query<{ model: string }>(
      'select model from openai.usage_completions where bucket_start = $1 and model is not null limit 1',
      [day],
    );
    return rows[0]?.model ?? '';
  };

  it('one sync makes every table equal again, verify names the difference before and finds none after', async () => {
    const day = (back: number) => daysBack(nights, back);
    const changes: Restatement[] = [
      { kind: 'scale', dataset: 'completions', day: day(20), factor: 1.5 },
      { kind: 'scale', dataset: 'completions', day: day(12), factor: 0.25 },
      {
        kind: 'move-group',
        dataset: 'completions',
        day: day(9),
        where: { model: await anyModel(day(9)) },
        to: { user_id: 'user-moved' },
      },
      { kind: 'remove-group', dataset: 'completions', day: day(8), where: { model: await anyModel(day(8)) } },
      { kind: 'empty-day', dataset: 'completions', day: day(6) },
      {
        kind: 'add-group',
        dataset: 'costs',
        day: day(18),
        dimensions: { line_item: 'a late correction' },
        measures: { amount_value: '-123.456789012345678901' },
      },
    ];
    nights.simulator.restate(changes);
    nights.clock.advance(dayMs);
    const before = await nights.verify();
    expect(before).toMatchObject({ status: 'difference', exit_code: 4 });
    const named = new Set(before.differences.map(({ dataset, bucket_start }) => `${dataset} ${bucket_start}`));
    expect(named).toContain(`completions ${day(21).toISOString()}`);
    expect(named).toContain(`costs ${day(19).toISOString()}`);

    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
    await equalsTruth();
    expect(await nights.verify()).toMatchObject({ status: 'ok', exit_code: 0, differences: [] });
  });

  it('records exactly what changed, with what a closed bucket used to say', async () => {
    const day = daysBack(nights, 10);
    const before = new Set(await storedRows(nights, completions, '1d'));
    nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day, factor: 2 }]);
    await nights.sync({ datasets: ['completions'] });
    const after = new Set(await storedRows(nights, completions, '1d'));
    const entries = await recorded();
    const of = (change: string) => entries.filter((entry) => entry['change'] === change).length;
    expect(entries.length).toBeGreaterThan(0);
    expect(new Set(entries.map((entry) => (entry['bucket_start'] as Date).getTime()))).toEqual(
      new Set([day.getTime()]),
    );
    expect(of('updated') + of('removed')).toBe(before.difference(after).size);
    expect(of('updated') + of('added')).toBe(after.difference(before).size);
    const [updated] = entries.filter(({ change }) => change === 'updated') as { old_row: Row; new_row: Row }[];
    expect(updated?.new_row.output_tokens).toBe((updated?.old_row.output_tokens ?? 0) * 2);
    expect(Object.keys(updated?.old_row ?? {}).sort()).toEqual(
      [...completions.columns.map(({ name }) => name), 'extra'].sort(),
    );
  });

  it('does not call the growth of the open bucket a restatement', async () => {
    nights.clock.advance(5 * 3_600_000);
    const report = await nights.sync();
    expect(report.datasets.reduce((sum, { buckets_loaded }) => sum + buckets_loaded, 0)).toBeGreaterThan(0);
    expect(await recorded()).toEqual([]);
    await equalsTruth();
  });

  it('loads a day that comes late, and keeps a day that the provider empties in the restatements', async () => {
    const day = daysBack(nights, 5);
    const held = (await storedRows(nights, completions, '1d')).length;
    nights.simulator.restate([{ kind: 'late-day', dataset: 'completions', day }]);
    await nights.sync();
    const removed = await recorded();
    expect(removed.filter(({ dataset, change }) => dataset === 'completions' && change === 'removed').length).toBe(
      held - (await storedRows(nights, completions, '1d')).length,
    );
    await equalsTruth();
    nights.simulator.restate([{ kind: 'reveal-day', dataset: 'completions', day }]);
    await nights.sync();
    expect((await storedRows(nights, completions, '1d')).length).toBe(held);
    await equalsTruth();
  });

  it('touches no row but those that changed', async () => {
    const { rows: before } = await nights.database.pool.query('select now() as now');
    nights.simulator.restate([{ kind: 'scale', dataset: 'completions', day: daysBack(nights, 10), factor: 3 }]);
    const report = await nights.sync({ datasets: ['completions'] });
    const [{ rows_inserted = 0, rows_updated = 0, rows_deleted = -1 } = {}] = report.datasets;
    const { rows } = await nights.database.pool.query<{ moved: number }>(
      'select count(*)::int as moved from openai.usage_completions where updated_at >= $1 or xmax <> 0',
      [(before[0] as { now: Date }).now],
    );
    expect(rows[0]?.moved).toBe(rows_inserted + rows_updated);
    expect(rows_deleted).toBe(0);
  });

  it('reports in money how much the stored total moved', async () => {
    const amount = '-0.000000000000000000000000000000000000123';
    nights.simulator.restate([
      {
        kind: 'add-group',
        dataset: 'costs',
        day: daysBack(nights, 11),
        dimensions: { line_item: 'a tiny credit' },
        measures: { amount_value: amount },
      },
    ]);
    const preview = await nights.sync({ preview: true, datasets: ['costs'] });
    expect(preview.datasets[0]).toMatchObject({ rows_inserted: 1, money: [{ currency: 'usd', moved: amount }] });
    expect(await recorded()).toEqual([]);
    const report = await nights.sync({ datasets: ['costs'] });
    expect(report.datasets[0]).toMatchObject({
      rows_inserted: 1,
      restatements: 1,
      money: [{ currency: 'usd', moved: amount }],
    });
    await expectTruth(nights, costs, '1d', firstDay);
  });
});

interface Row {
  readonly output_tokens: number;
}

describe('the guard against a provider that forgets', () => {
  it('applies nothing when most closed buckets of a slice would be emptied, until told to', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 20 });
    try {
      await nights.sync();
      const held = await storedRows(nights, completions, '1d');
      nights.simulator.restate(
        Array.from({ length: 14 }, (_, index) => ({
          kind: 'empty-day' as const,
          dataset: 'completions',
          day: daysBack(nights, index + 3),
        })),
      );
      const refused = await nights.sync();
      expect(refused).toMatchObject({ exit_code: 1, datasets: [{ errors: [{ code: 'mass_removal' }] }] });
      expect(await storedRows(nights, completions, '1d')).toEqual(held);
      const accepted = await nights.sync({ acceptRestatement: true });
      expect(accepted).toMatchObject({ status: 'ok' });
      await expectTruth(nights, completions, '1d', daysBack(nights, 20));
    } finally {
      await nights.close();
    }
  });

  describe('that replaces what it said', () => {
    const days = 20;
    let api: ScriptedApi;
    let nights: Nights;
    beforeEach(async () => {
      api = await scriptedApi(costsOf(everyDay({ a: 6, b: 4 })));
      nights = await liveThroughNights({ datasets: [costs], days, config: { baseUrl: api.url } });
      expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    });
    afterEach(async () => {
      await nights.close();
      await api.close();
    });

    /** Costs by line item of a day so many days back. */
    type Day = (back: number) => Readonly<Record<string, number>>;
    const everyDay =
      (amounts: Readonly<Record<string, number>>): Day =>
      () =>
        amounts;
    const replacing =
      (buckets: number, amounts: Readonly<Record<string, number>>): Day =>
      (back) =>
        back > 2 && back <= 2 + buckets ? amounts : { a: 6, b: 4 };
    const costsOf = (day: Day) => (asked: AskedOf) => {
      const today = Date.parse('2026-11-23T00:00:00Z') / 1000;
      const starts: number[] = [];
      for (let start = asked.start ?? 0; start < (asked.end ?? 0); start += 86_400) starts.push(start);
      return page(
        starts.map((start) =>
          bucket(
            start,
            86_400,
            Object.entries(day((today - start) / 86_400)).map(([line_item, value]) => ({
              object: 'organization.costs.result',
              amount: { value, currency: 'usd' },
              line_item,
              project_id: null,
            })),
          ),
        ),
      );
    };
    const answering = (day: Day, groupBy?: readonly string[]) => {
      api.answerWith(costsOf(day));
      if (groupBy === undefined) return nights.sync();
      const organizations = nights.config.organizations.map((one) => ({
        ...one,
        datasets: one.datasets.map((settings) => ({ ...settings, groupBy })),
      }));
      return nights.sync({}, { config: { ...nights.config, organizations } });
    };
    const guarded = { exit_code: 1, datasets: [{ errors: [{ code: 'mass_removal' }] }] };

    it('is refused alike, says what was seen, and is applied when told to', async () => {
      const held = await storedRows(nights, costs, '1d');
      const refused = await answering(replacing(11, { c: 3, d: 1 }));
      expect(refused).toMatchObject(guarded);
      expect(refused.datasets[0]?.errors[0]?.message).toContain('other groups for 11 of 20 closed buckets');
      expect(await storedRows(nights, costs, '1d')).toEqual(held);
      expect(await nights.sync({ acceptRestatement: true })).toMatchObject({ exit_code: 0 });
    });

    it('is refused where some buckets are emptied and others replaced', async () => {
      const refused = await answering((back) => (back > 2 && back < 9 ? {} : replacing(13, { c: 3 })(back)));
      expect(refused).toMatchObject(guarded);
      expect(refused.datasets[0]?.errors[0]?.message).toContain('nothing for 6 and other groups for 7 of 20');
    });

    it.each([
      ['half of the buckets are', replacing(10, { c: 3, d: 1 })],
      ['the totals stay the same: a regrouping', replacing(15, { c: 7, d: 2, e: 1 })],
      ['half of the rows come again', replacing(15, { a: 1, d: 90 })],
      ['most of the money belongs to groups that come again', replacing(15, { a: 1 })],
      ['the amounts alone change', replacing(15, { a: 60, b: 40 })],
    ])('is applied where only %s', async (_, day) => {
      expect(await answering(day)).toMatchObject({ exit_code: 0 });
    });

    it('is applied where the grain changed', async () => {
      expect(await answering(replacing(15, { c: 3 }), ['line_item'])).toMatchObject({ exit_code: 0 });
    });
  });
});
