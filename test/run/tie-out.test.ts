import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import type { DatasetSettings } from '../../src/config.ts';
import { readStatus } from '../../src/run/status.ts';
import { runVerify } from '../../src/run/verify.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import {
  type Answer,
  type AskedOf,
  bucket,
  page,
  refusal,
  type ScriptedApi,
  scriptedApi,
} from '../support/scripted-api.ts';

const daySeconds = 86_400;
const daysRead = 8;
let nights: Nights;
let api: ScriptedApi | null = null;

afterEach(async () => {
  await nights.close();
  await api?.close();
  api = null;
});

describe('a sync proves itself', () => {
  it('in 13 requests to read and 13 to tie out on a steady night', async () => {
    nights = await liveThroughNights({ days: 20, config: { tieOut: 'closed' } });
    const first = await nights.sync();
    expect(first).toMatchObject({ status: 'ok', exit_code: 0, differences: [] });
    expect(first.datasets.every(({ tie_out }) => tie_out?.status === 'equal')).toBe(true);
    nights.clock.advance(daySeconds * 1000);
    nights.newRequests();
    const steady = await nights.sync();
    expect(steady).toMatchObject({ status: 'ok' });
    const reading = steady.datasets.reduce((sum, { requests }) => sum + requests, 0);
    const proving = steady.datasets.reduce((sum, { tie_out }) => sum + (tie_out?.requests ?? 0), 0);
    expect({ reading, proving, all: nights.newRequests() }).toEqual({
      reading: catalog.length,
      proving: catalog.length,
      all: 2 * catalog.length,
    });
    const { rows } = await nights.database.pool.query(
      'select count(*)::int as differing from openai_etl.tie_outs where not agrees',
    );
    expect(rows).toEqual([{ differing: 0 }]);
  }, 120_000);

  it('not where a preview is asked for, nor where it is switched off', async () => {
    await live(itemsOf({ a: 6 }));
    expect((await nights.sync({ preview: true })).datasets).toMatchObject([{ tie_out: null }]);
    expect((await nights.sync({}, { config: { ...nights.config, tieOut: 'off' } })).datasets).toMatchObject([
      { tie_out: null },
    ]);
  });

  it('and heals what moved between its two readings, without an alarm', async () => {
    let asked = 0;
    await live((request) => {
      if (request.groupBy.length > 0) asked += 1;
      const isEarly = request.groupBy.length > 0 && asked === 1;
      return itemsOf(isEarly ? { a: 6 } : { a: 6, late: 1 })(request);
    });
    const report = await nights.sync();
    expect(report).toMatchObject({
      exit_code: 0,
      differences: [],
      datasets: [{ requests: 1, tie_out: { status: 'equal', requests: 3, buckets: daysRead } }],
    });
    expect(await stored()).toBe(String(daysRead * 7 + 6));
    expect(await tieOutsDiffering()).toBe(0);
  });

  it('and heals rows that were changed by hand, though the ledger calls them unchanged', async () => {
    await live(itemsOf({ a: 6, b: 4 }));
    await nights.sync();
    await nights.database.pool.query(
      `update openai.costs set amount_value = 99 where line_item = 'a' and bucket_start = $1`,
      [daysBack(nights, 3)],
    );
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ tie_out: { status: 'equal' } }] });
    expect(await stored()).toBe(String((daysRead + 1) * 10));
  });

  it('and says a difference that stays: exit 4, in the report, the record of the run, and the status', async () => {
    await live((request) => itemsOf(request.groupBy.length === 0 ? { all: 11 } : { a: 6, b: 4 })(request));
    const report = await nights.sync();
    expect(report).toMatchObject({
      status: 'difference',
      exit_code: 4,
      datasets: [{ status: 'ok', tie_out: { status: 'difference', differences: daysRead } }],
    });
    expect(report.differences).toHaveLength(daysRead);
    expect(report.differences[0]).toMatchObject({ dataset: 'costs', stored: '10', reported: '11', difference: '-1' });
    const { rows } = await nights.database.pool.query('select status, error from openai_etl.runs');
    expect(rows).toEqual([{ status: 'partial', error: `${daysRead} stored sums differ from the API's` }]);
    const status = await readStatus(nights.context, { datasets: null, organizations: null });
    expect(status.tie_outs).toMatchObject([{ dataset: 'costs', disagreeing: daysRead, difference: String(daysRead) }]);
  });

  it('and counts a result once that cannot be stored and was therefore read twice', async () => {
    await live((request) => {
      const { body } = itemsOf({ a: 6 })(request);
      if (request.groupBy.length === 0) return itemsOf({ a: 7 })(request);
      return { body: strayIn(JSON.stringify(body), daysBack(nights, 3).getTime() / 1000) };
    });
    const report = await nights.sync();
    expect(report).toMatchObject({ exit_code: 3, datasets: [{ quarantined: 1, tie_out: { status: 'difference' } }] });
    const { rows } = await nights.database.pool.query('select count(*)::int as kept from openai_etl.quarantine');
    expect(rows).toEqual([{ kept: 1 }]);
  });

  it('and compares no bucket that is still open', async () => {
    const today = () => daysBack(nights, 0).getTime() / 1000;
    await live((request) => {
      const { body } = itemsOf({ a: 6 })(request);
      return request.groupBy.length > 0 ? { body } : itemsOf({ a: 6 }, (start) => (start >= today() ? 5 : 1))(request);
    });
    expect(await nights.sync()).toMatchObject({ exit_code: 0, datasets: [{ tie_out: { buckets: daysRead } }] });
  });

  it('as far as it can: totals that are refused are told, and leave the numbers as they are', async () => {
    await live((request) =>
      request.groupBy.length > 0 ? itemsOf({ a: 6 })(request) : refusal(400, 'ungrouped totals are not available'),
    );
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0, datasets: [{ tie_out: { status: 'not_compared' } }] });
    expect(report.datasets[0]?.tie_out?.detail).toContain('ungrouped totals are not available');
  });

  it('in no more requests than it read pages, however small the pages of totals are', async () => {
    await live((request) => {
      if (request.groupBy.length > 0) return itemsOf({ a: 6 })(request);
      const start = request.page === null ? (request.start ?? 0) : Number(request.page);
      const last = start + daySeconds >= (request.end ?? 0);
      return page([bucketOf(start, { a: 6 })], last ? null : String(start + daySeconds));
    });
    expect(await nights.sync()).toMatchObject({
      exit_code: 0,
      datasets: [{ requests: 1, tie_out: { requests: 1, status: 'not_compared' } }],
    });
  });

  it('with the filters that it read with', async () => {
    await live(itemsOf({ a: 6 }), { filters: { project_ids: ['proj_1'] } });
    await nights.sync();
    const asked = api?.requests.map(({ query }) => query.getAll('project_ids[]')) ?? [];
    expect(asked).toEqual([['proj_1'], ['proj_1']]);
  });

  it('after what failed: a part that is missing says more than a difference', async () => {
    const broken = (start: number) => bucket(start, daySeconds, [{ object: 'organization.costs.result', amount: 'x' }]);
    await live((request) => {
      const days = daysOf(request);
      if (request.groupBy.length === 0) return page(days.map((start) => bucketOf(start, { all: 11 })));
      return page(days.map((start, index) => (index === 0 ? broken(start) : bucketOf(start, { a: 6 }))));
    });
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'partial', exit_code: 3 });
    expect(report.differences).toHaveLength(daysRead - 1);
  });
});

