import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { webSearchCalls } from '../../src/catalog/datasets/web-search-calls.ts';
import { lineItemParserVersion } from '../../src/parse/line-item.ts';
import { expectToAddUp, partVersions } from '../allocate/stored-parts.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';

let nights: Nights;
beforeEach(async () => {
  nights = await liveThroughNights({ datasets: [completions, webSearchCalls, costs, costsByUser], days: 10 });
});
afterEach(() => nights.close());

const execute = async (sql: string, values: readonly unknown[] = []) =>
  (await nights.database.pool.query<Record<string, unknown>>(sql, [...values])).rows;
const lastRun = async () =>
  (await execute('select status, error from openai_etl.runs order by run_id desc limit 1'))[0];

describe('a sync', { timeout: 120_000 }, () => {
  it('splits what it loaded, and reports the money it split', async () => {
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
    const [stored] = await execute(
      `select count(*)::int as parts, sum(amount)::text as billed,
         sum(amount) filter (where status = 'allocated')::text as allocated from openai.cost_parts`,
    );
    const [split] = report.cost_splits;
    expect(split).toMatchObject({ days: 11, parts: stored?.['parts'], parts_updated: 0, parts_deleted: 0, errors: [] });
    const [money] = split?.money ?? [];
    expect(Number(money?.billed)).toBe(Number(stored?.['billed']));
    expect(Number(money?.allocated)).toBe(Number(stored?.['allocated']));
    await expectToAddUp(nights);
  });

  it('writes no parts when it only shows what would change', async () => {
    await nights.sync();
    nights.simulator.restate([{ kind: 'scale', dataset: 'costs', day: daysBack(nights, 2), factor: 2 }]);
    const before = await partVersions(nights);
    expect((await nights.sync({ preview: true })).cost_splits).toEqual([]);
    expect(await partVersions(nights)).toEqual(before);
  });

  it('splits what is there when a dataset fails, and again when it has come', async () => {
    const fail = { when: { dataset: 'completions' }, then: { kind: 'status', status: 403 } } as const;
    const refuse = { when: { dataset: 'costs_by_user' }, then: { kind: 'status', status: 403 } } as const;
    nights.simulator.setFaults([fail, refuse]);
    const failed = await nights.sync();
    expect(failed.status).toBe('partial');
    expect(failed.cost_splits).toMatchObject([{ days: 11, errors: [] }]);
    await expectToAddUp(nights);
    // A model that nothing but completions uses.
    const unmatched = `select count(*)::int as parts from openai.cost_parts
      where reason = 'no_matching_usage' and model = 'gpt-4.1-2025-04-14'`;
    expect((await execute(unmatched))[0]?.['parts']).toBeGreaterThan(0);
    nights.simulator.setFaults([refuse]);
    await nights.sync();
    await expectToAddUp(nights);
    expect(await execute(unmatched)).toEqual([{ parts: 0 }]);
  });

  it('keeps what it loaded when the split fails, says so truthfully, and splits it the next time', async () => {
    await execute('alter table openai.cost_parts rename to cost_parts_away');
    const failed = await nights.sync();
    expect(failed).toMatchObject({ status: 'partial', exit_code: 3 });
    expect(failed.datasets.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(failed.cost_splits).toMatchObject([{ days: 0, errors: [{ code: 'database_refused' }] }]);
    expect(await lastRun()).toMatchObject({ status: 'partial', error: expect.stringMatching(/^database_refused: /) });
    expect((await execute('select count(*)::int as costs from openai.costs'))[0]?.['costs']).toBeGreaterThan(0);
    await execute('alter table openai.cost_parts_away rename to cost_parts');
    expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0, cost_splits: [{ days: 11 }] });
    await expectToAddUp(nights);
  });

  it('splits all of a day or nothing of it', async () => {
    await execute(
      `alter table openai.cost_parts add constraint no_search check (line_item <> 'web search tool calls')`,
    );
    expect(await nights.sync()).toMatchObject({ exit_code: 3 });
    const bare = `select distinct usage_date_utc from openai.cost_parts
      where usage_date_utc in (select (bucket_start at time zone 'UTC')::date from openai.costs where line_item = 'web search tool calls')`;
    expect(await execute(bare)).toEqual([]);
    await execute('alter table openai.cost_parts drop constraint no_search');
    await nights.sync();
    await expectToAddUp(nights);
  });

  it('ends early when it is told to, and leaves the rest of the split to the next', async () => {
    const stop = new AbortController();
    const log = {
      ...nights.context.log,
      debug: (_: unknown, message?: string) => {
        if (message === 'costs split') stop.abort(new Error('enough'));
      },
    } as typeof nights.context.log;
    await expect(nights.sync({}, { log, signal: stop.signal })).rejects.toThrow('enough');
    expect(await lastRun()).toMatchObject({ status: 'failed' });
    await nights.sync();
    await expectToAddUp(nights);
  });
});

