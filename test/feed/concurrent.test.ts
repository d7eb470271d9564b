import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { moderations } from '../../src/catalog/datasets/moderations.ts';
import { openStore, type Store } from '../../src/db/store.ts';
import { EtlError } from '../../src/errors.ts';
import { changeLines } from '../../src/feed/changes.ts';
import { inSnapshot } from '../../src/feed/cursor.ts';
import { streamsNamed } from '../../src/feed/streams.ts';
import { createLoader } from '../../src/load/loader.ts';
import { silentLog } from '../../src/log.ts';
import { createPageDecoder } from '../../src/parse/page.ts';
import { createDecoder } from '../../src/parse/result.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { assembleSlice } from '../../src/parse/slice.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import type { ChangeLine } from './consumer.ts';

const daySeconds = 86_400;
const firstDay = Date.UTC(2026, 0, 1) / 1000;
const days = 5;
const slowRounds = 40;
const followed = [embeddings, moderations];

/** One row that a reader has, or the store: its content, and the transaction that it says changed it. */
interface Version {
  readonly row: string;
  readonly xid: bigint;
}

/** By stream and key. */
type Rows = Map<string, Version>;

describe('a feed that is read while many write', () => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await testDatabase();
    const clock = fakeClock('2026-03-01T00:00:00Z');
    store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog, maxConnections: 16 });
  });
  afterEach(async () => {
    await store.close();
    await database.close();
  });

  /** Aborted when enough has been written, or when something failed: nobody goes on then. */
  let ended = new AbortController();

  /** What has happened so far: commits of quick writers, and rounds of all readers. */
  const happened = { commits: 0, polls: 0, readings: 0 };

  /** Loads reading after reading of some days, by the real loader, each with other models and other numbers. */
  const writer = (dataset: Dataset, fromDay: number, pool: Pick<Store, 'pool'>['pool']) => {
    const start = firstDay + fromDay * daySeconds;
    const load = createLoader({
      store: { ...store, pool },
      organization: 'acme',
      dataset,
      width: '1d',
      settleSeconds: 0,
      acceptRestatement: true,
      keptDimensions: [],
      recheck: false,
      preview: false,
    });
    return async () => {
      happened.readings += 1;
      const reading = happened.readings;
      const slice = sliceOf(dataset, start, reading);
      const at = new Date(Date.UTC(2026, 1, 1) + reading * 1000);
      for (;;) {
        try {
          await load(slice, { runId: 1, observedAt: at, loadedAt: at, grain: ['model'], filters: null });
          return;
        } catch (thrown) {
          if (ended.signal.aborted || !(thrown instanceof EtlError) || thrown.verdict !== 'retry') throw thrown;
        }
      }
    };
  };

  const until = (condition: () => boolean) =>
    vi.waitFor(() => expect(ended.signal.aborted || condition()).toBe(true), { timeout: 60_000, interval: 2 });

  /** A pool whose transactions commit only after others that began later have, and after every reader has seen those. */
  const slowPool = (): Store['pool'] => {
    const late = async () => {
      const { commits } = happened;
      await until(() => happened.commits > commits + 2);
      const { polls } = happened;
      await until(() => happened.polls > polls + 1);
    };
    return bent(store.pool, 'connect', async () =>
      bentQuery(await store.pool.connect(), (text) => (text === 'commit' ? late() : Promise.resolve())),
    );
  };

  /** What the store holds of the streams, in the snapshot of the connection. */
  const stored = async (client: Pick<PoolClient, 'query'>): Promise<Rows> => {
    const rows: Rows = new Map();
    for (const { name, table } of followed) {
      const answer = await client.query<{ day: string; series: string; model: string; tokens: string; xid: string }>(
        `select bucket_start::text as day, series_id::text as series, model, input_tokens::text as tokens,
           changed_xid::text as xid from openai."${table}"`,
      );
      for (const { day, series, model, tokens, xid } of answer.rows) {
        rows.set(`${name} ${day} ${series}`, { row: `${model} ${tokens}`, xid: BigInt(xid) });
      }
    }
    return rows;
  };

  /** Reads the feed, and proves after every call that it has told all there was to tell, once. */
  const rightReader = () => {
    const held = new Map<string, string>();
    const delivered = new Set<string>();
    let since: bigint | null = null;
    const told = { upserts: 0, removals: 0 };
    const apply = (line: ChangeLine, now: Rows) => {
      const { bucket_start: start, series_id: series } = line.key;
      const key = `${line.stream} ${String(start).replace('T', ' ').replace('+00:00', '+00')} ${series}`;
      const version = line.op === 'remove' ? `removed at ${line.removed_at}` : now.get(key)?.xid;
      expect(delivered.has(`${key} ${version}`)).toBe(false);
      delivered.add(`${key} ${version}`);
      if (line.op === 'remove') {
        told.removals += 1;
        held.delete(key);
      } else {
        told.upserts += 1;
        held.set(key, `${line.row?.['model']} ${line.row?.['input_tokens']}`);
      }
    };
    const poll = () =>
      inSnapshot(store.pool, async (client, bound) => {
        const now = await stored(client);
        let text = '';
        const chosen = streamsNamed(followed.map(({ name }) => name));
        for await (const lines of changeLines(client, chosen, { since, bound })) text += lines.text;
        for (const line of text.split('\n').filter((one) => one !== '')) apply(JSON.parse(line) as ChangeLine, now);
        since = bound.xid;
        const complete = [...now].filter(([, { xid }]) => xid < bound.xid);
        expect(complete.filter(([key, { row }]) => held.get(key) !== row)).toEqual([]);
        // What else it has is about to change: a transaction that it has not been told of has changed it, or removed it.
        const gone = await client.query<{ key: string }>(
          `select case table_name when 'openai.usage_embeddings' then 'embeddings' else 'moderations' end
             || ' ' || (key->>'bucket_start')::timestamptz || ' ' || (key->>'series_id') as key
           from openai_etl.removals where removed_xid >= $1::text::xid8`,
          [String(bound.xid)],
        );
        const going = new Set(gone.rows.map(({ key }) => key));
        const wrong = [...held.keys()].filter((key) => !now.has(key) && !going.has(key));
        expect(wrong).toEqual([]);
      });
    return { held, told, poll };
  };

  /** Reads what is beyond the greatest value it has seen of a column: what a feed must not do. */
  const wrongReader = (column: 'updated_at' | 'changed_xid') => {
    const held = new Map<string, string>();
    const greatest = new Map<string, string>();
    const poll = async () => {
      for (const { name, table } of followed) {
        const { rows } = await store.pool.query<{ key: string; row: string; seen: string }>(
          `select concat_ws(' ', $1::text, bucket_start::text, series_id) as key, concat_ws(' ', model, input_tokens) as row,
             ${column}::text as seen
           from openai."${table}" where $2::text is null or ${column} > $2::text::${column === 'updated_at' ? 'timestamptz' : 'xid8'}
           order by ${column}`,
          [name, greatest.get(name) ?? null],
        );
        for (const { key, row } of rows) held.set(key, row);
        const last = rows.at(-1);
        if (last !== undefined) greatest.set(name, last.seen);
      }
    };
    return { held, poll };
  };

  it('equals the store at every cursor, tells every version once and every removal, and readers by time or id miss some', async () => {
    ended = new AbortController();
    Object.assign(happened, { commits: 0, polls: 0, readings: 0 });
    // Models are known by then: whoever enters a new one makes others that do wait for its commit.
    for (const dataset of followed) await writer(dataset, 2 * days, store.pool)();
    const right = rightReader();
    const byTime = wrongReader('updated_at');
    const byId = wrongReader('changed_xid');
    const slow = [writer(embeddings, 0, slowPool()), writer(moderations, 0, slowPool())];
    const quick = [
      writer(embeddings, days, store.pool),
      writer(embeddings, days, store.pool),
      writer(moderations, days, store.pool),
    ];
    const all = async () => {
      await right.poll();
      await byTime.poll();
      await byId.poll();
      happened.polls += 1;
    };
    const whileWritten = async (work: () => Promise<void>) => {
      while (!ended.signal.aborted) await work();
    };
    const quickly = quick.map((load) =>
      whileWritten(async () => {
        await load();
        happened.commits += 1;
      }),
    );
    const slowly = slow.map(async (load) => {
      for (let round = 0; round < slowRounds && !ended.signal.aborted; round += 1) await load();
    });
    const enough = Promise.all(slowly).then(() => ended.abort());
    const failures: unknown[] = [];
    const failed = (failure: unknown) => {
      failures.push(failure);
      ended.abort();
    };
    await Promise.all([whileWritten(all), ...quickly, enough].map((one) => one.catch(failed)));
    // What fails after the first one fails because of it.
    if (failures.length > 0) throw failures[0];
    await transactionsToEnd(store.pool);
    await all();

    const truth = new Map([...(await stored(store.pool))].map(([key, { row }]) => [key, row]));
    expect(truth.size).toBeGreaterThan(50);
    expect(right.held).toEqual(truth);
    expect(right.told.removals).toBeGreaterThan(50);
    expect(right.told.upserts).toBeGreaterThan(500);
    for (const { held } of [byTime, byId]) {
      const missed = [...truth].filter(([key, row]) => held.get(key) !== row);
      expect(missed.length).toBeGreaterThan(0);
    }
  }, 120_000);
});

