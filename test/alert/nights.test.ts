import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { decisions } from '../../src/catalog/datasets/decisions.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import type { AlertSettings } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { raiseAlerts } from '../../src/run/notify.ts';
import { readStatus } from '../../src/run/status.ts';
import { adminKey, daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { type Receiver, secretPath, startReceiver } from './receiver.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const status = (code: number) => ({ kind: 'status', status: code }) as const;

let nights: Nights;
let receiver: Receiver;
let settings: AlertSettings;
let logged: string;

beforeEach(async () => {
  nights = await liveThroughNights({
    datasets: [completions, embeddings, decisions, costs, costsByUser],
    // Too few for anomalies: the double's costs jump now and then.
    days: 13,
  });
  receiver = await startReceiver();
  settings = { webhookUrl: receiver.url, freshnessHours: 30, restatementAlert: '1' };
  logged = '';
});

afterEach(async () => {
  const { rows } = await nights.database.pool.query<{ text: string }>(
    `select coalesce(string_agg(a::text, ' '), '') || (select coalesce(string_agg(n::text, ' '), '')
       from openai_etl.notifications n) as text from openai_etl.alerts a`,
  );
  const everything = [logged, rows[0]?.text ?? '', ...receiver.requests.map(({ body }) => body)].join('\n');
  await nights.close();
  expect(everything).not.toContain(adminKey);
  expect(everything).not.toMatch(/sk-admin-\w/);
  expect(everything).not.toContain(secretPath);
  expect(everything).not.toMatch(/T0SECRET|hunter2/);
  expect(everything).not.toMatch(/[\w.+-]+@[\w-]+\.[a-z]+/);
});

const log = createLog('trace', {
  write: (line: string) => {
    logged += line;
  },
});

const look = (changed: Partial<AlertSettings> = {}) =>
  raiseAlerts({ ...nights.context, log }, { ...settings, ...changed });

/** A night: a sync, and a look at what came of it. */
const night = async () => {
  nights.clock.advance(dayMs);
  await nights.sync();
  await look();
};

const open = async () =>
  (
    await nights.database.pool.query<{ alert: string }>(
      `select concat_ws(' ', kind, nullif(subject, '')) as alert from openai_etl.alerts
       where closed_at is null order by alert_id`,
    )
  ).rows.map(({ alert }) => alert);

describe('a failing night', () => {
  it('is told once, the next that fails alike says nothing, and a good one says recovered', async () => {
    await night();
    expect(receiver.told()).toEqual([]);
    nights.simulator.setFaults([{ when: {}, then: status(503) }]);
    await night();
    expect(receiver.told()).toEqual(['opened run_failed']);
    expect(receiver.taken[0]).toMatchObject({
      event: 'opened',
      text: expect.stringContaining('acme: sync failed'),
      alert: { kind: 'run_failed', org_id: 'acme', severity: 'critical', closed_at: null },
      source: 'openai-usage-etl',
    });
    await night();
    expect(receiver.told()).toEqual(['opened run_failed', 'opened freshness_missed +4']);
    nights.simulator.setFaults([]);
    await night();
    expect(receiver.told().slice(2).sort()).toEqual(['recovered freshness_missed +4', 'recovered run_failed']);
    expect(await open()).toEqual([]);
    await look();
    expect(receiver.taken).toHaveLength(4);
  });

  it('of a rejected key says so and not also that the run failed, until the key works again', async () => {
    await night();
    nights.simulator.setFaults([{ when: {}, then: status(401) }]);
    await night();
    expect(receiver.told()).toEqual(['opened key_rejected']);
    nights.simulator.setFaults([{ when: {}, then: status(503) }]);
    await nights.sync();
    await look();
    expect(await open()).toEqual(['key_rejected', 'run_failed']);
    nights.simulator.setFaults([]);
    await nights.sync();
    await look();
    expect(receiver.told().slice(2).sort()).toEqual(['recovered key_rejected', 'recovered run_failed']);
  });

  it('of a missing permission names the dataset, whatever later runs of other datasets say', async () => {
    nights.simulator.setFaults([{ when: { dataset: 'embeddings' }, then: status(403) }]);
    await night();
    expect(receiver.told()).toEqual(['opened scope_missing']);
    expect(receiver.taken[0]?.alert).toMatchObject({
      subject: 'embeddings',
      remedy: expect.stringContaining('api.usage.read'),
    });
    await nights.sync({ datasets: ['costs'] });
    await look();
    expect(await open()).toEqual(['scope_missing embeddings']);
    nights.simulator.setFaults([]);
    await night();
    expect(receiver.told()).toEqual(['opened scope_missing', 'recovered scope_missing']);
  });

  it('is not taken for over because a run of another dataset went well', async () => {
    await night();
    nights.simulator.setFaults([{ when: { dataset: 'completions' }, then: status(503) }]);
    await night();
    expect(receiver.told()).toEqual(['opened run_partial']);
    nights.clock.advance(hourMs);
    await nights.sync({ datasets: ['costs'] });
    await look();
    expect(await open()).toEqual(['run_partial']);
    nights.simulator.setFaults([]);
    await nights.sync({ datasets: ['completions'] });
    await look();
    expect(receiver.told()).toEqual(['opened run_partial', 'recovered run_partial']);
  });

  it('of optional datasets that the organization lacks needs nobody', async () => {
    nights.simulator.setFaults([
      { when: { dataset: 'decisions' }, then: status(404) },
      { when: { dataset: 'costs_by_user' }, then: status(403) },
    ]);
    for (let count = 0; count < 3; count += 1) await night();
    expect(receiver.told()).toEqual([]);
    expect(await open()).toEqual([]);
  });
});

describe('a run that ends early', () => {
  it('says nothing when it was told to stop', async () => {
    await night();
    await nights.database.pool.query(
      `insert into openai_etl.runs (command, org_id, started_at, finished_at, status, error, version)
       values ('sync', 'acme', now(), now(), 'failed', 'interrupted: interrupted by SIGTERM', '0')`,
    );
    await look();
    expect(await open()).toEqual([]);
  });

  it('is a failure when its process was killed, which the next look finds out', async () => {
    await night();
    await nights.database.pool.query(
      `insert into openai_etl.runs (command, org_id, started_at, status, version)
       values ('sync', 'acme', $1, 'running', '0')`,
      [nights.clock.now()],
    );
    await look();
    expect(receiver.told()).toEqual(['opened run_failed']);
    expect(receiver.taken[0]?.text).toContain('killed');
    await night();
    expect(receiver.told()).toEqual(['opened run_failed', 'recovered run_failed']);
  });
});

describe('what the API sends', () => {
  it('in quarantine is told until a later run meets none of it', async () => {
    await night();
    const odd = {
      kind: 'set-field',
      field: 'object',
      json: '"organization.usage.unheard_of.result"',
      buckets: [0],
    } as const;
    nights.simulator.setFaults([{ when: { dataset: 'completions' }, then: odd }]);
    await night();
    expect(receiver.told()).toContain('opened quarantine_appeared');
    expect(receiver.told()).toContain('opened drift_appeared');
    expect(await open()).toEqual(['quarantine_appeared completions unknown_object']);
    nights.simulator.setFaults([]);
    await night();
    expect(receiver.told()).toContain('recovered quarantine_appeared');
    expect(receiver.told()).not.toContain('recovered drift_appeared');
    expect(await open()).toEqual([]);
  });

  it('with a hostile name does no harm in the text, and comes unchanged but visible in the fields', async () => {
    const hostile = '<!channel> <script>alert(1)</script> @everyone *bold* [click](http://x) a&b';
    nights.simulator.setFaults([
      { when: { dataset: 'costs' }, then: { kind: 'set-field', field: hostile, json: '1' } },
    ]);
    await night();
    expect(receiver.told()).toEqual(['opened drift_appeared']);
    const [{ text, alert } = { text: '', alert: null }] = receiver.taken;
    expect(text).not.toMatch(/<|>|@\w|\]\(|\*bold/);
    expect(text).toContain('&lt;!channel&gt;');
    expect(text).toContain('a&amp;b');
    expect(String(alert?.['summary'])).toContain('<script>alert(1)</script>');
    await night();
    expect(receiver.taken).toHaveLength(1);
  });

  it('of a reduced grouping is told when something finer was there before, and over when it is granted again', async () => {
    await night();
    nights.simulator.setFaults([
      { when: { dataset: 'completions' }, then: { kind: 'refuse-grouping', dimension: 'user_id' } },
    ]);
    await night();
    expect(receiver.told()).toEqual(['opened capability_reduced']);
    expect(receiver.taken[0]?.text).toContain('user_id');
    nights.simulator.setFaults([]);
    nights.clock.advance(7 * dayMs);
    await night();
    expect(receiver.told()).toContain('recovered capability_reduced');
  });

  it('of a mass removal is told until those buckets are read again', async () => {
    await night();
    const empty = Array.from({ length: 12 }, (_, index) => ({
      kind: 'empty-day' as const,
      dataset: 'completions',
      day: daysBack(nights, index + 1),
    }));
    nights.simulator.restate(empty);
    await night();
    // Of the money cut both ways as well: it was for those completions, and nearly all of it is gone.
    expect(receiver.told()).toContain('opened mass_removal_refused +2');
    await nights.sync({ datasets: ['embeddings'] });
    await look();
    const refused = ['completions', 'costs', 'costs_by_user'].map((name) => `mass_removal_refused ${name} 1d`);
    expect((await open()).toSorted()).toEqual(refused);
    await nights.sync({ acceptRestatement: true });
    await look();
    expect(receiver.told()).toContain('recovered mass_removal_refused +2');
    expect(await open()).toEqual([]);
  });
});

describe('restated money', () => {
  const correction = (amount: string) =>
    nights.simulator.restate([
      {
        kind: 'add-group',
        dataset: 'costs',
        day: daysBack(nights, 12),
        dimensions: { line_item: 'a late correction' },
        measures: { amount_value: amount },
      },
    ]);

  it('that was settled is told when it is more than the threshold, with exact decimals, once', async () => {
    await night();
    correction('-1.000000000000000001');
    await night();
    expect(receiver.told()).toEqual(['opened restatement_large']);
    expect(receiver.taken[0]?.alert).toMatchObject({
      severity: 'notice',
      summary: expect.stringContaining('-1.000000000000000001 usd net, 1.000000000000000001 usd moved'),
      detail: expect.stringMatching(/1 rows on 1 days: 2026-11-12/),
      closed_at: expect.any(String),
    });
    await look();
    await night();
    expect(receiver.taken).toHaveLength(1);
  });

  it('that is no more than the threshold is not told', async () => {
    await night();
    correction('-1');
    await night();
    expect(receiver.told()).toEqual([]);
  });

  it('that verify finds before a sync has read it is a difference, and over once a comparison agrees', async () => {
    await night();
    correction('-5');
    await nights.verify();
    await look();
    expect(receiver.told()).toEqual(['opened tie_out_difference +1']);
    await nights.sync();
    await nights.verify();
    await look();
    expect(receiver.told()).toContain('recovered tie_out_difference +1');
  });
});

describe('freshness', () => {
  it('is missed by datasets whose data is older than configured, and by none of a young organization', async () => {
    await nights.sync({ datasets: ['costs'] });
    await look();
    expect(await open()).toEqual([]);
    nights.clock.advance(31 * hourMs);
    await look();
    expect(await open()).toEqual([
      'freshness_missed completions 1d',
      'freshness_missed embeddings 1d',
      'freshness_missed decisions 1d',
      'freshness_missed costs 1d',
      'freshness_missed costs_by_user 1d',
    ]);
    await nights.sync();
    await look();
    expect(await open()).toEqual([]);
    expect(receiver.told()).toEqual(['opened freshness_missed +4', 'recovered freshness_missed +4']);
  });
});

describe('status', () => {
  it('shows what needs a person first, what happened lately, and what the webhook did not take', async () => {
    receiver.answer(404);
    await night();
    nights.simulator.setFaults([
      { when: { dataset: 'embeddings' }, then: status(403) },
      { when: { dataset: 'costs' }, then: { kind: 'set-field', field: 'brand_new', json: '1' } },
    ]);
    await night();
    const all = { datasets: null, organizations: null };
    expect(await readStatus(nights.context, all)).toMatchObject({
      alerts: [{ kind: 'scope_missing', subject: 'embeddings', closed_at: null }],
      notices: [{ kind: 'drift_appeared', subject: 'costs field brand_new' }],
      undelivered: { waiting: 2, given_up: 0, last_error: 'refused: answered 404' },
    });
    expect((await readStatus(nights.context, { ...all, datasets: ['costs'] })).alerts).toEqual([]);
  });
});