describe('verify', { timeout: 120_000 }, () => {
  it('finds every cost to be the sum of its parts', async () => {
    await nights.sync();
    const verified = await nights.verify();
    expect(verified).toMatchObject({ status: 'ok', exit_code: 0, differences: [] });
    expect(verified.cost_parts).toMatchObject([{ org_id: 'acme', days: 10, differing: 0 }]);
    expect(verified.cost_parts[0]?.costs).toBeGreaterThan(100);
  });

  it.each([
    ['an amount', `update openai.cost_parts set amount = amount + 0.000000000000000001 where ctid = (%)`],
    ['a quantity', `update openai.cost_parts set quantity = quantity + 1 where ctid = (%)`],
    ['a part', `delete from openai.cost_parts where ctid = (%)`],
    [
      'a day',
      `delete from openai.cost_parts where usage_date_utc = (select max(usage_date_utc) - 1 from openai.cost_parts)`,
    ],
    [
      'a part of no cost',
      `insert into openai.cost_parts (org_id, usage_date_utc, series_id, part_no, status, reason, method, method_version,
         amount, currency, run_id, updated_at, changed_xid)
       values ('acme', '2026-11-20', gen_random_uuid(), 1, 'unattributed', 'credit', 'none', 'x', 0, 'usd', 1, now(),
         pg_current_xact_id())`,
    ],
  ])('finds the last digit of a difference in %s, and the next sync mends it', async (_, spoil) => {
    await nights.sync();
    const one = `select ctid from openai.cost_parts where quantity is not null and amount > 0 limit 1`;
    await execute(spoil.replace('%', one));
    const { status, exit_code, differences, cost_parts } = await nights.verify();
    expect({ status, exit_code }).toEqual({ status: 'difference', exit_code: 4 });
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatchObject({ dataset: 'cost_parts', bucket_width: '1d' });
    expect(cost_parts[0]?.differing).toBeGreaterThan(0);
    expect((await nights.sync()).cost_splits).toMatchObject([{ days: 1 }]);
    expect(await nights.verify()).toMatchObject({ exit_code: 0 });
    await expectToAddUp(nights);
  });
});

describe('line items', { timeout: 120_000 }, () => {
  const texts = `select line_item from openai.costs union select line_item from openai.costs_by_user`;

  it('of every stored cost are listed with what they were read as, unread ones with the money they carry', async () => {
    nights.simulator.restate([
      {
        kind: 'add-group',
        dataset: 'costs',
        day: daysBack(nights, 2),
        dimensions: { line_item: 'Mystery surcharge' },
        measures: { amount_value: '7.25' },
      },
    ]);
    await nights.sync();
    expect(await execute(`(${texts}) except select line_item from openai.line_items`)).toEqual([]);
    expect(
      await execute(
        `select line_item, sum(amount)::text as amount from openai.line_items join openai.cost_parts using (line_item)
         where parse_status = 'unparsed' group by 1`,
      ),
    ).toEqual([{ line_item: 'Mystery surcharge', amount: '7.25' }]);
  });

  it('that an older program read are read again, and keep their date where that changes nothing', async () => {
    await nights.sync();
    const state = () =>
      execute('select line_item, model, service, parser_version, updated_at from openai.line_items order by 1');
    const before = await state();
    const [first, second] = before.map(({ line_item }) => line_item);
    await execute('update openai.line_items set parser_version = 0 where line_item in ($1, $2)', [first, second]);
    await execute(`update openai.line_items set model = null, service = 'nonsense' where line_item = $1`, [first]);
    await nights.sync();
    const after = await state();
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]).toEqual({ ...before[0], updated_at: expect.any(Date) });
    expect(after[0]?.['updated_at']).not.toEqual(before[0]?.['updated_at']);
  });

  it('that a newer program read are left to it', async () => {
    await nights.sync();
    const newer = lineItemParserVersion + 1;
    await execute(`update openai.line_items set parser_version = $1, service = 'new'`, [newer]);
    await nights.sync();
    expect(await execute('select distinct parser_version, service from openai.line_items')).toEqual([
      { parser_version: newer, service: 'new' },
    ]);
  });
});