/** A slice of some days, each with some of ten models, both told by the number of the reading. */
function sliceOf(dataset: Dataset, start: number, reading: number) {
  const series = createSeriesCache('acme', dataset, '1d');
  const decode = createPageDecoder(dataset, createDecoder(dataset, series), new Set([dataset.object]));
  const data = Array.from({ length: days }, (_, day) => ({
    object: 'bucket',
    start_time: start + day * daySeconds,
    end_time: start + (day + 1) * daySeconds,
    results: Array.from({ length: 10 }, (_model, model) => model)
      .filter((model) => (model * 7 + day + reading) % 3 > 0)
      .map((model) => ({
        object: dataset.object,
        model: `model-${model}`,
        // Some rows stay as they are from one reading to the next.
        input_tokens: model < 4 ? 100 + model : reading * 10 + model,
        num_model_requests: 1,
      })),
  }));
  const page = decode(JSON.stringify({ object: 'page', data, has_more: false, next_page: null }));
  return assembleSlice([page], '1d', start, start + days * daySeconds);
}

/** An object with one of its methods replaced. */
function bent<T extends object>(target: T, method: keyof T, replacement: unknown): T {
  return new Proxy(target, {
    get(from, name) {
      if (name === method) return replacement;
      const value: unknown = Reflect.get(from, name);
      return typeof value === 'function' ? value.bind(from) : value;
    },
  });
}

function bentQuery(client: PoolClient, before: (text: unknown) => Promise<void>): PoolClient {
  return bent(client, 'query', (...args: unknown[]) => {
    const go = () => Reflect.apply(client.query, client, args) as unknown;
    // Streams of COPY are no promises and are handed through.
    return typeof args[0] === 'string' ? before(args[0]).then(go) : go();
  });
}
