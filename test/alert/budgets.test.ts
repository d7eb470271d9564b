import { beforeEach, describe, expect, it } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { raiseAlerts } from '../../src/run/notify.ts';
import { setBudget } from '../bi/support/spend.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const dayMs = 86_400_000;

let nights: Nights;
let receiver: Receiver;

const live = async (days: number) => {
  const settings = { start: new Date(Date.parse('2026-11-23') - days * dayMs) };
  nights = await liveThroughNights({ datasets: [costs], settings, simulator: { groupsPerDataset: 2 } });
  receiver = await startReceiver();
};

const look = () =>
  raiseAlerts(nights.context, { webhookUrl: receiver.url, freshnessHours: 30, restatementAlert: '1000000' });

const night = async () => {
  nights.clock.advance(dayMs);
  await nights.sync();
  await look();
};

const open = async () =>
  (
    await nights.database.pool.query<{ open: string }>(
      `select concat_ws(' ', kind, nullif(org_id, ''), subject) as open from openai_etl.alerts where closed_at is null`,
    )
  ).rows.map((row) => row.open);

/** Sets the amount to so many times what is spent in the month. */
const allow = (times: number) =>
  nights.database.pool.query(
    `update openai.budgets set amount = $1 * (
       select sum(billed_cost) from openai_bi.cost_daily where cost_date >= '2026-11-01')`,
    [times],
  );

describe('a budget', () => {
  beforeEach(async () => {
    // Too few for anomalies.
    await live(10);
    await nights.sync();
    return () => nights.close();
  });

  it('tells each threshold once, that it is exceeded until it is not, and again in the next period', async () => {
    await setBudget(nights.database.pool, { budget_name: 'everything', amount: '1', org_id: 'acme' });
    await allow(3);
    await look();
    expect(receiver.told()).toEqual([]);
    await allow(1.9);
    await look();
    await look();
    expect(receiver.told()).toEqual(['opened budget_threshold']);
    expect(receiver.taken[0]?.alert).toMatchObject({ org_id: 'acme', subject: '2026-11-01 50% everything' });

    await allow(0.9);
    await look();
    await look();
    expect(receiver.told()).toEqual(['opened budget_threshold', 'opened budget_exceeded']);
    expect(await open()).toEqual(['budget_exceeded acme 2026-11-01 everything']);

    nights.clock.advance(dayMs);
    await allow(1.9);
    await look();
    expect(receiver.told().slice(2)).toEqual(['recovered budget_exceeded']);

    await allow(0.9);
    await look();
    nights.clock.advance(16 * dayMs);
    await nights.sync();
    await nights.database.pool.query('update openai.budgets set amount = 0.000001');
    await look();
    expect(await open()).toEqual(['budget_exceeded acme 2026-12-01 everything']);
  });

  it('of all organizations is told by whoever looks', async () => {
    await setBudget(nights.database.pool, { budget_name: 'everything', amount: '0.000001' });
    await look();
    expect(receiver.told()).toEqual(['opened budget_exceeded']);
    expect(receiver.taken[0]).toMatchObject({
      text: expect.stringMatching(/^\*budget everything: /),
      alert: { org_id: '' },
    });
    expect(await open()).toEqual(['budget_exceeded 2026-11-01 everything']);
    await nights.database.pool.query('delete from openai.budgets');
    await look();
    expect(receiver.told()).toEqual(['opened budget_exceeded', 'recovered budget_exceeded']);
  });

  it('that is forecast to be exceeded is told once in a period', async () => {
    await setBudget(nights.database.pool, { budget_name: 'everything', amount: '1', thresholds: '{}' });
    await allow(1.1);
    await look();
    await look();
    expect(receiver.told()).toEqual(['opened budget_forecast']);
    expect(receiver.taken[0]?.text).toMatch(/will be exceeded/);
    await allow(3);
    await look();
    await allow(1.1);
    await look();
    expect(receiver.told()).toHaveLength(1);
  });
});

describe('a jump in cost', () => {
  it('is told once, with what it is about', async () => {
    await live(45);
    await nights.sync();
    await look();
    const before = receiver.told().length;
    nights.simulator.restate([
      {
        kind: 'add-group',
        dataset: 'costs',
        day: daysBack(nights, 1),
        dimensions: { line_item: 'gpt-6-astra, input', project_id: 'proj_runaway' },
        measures: { amount_value: '98765.4321' },
      },
    ]);
    await night();
    const told = receiver.taken.slice(before).flatMap(({ alert, also }) => [alert, ...also.map((one) => one.alert)]);
    const summaries = told.map((alert) => String(alert?.['summary']));
    expect(summaries).toContainEqual(
      expect.stringMatching(/^project proj_runaway cost 98765\.43 usd on 2026-11-22, and nothing on the days before$/),
    );
    const taken = receiver.taken.length;
    await look();
    expect(receiver.taken).toHaveLength(taken);
    await nights.close();
  });
});
