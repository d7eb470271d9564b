import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { metricDefinitions, serviceMetrics } from '../../src/serve/metric-definitions.ts';
import { version } from '../../src/version.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';
import { type Exposition, parseExposition } from './support/exposition.ts';
import { ask, observing, serve } from './support/service.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function scrape(nights: Nights): Promise<Exposition> {
  const server = await serve(observing(nights));
  try {
    const { status, headers, text } = await ask(`${server.url}/metrics`);
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
    });
    return parseExposition(text);
  } finally {
    await server.close();
  }
}

describe('after some nights', () => {
  let nights: Nights;
  let page: Exposition;

  beforeAll(async () => {
    nights = await liveThroughNights({
      datasets: [completions, costs, costsByUser],
      days: 20,
      simulator: { groupsPerDataset: 3 },
    });
    await nights.sync();
    nights.clock.advance(dayMs);
    nights.simulator.setFaults([
      { when: { dataset: 'completions', nth: 1 }, then: { kind: 'status', status: 429, retryAfter: '1' } },
      {
        when: { dataset: 'completions' },
        then: { kind: 'set-field', field: 'odd "name"\\', json: '1', buckets: [3] },
      },
    ]);
    await nights.sync();
    await nights.verify();
    nights.clock.advance(hourMs);
    page = await scrape(nights);
  });
  afterAll(() => nights.close());

  it('counts runs, requests by status, retries and rows as the database has them', async () => {
    const { rows } = await nights.database.pool.query<Record<string, number>>(
      `select sum(retries)::int as retries, sum(requests)::int as requests, sum(rows_inserted)::int as inserted,
         sum(rows_updated)::int as updated, sum(rows_deleted)::int as deleted from openai_etl.runs`,
    );
    const stored = rows[0] ?? {};
    expect(page.of('usage_etl_runs_total')).toEqual({
      'org=acme,command=sync,status=ok': 2,
      'org=acme,command=sync,status=partial': 0,
      'org=acme,command=sync,status=failed': 0,
      'org=acme,command=verify,status=ok': 1,
    });
    const requests = page.of('usage_etl_requests_total');
    expect(requests['org=acme,status=429']).toBe(1);
    expect(Object.values(requests).reduce((sum, value) => sum + value, 0)).toBe(stored['requests']);
    expect(page.of('usage_etl_retries_total')).toEqual({ 'org=acme': stored['retries'] });
    expect(stored['retries']).toBe(1);
    expect(page.of('usage_etl_rows_total')).toEqual({
      'org=acme,kind=inserted': stored['inserted'],
      'org=acme,kind=updated': stored['updated'],
      'org=acme,kind=deleted': stored['deleted'],
    });
  });

  it('tells how far and how old the data is', async () => {
    const { rows } = await nights.database.pool.query<{ through: Date }>(
      `select max(observed_at) as through from openai_etl.buckets where dataset = 'costs'`,
    );
    const through = (rows[0]?.through.getTime() ?? 0) / 1000;
    const ledger = 'org=acme,dataset=costs,width=1d';
    expect(page.of('usage_etl_data_through_timestamp_seconds')[ledger]).toBe(through);
    expect(page.of('usage_etl_data_age_seconds')[ledger]).toBe(nights.clock.now().getTime() / 1000 - through);
    expect(page.of('usage_etl_data_fresh')[ledger]).toBe(1);
    expect(page.of('usage_etl_buckets_missing')[ledger]).toBe(0);
  });

  it('tells the spend of yesterday as the table sums it up', async () => {
    const { rows } = await nights.database.pool.query<{ amount: string }>(
      `select sum(amount_value)::text as amount from openai.costs where bucket_start = '2026-11-23'`,
    );
    expect(Number(rows[0]?.amount)).toBeGreaterThan(0);
    expect(page.of('usage_etl_spend_yesterday')).toEqual({ 'org=acme,currency=usd': Number(rows[0]?.amount) });
  });

  it('tells what the last verify came to', () => {
    const measure = 'org=acme,dataset=costs,measure=amount_value';
    expect(page.of('usage_etl_tie_out_difference')[measure]).toBe(0);
    const comparedAt = (nights.clock.now().getTime() - hourMs) / 1000;
    expect(page.of('usage_etl_tie_out_last_timestamp_seconds')[measure]).toBe(comparedAt);
  });

  it('counts drift whatever the API calls it, without making a series of each name', () => {
    const drift = page.of('usage_etl_drift_total');
    expect(Object.keys(drift)).toHaveLength(3 * 3);
    expect(Object.entries(drift).filter(([, count]) => count > 0)).toHaveLength(1);
    expect(drift['org=acme,dataset=completions,kind=field']).toBeGreaterThan(0);
  });

  it('tells of the schedule, the version and the process', () => {
    expect(page.of('usage_etl_schedule_next_timestamp_seconds')).toEqual({
      'name=nightly': Date.parse('2026-11-24T03:17:00Z') / 1000,
    });
    expect(page.of('usage_etl_build_info')).toEqual({ [`version=${version}`]: 1 });
    expect(page.of('usage_etl_database_up')).toEqual({ '': 1 });
    expect(page.types.get('process_cpu_seconds_total')).toBe('counter');
  });

  it('names nothing that is not defined, and types and labels it as defined', () => {
    const defined = new Map(
      [...metricDefinitions, ...Object.values(serviceMetrics)].map((definition) => [definition.name, definition]),
    );
    for (const { name, labels } of page.samples.filter((sample) => sample.name.startsWith('usage_etl_'))) {
      const definition = defined.get(name);
      expect({ name, type: page.types.get(name), labels: Object.keys(labels) }).toEqual({
        name,
        type: definition?.type,
        labels: definition?.labels,
      });
      expect(name.endsWith('_total')).toBe(definition?.type === 'counter');
    }
  });
});