describe('verify', () => {
  const verify = (bounds: { from?: Date; to?: Date } = {}) =>
    runVerify(nights.context, {
      datasets: null,
      organizations: null,
      from: bounds.from ?? null,
      to: bounds.to ?? null,
    });

  it('says first that something could not be compared, then that something differs', async () => {
    nights = await liveThroughNights({ datasets: [completions, costs], days: 8 });
    await nights.sync();
    await nights.database.pool.query('update openai.costs set amount_value = amount_value + 1');
    nights.simulator.setFaults([{ when: { dataset: 'completions' }, then: { kind: 'status', status: 400 } }]);
    const report = await nights.verify();
    expect(report).toMatchObject({ status: 'partial', exit_code: 3 });
    expect(report.differences.length).toBeGreaterThan(0);
  });

  it('is not in order where nothing is loaded and the API reports something', async () => {
    await live(itemsOf({ a: 6 }));
    expect(await verify()).toMatchObject({ status: 'difference', exit_code: 4 });
  });

  it('is in order where nothing is loaded and there is nothing', async () => {
    await live(itemsOf({}));
    expect(await verify()).toMatchObject({ status: 'ok', exit_code: 0 });
  });

  it('finds what was never loaded inside the range asked for', async () => {
    await live(itemsOf({ a: 6 }));
    await nights.sync();
    expect(await verify()).toMatchObject({ exit_code: 0 });
    const report = await verify({ from: daysBack(nights, daysRead + 2) });
    expect(report).toMatchObject({ exit_code: 4, differences: [{ stored: null, reported: '6' }, { stored: null }] });
  });

  it('is not in order where the API answers for nothing that is loaded', async () => {
    await live(itemsOf({ a: 6 }));
    await nights.sync();
    const from = daysBack(nights, 0).toISOString().slice(0, 10);
    api?.answerWith(() => refusal(400, `Data is only available from ${from} onwards.`, 'reporting_lookback_exceeded'));
    const report = await verify();
    expect(report).toMatchObject({ status: 'failed', exit_code: 1, checked: [{ buckets: 0 }] });
    expect(report.checked[0]?.errors[0]?.message).toContain('refuses every start up to now');
  });
});

