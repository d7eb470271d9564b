import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { createLoader } from '../../src/load/loader.ts';
import { silentLog } from '../../src/log.ts';
import { createPageDecoder } from '../../src/parse/page.ts';
import { createDecoder } from '../../src/parse/result.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { assembleSlice } from '../../src/parse/slice.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const daySeconds = 86_400;
const start = Date.UTC(2026, 0, 1) / 1000;
const days = 20;
const loadedAt = new Date('2026-03-01T00:00:00Z');

describe('two writers of the same buckets', () => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await testDatabase();
    const clock = fakeClock('2026-03-01T00:00:00Z');
    store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
  });
  afterEach(async () => {
    await store.close();
    await database.close();
  });

  /** A slice in which every day has the given models, each with the given number of tokens. */
  const sliceOf = (models: readonly string[], tokens: number) => {
    const series = createSeriesCache('acme', embeddings, '1d');
    const decode = createPageDecoder(embeddings, createDecoder(embeddings, series), new Set([embeddings.object]));
    const results = models.map((model) => ({
      object: embeddings.object,
      model,
      input_tokens: tokens,
      num_model_requests: 1,
    }));
    const data = Array.from({ length: days }, (_, day) => ({
      object: 'bucket',
      start_time: start + day * daySeconds,
      end_time: start + (day + 1) * daySeconds,
      results,
    }));
    const page = decode(JSON.stringify({ object: 'page', data, has_more: false, next_page: null }));
    return assembleSlice([page], '1d', start, start + days * daySeconds);
  };

  const writer = () => {
    const load = createLoader({
      store,
      organization: 'acme',
      dataset: embeddings,
      width: '1d',
      settleSeconds: 0,
      acceptRestatement: true,
      keptDimensions: [],
      recheck: false,
      preview: false,
    });
    return async (slice: ReturnType<typeof sliceOf>, observedAt: Date) => {
      for (;;) {
        try {
          return await load(slice, { runId: 1, observedAt, loadedAt, grain: ['model'], filters: null });
        } catch (thrown) {
          if (!(thrown instanceof EtlError) || thrown.verdict !== 'retry') throw thrown;
        }
      }
    };
  };

  it.each([1, 2, 3, 4, 5])('leave the newer reading whole, whoever comes first (round %i)', async () => {
    const newer = new Date('2026-02-02T00:00:00Z');
    const older = new Date('2026-02-01T00:00:00Z');
    await Promise.all([
      writer()(sliceOf(['a', 'b'], 10), older),
      writer()(sliceOf(['c'], 30), newer),
      writer()(sliceOf(['d', 'a'], 20), older),
    ]);
    const { rows } = await database.pool.query(
      'select model, input_tokens, count(*)::int as days from openai.usage_embeddings group by 1, 2',
    );
    expect(rows).toEqual([{ model: 'c', input_tokens: 30, days }]);
    const { rows: ledger } = await database.pool.query(
      'select distinct row_count, observed_at from openai_etl.buckets',
    );
    expect(ledger).toEqual([{ row_count: 1, observed_at: newer }]);
  });

  it('leave the newer reading whole when it is committed between two looks of the older one', async () => {
    const newer = new Date('2026-02-02T00:00:00Z');
    const older = new Date('2026-02-01T00:00:00Z');
    await writer()(sliceOf(['c'], 30), newer);
    const session = await database.pool.connect();
    try {
      await session.query(`create temp table kept_rows as table openai.usage_embeddings;
        create temp table kept_entries as table openai_etl.buckets;
        delete from openai.usage_embeddings; delete from openai_etl.buckets`);
      // The older reading finds nothing in the ledger and then waits to look at the rows.
      await session.query('begin; lock table openai.usage_embeddings in access exclusive mode');
      const loaded = writer()(sliceOf(['a', 'b'], 10), older);
      await vi.waitFor(
        async () => {
          const { rows } = await database.pool.query(
            `select from pg_locks join pg_database d on d.oid = database and d.datname = current_database()
             where not granted and relation = 'openai.usage_embeddings'::regclass`,
          );
          expect(rows).toHaveLength(1);
        },
        { timeout: 20_000, interval: 5 },
      );
      await session.query(`insert into openai.usage_embeddings table kept_rows;
        insert into openai_etl.buckets table kept_entries; commit`);
      await loaded;
    } finally {
      session.release();
    }
    const { rows } = await database.pool.query('select distinct model, input_tokens from openai.usage_embeddings');
    expect(rows).toEqual([{ model: 'c', input_tokens: 30 }]);
  });
});