describe('what is not known is absent', () => {
  it('before the first run there is neither spend nor age, and every bucket is missing', async () => {
    const nights = await liveThroughNights({ datasets: [completions, costs], days: 10 });
    try {
      const page = await scrape(nights);
      expect(page.of('usage_etl_spend_yesterday')).toEqual({});
      expect(page.of('usage_etl_data_age_seconds')).toEqual({});
      expect(page.of('usage_etl_runs_total')['org=acme,command=sync,status=failed']).toBe(0);
      // A counter that is not there before its first event has never grown for Prometheus.
      expect(page.of('usage_etl_requests_total')['org=acme,status=429']).toBe(0);
      expect(page.of('usage_etl_drift_total')['org=acme,dataset=costs,kind=field']).toBe(0);
      expect(page.of('usage_etl_restatements_total')['org=acme,dataset=costs']).toBe(0);
      expect(page.of('usage_etl_data_fresh')['org=acme,dataset=costs,width=1d']).toBe(0);
      expect(page.of('usage_etl_buckets_missing')['org=acme,dataset=costs,width=1d']).toBe(10);
    } finally {
      await nights.close();
    }
  });

  it('yesterday counts as known only when it was read after its end, and a day without spending is 0', async () => {
    const nights = await liveThroughNights({ datasets: [costs], days: 10, now: '2026-11-22T12:00:00Z' });
    try {
      await nights.sync();
      nights.clock.advance(dayMs);
      expect((await scrape(nights)).of('usage_etl_spend_yesterday')).toEqual({});
      nights.simulator.restate([{ kind: 'empty-day', dataset: 'costs', day: new Date('2026-11-22T00:00:00Z') }]);
      await nights.sync();
      expect((await scrape(nights)).of('usage_etl_spend_yesterday')).toEqual({ 'org=acme,currency=usd': 0 });
    } finally {
      await nights.close();
    }
  });

  it('a difference is as large as it was found, and alerts, quarantine and waiting messages are counted', async () => {
    const nights = await liveThroughNights({ datasets: [completions], days: 10 });
    try {
      await nights.sync();
      await nights.database.pool.query(
        `update openai.usage_completions set input_tokens = input_tokens + 7
         where (bucket_start, series_id) = (select bucket_start, series_id from openai.usage_completions limit 1)`,
      );
      await nights.verify();
      await nights.database.pool.query(`
        insert into openai_etl.alerts (kind, org_id, subject, severity, summary, detail, remedy, opened_at, last_seen_at)
        values ('quarantine_appeared', 'acme', 'a', 'warning', '', '', '', now(), now()),
          ('quarantine_appeared', 'acme', 'b', 'warning', '', '', '', now(), now());
        insert into openai_etl.notifications (alert_id, event, created_at)
        select alert_id, 'opened', now() from openai_etl.alerts;
        insert into openai_etl.quarantine (org_id, dataset, bucket_width, reason, detail, raw, first_seen_at, last_seen_at, run_id)
        values ('acme', 'completions', '1d', 'negative_count', '', '1', now(), now(), 1)`);
      const page = await scrape(nights);
      expect(page.of('usage_etl_tie_out_difference')['org=acme,dataset=completions,measure=input_tokens']).toBe(7);
      expect(
        page.of('usage_etl_tie_out_buckets_disagreeing')['org=acme,dataset=completions,measure=input_tokens'],
      ).toBe(1);
      expect(page.of('usage_etl_alerts_open')).toEqual({ 'kind=quarantine_appeared,severity=warning': 2 });
      expect(page.of('usage_etl_notifications_waiting')).toEqual({ '': 2 });
      expect(page.of('usage_etl_quarantine_entries')).toEqual({
        'org=acme,dataset=completions,reason=negative_count': 1,
      });
    } finally {
      await nights.close();
    }
  });
});

describe('the check of the format itself', () => {
  it.each([
    ['# HELP a b\n# TYPE a gauge\na{x="1} 1\n', 'an open label'],
    ['# HELP a b\n# TYPE a gauge\na 1\na 1\n', 'a sample that comes twice'],
    ['# TYPE a gauge\na 1\n', 'a metric without help'],
    ['# HELP a b\n# TYPE a gauge\nb 1\n', 'a sample of another metric'],
    ['# HELP a b\n# TYPE a gauge\na one\n', 'a word for a number'],
    ['# HELP a b\n# TYPE a gauge\na 1', 'a line without an end'],
  ])('refuses %j: %s', (text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
