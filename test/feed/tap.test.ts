import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { streams } from '../../src/feed/streams.ts';
import { discoverStreams, emitTap } from '../../src/run/tap.ts';
import { daysBack, liveThroughNights, type Nights } from '../support/nights.ts';
import { testDatabase } from '../support/postgres.ts';
import { transactionsToEnd } from '../support/quiet.ts';
import { type Target, target } from './singer-checker.ts';

const dayMs = 86_400_000;

interface Given {
  readonly catalog?: string;
  readonly state?: string | null;
}

describe('the Singer tap', { timeout: 120_000 }, () => {
  let nights: Nights;
  let warehouse: Target;
  beforeEach(async () => {
    nights = await liveThroughNights({
      datasets: [completions, embeddings, costs],
      days: 10,
      config: { directory: { hours: 12, personalData: true } },
    });
    await nights.sync();
    warehouse = target();
  });
  afterEach(async () => {
    await nights.close();
  });

  const output = async ({ catalog, state }: Given): Promise<string> => {
    await transactionsToEnd(nights.database.pool);
    let text = '';
    const { clock, context } = nights;
    const options = { catalog: catalog ?? null, state: state ?? null, now: clock.now(), signal: context.signal };
    await emitTap(nights.store, options, (part) => {
      text += part;
      return Promise.resolve(true);
    });
    return text;
  };
  const tapped = async (given: Given = {}) => warehouse.take(await output({ state: warehouse.state(), ...given }));

  /** Expects that the warehouse has the rows of the store, value by value. */
  const expectEqual = async (tables = streams.map(({ table }) => table)) => {
    for (const stream of streams.filter(({ table }) => tables.includes(table))) {
      const texts = stream.columns.map(({ name, type }) =>
        type === 'timestamptz' ? `to_json("${name}") #>> '{}' as "${name}"` : `"${name}"::text as "${name}"`,
      );
      const { rows } = await nights.database.pool.query<Record<string, string | null>>(
        `select ${texts.join(', ')} from openai."${stream.table}"`,
      );
      const kept = [...(warehouse.tables.get(stream.table)?.values() ?? [])].map(({ record }) =>
        stream.columns.map(({ name }) => (record[name] === null ? null : String(record[name]))),
      );
      const stored = rows.map((row) => stream.columns.map(({ name }) => row[name]));
      const sorted = (some: readonly unknown[]) => some.map((one) => JSON.stringify(one)).sort();
      expect({ stream: stream.table, rows: sorted(kept) }).toEqual({ stream: stream.table, rows: sorted(stored) });
    }
  };
  const restate = () =>
    nights.simulator.restate([
      { kind: 'scale', dataset: 'costs', day: daysBack(nights, 4), factor: 1.5 },
      { kind: 'empty-day', dataset: 'embeddings', day: daysBack(nights, 5) },
    ]);

  it('keeps a warehouse equal to the store through nights with restatements and removals', async () => {
    const first = await tapped();
    expect(first).toMatchObject({ removals: 0, states: streams.length, activations: streams.length });
    await expectEqual();
    for (let night = 0; night < 3; night += 1) {
      nights.clock.advance(dayMs);
      restate();
      await nights.sync();
      const next = await tapped();
      expect(next.activations).toBe(0);
      expect(next.removals).toBeGreaterThan(0);
      expect(next.records).toBeLessThan(first.records);
      await expectEqual();
    }
    expect(await tapped()).toMatchObject({ records: 0, removals: 0 });
  });

  it('goes on from any state it has printed, when a run ends early', async () => {
    const whole = await output({});
    const lines = whole.split('\n');
    const states = lines.flatMap((line, index) => (line.startsWith('{"type":"STATE"') ? [index + 1] : []));
    for (const end of [states[0], states[10], states[14]].filter((at) => at !== undefined)) {
      warehouse = target();
      // What comes after the last state is lost with the run.
      warehouse.take(`${lines.slice(0, end).join('\n')}\n`);
      nights.simulator.restate([{ kind: 'scale', dataset: 'costs', day: daysBack(nights, 3), factor: 2 }]);
      await nights.sync({ refetch: true });
      const rest = await tapped();
      expect(rest.activations).toBe(streams.length - states.indexOf(end) - 1);
      await expectEqual();
    }
  });

  it('reads everything again, and has the old rows dropped, when the state is of another server or too old', async () => {
    await tapped();
    restate();
    await nights.sync({ refetch: true });
    const foreign = (warehouse.state() ?? '').replace(/v1\.[0-9a-f]{16}/g, 'v1.0123456789abcdef');
    expect(await tapped({ state: foreign })).toMatchObject({ removals: 0, activations: streams.length });
    await expectEqual();
    expect(await tapped()).toMatchObject({ records: 0, activations: 0 });
  });

  it('reads what a catalog selects and nothing else, the key always', async () => {
    const { streams: entries } = JSON.parse(discoverStreams()) as { streams: Entry[] };
    const catalog = JSON.stringify({
      streams: entries.map((entry) => ({
        ...entry,
        metadata: entry.metadata.map(({ breadcrumb, metadata }) => {
          const field = breadcrumb.at(-1);
          const selected = field === undefined ? entry.stream === 'costs' : ['line_item', 'org_id'].includes(field);
          return { breadcrumb, metadata: { ...metadata, selected } };
        }),
      })),
    });
    await tapped({ catalog });
    expect([...warehouse.tables.keys()]).toEqual(['costs']);
    const [kept] = [...(warehouse.tables.get('costs')?.values() ?? [])];
    expect(Object.keys(kept?.record ?? {})).toEqual([
      ...['org_id', 'series_id', 'bucket_start', 'line_item', 'changed_xid', '_sdc_deleted_at'],
    ]);
  });

  it('selects nothing of a catalog that deselects, and what is selected by default of one that says nothing', async () => {
    const { streams: entries } = JSON.parse(discoverStreams()) as { streams: Entry[] };
    await tapped({ catalog: discoverStreams() });
    await expectEqual();
    const none = entries.map((entry) => ({ ...entry, metadata: [{ breadcrumb: [], metadata: { selected: false } }] }));
    expect(await output({ catalog: JSON.stringify({ streams: none }) })).toBe('');
  });
});