async function live(answer: (asked: AskedOf) => Answer, settings: Partial<DatasetSettings> = {}): Promise<void> {
  api = await scriptedApi(answer);
  nights = await liveThroughNights({
    datasets: [costs],
    days: daysRead,
    settings,
    config: { baseUrl: api.url, tieOut: 'closed' },
  });
}

function daysOf({ start, end }: AskedOf): readonly number[] {
  const days: number[] = [];
  for (let day = start ?? 0; day < (end ?? 0); day += daySeconds) days.push(day);
  return days;
}

/** Every day alike: costs by line item, or what they add up to. */
function itemsOf(amounts: Readonly<Record<string, number>>, factor: (start: number) => number = () => 1) {
  return (asked: AskedOf): Answer => {
    const total = Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
    const shown = asked.groupBy.length > 0 || total === 0 ? amounts : { all: total };
    return page(daysOf(asked).map((start) => bucketOf(start, shown, factor(start))));
  };
}

function bucketOf(start: number, amounts: Readonly<Record<string, number>>, factor = 1) {
  const results = Object.entries(amounts).map(([line_item, value]) => ({
    object: 'organization.costs.result',
    amount: { value: value * factor, currency: 'usd' },
    line_item: line_item === 'all' ? null : line_item,
    project_id: null,
  }));
  return bucket(start, daySeconds, results);
}

/** An answer in which one bucket holds a result of another kind as well. */
function strayIn(body: string, start: number): string {
  const stray = JSON.stringify({ object: 'organization.hologram.result', amount: { value: 1, currency: 'usd' } });
  const [before = '', after = ''] = body.split(`"start_time":${start},`);
  return `${before}"start_time":${start},${after.replace('"results":[', `"results":[${stray},`)}`;
}

async function stored(): Promise<string> {
  const { rows } = await nights.database.pool.query<{ sum: string }>(
    'select trim_scale(sum(amount_value))::text as sum from openai.costs',
  );
  return rows[0]?.sum ?? '';
}

async function tieOutsDiffering(): Promise<number> {
  const { rows } = await nights.database.pool.query<{ n: number }>(
    'select count(*)::int as n from openai_etl.tie_outs where difference <> 0',
  );
  return rows[0]?.n ?? -1;
}