describe('what the Singer tap offers and takes', () => {
  it.each([
    [{ catalog: 'streams:' }, 'the catalog is no JSON'],
    [{ catalog: '{"streams":[{"tap_stream_id":"bills"}]}' }, 'the catalog has a stream "bills"'],
    [{ state: '{"bookmarks":7}' }, 'the state is not one of Singer: bookmarks'],
    [{ state: '{"bookmarks":{"costs":{"cursor":"v9","version":1}}}' }, '"v9" is not a cursor'],
  ])('refuses %j', async (given, message) => {
    const database = await testDatabase();
    const options = { catalog: null, state: null, ...given, now: new Date(0), signal: new AbortController().signal };
    await expect(emitTap(database, options, () => expect.fail('a message'))).rejects.toMatchObject({
      exit: 2,
      message: expect.stringContaining(message),
    });
    await database.close();
  });

  it('says of money that it is a text, and of every stream which key it has', () => {
    const { streams: entries } = JSON.parse(discoverStreams()) as { streams: Entry[] };
    const bill = entries.find(({ stream }) => stream === 'costs');
    expect(bill?.schema.properties['amount_value']).toEqual({ type: ['null', 'string'] });
    expect(bill?.metadata[0]?.metadata).toMatchObject({
      'table-key-properties': ['org_id', 'bucket_start', 'series_id'],
      'forced-replication-method': 'INCREMENTAL',
      'valid-replication-keys': ['changed_xid'],
    });
    expect(entries.map(({ tap_stream_id: id }) => id)).toEqual(streams.map(({ table }) => table));
  });
});

interface Entry {
  readonly tap_stream_id: string;
  readonly stream: string;
  readonly schema: { readonly properties: Readonly<Record<string, unknown>> };
  readonly metadata: readonly {
    readonly breadcrumb: readonly string[];
    readonly metadata: Readonly<Record<string, unknown>>;
  }[];
}
