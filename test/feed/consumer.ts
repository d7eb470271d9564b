import { expect } from 'vitest';
import type { Store } from '../../src/db/store.ts';
import { type Stream, streams } from '../../src/feed/streams.ts';
import { emitChanges } from '../../src/run/changes.ts';

/** A consumer of the feed: what it has stored of each stream, by key. */
export interface Consumer {
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Asks for what is new and stores it. Gives the lines that came. */
  poll(): Promise<Polled>;
  cursor(): string | null;
}

/** What one call brought. */
export interface Polled {
  readonly upserts: readonly ChangeLine[];
  readonly removals: readonly ChangeLine[];
}

/** One line of the feed. */
export interface ChangeLine {
  readonly op: string;
  readonly stream: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly removed_at?: string;
  readonly cursor?: string;
}

/** A consumer that has stored nothing yet. */
export function consumer(store: Pick<Store, 'pool'>, names: readonly string[] = []): Consumer {
  const tables = new Map(streams.map(({ name }) => [name, new Map<string, string>()]));
  let cursor: string | null = null;
  const poll = async (): Promise<Polled> => {
    const lines = await printed(store, names, cursor);
    const last = lines.at(-1);
    expect(last?.op).toBe('cursor');
    const upserts: ChangeLine[] = [];
    const removals: ChangeLine[] = [];
    const seen = new Set<string>();
    for (const line of lines.slice(0, -1)) {
      const key = JSON.stringify(line.key);
      // One line a key: a consumer may apply them in any order.
      expect(seen.has(`${line.stream} ${key}`)).toBe(false);
      seen.add(`${line.stream} ${key}`);
      if (line.op === 'remove') {
        removals.push(line);
        tables.get(line.stream)?.delete(key);
      } else {
        upserts.push(line);
        tables.get(line.stream)?.set(key, JSON.stringify(line.row));
      }
    }
    cursor = last?.cursor ?? null;
    return { upserts, removals };
  };
  return { tables, poll, cursor: () => cursor };
}

/** The lines of one call. */
async function printed(
  store: Pick<Store, 'pool'>,
  names: readonly string[],
  since: string | null,
): Promise<readonly ChangeLine[]> {
  let text = '';
  const { signal } = new AbortController();
  await emitChanges(store, { names, since, signal }, (part) => {
    text += part;
    return Promise.resolve(true);
  });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ChangeLine);
}

/** What a stream's table holds, as a consumer that has missed nothing has it; asked for apart from the feed's own SQL. */
async function storeOf({ pool }: Pick<Store, 'pool'>, stream: Stream): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ row: string }>(
    `select row_to_json(t)::text as row from openai."${stream.table}" t`,
  );
  const lines = rows.map(({ row }) => JSON.parse(row, exact) as Record<string, unknown>);
  return new Map(
    lines.map((line) => [
      JSON.stringify(Object.fromEntries(stream.key.map((name) => [name, shown(stream, name, line[name])]))),
      JSON.stringify(Object.fromEntries(stream.columns.map(({ name }) => [name, shown(stream, name, line[name])]))),
    ]),
  );
}

/** Numbers by their digits. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new Digits(context?.source ?? '') : value;
}

class Digits {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function shown({ columns }: Stream, name: string, value: unknown): unknown {
  const type = columns.find((column) => column.name === name)?.type;
  if (value instanceof Digits) return type === 'numeric' || type === 'bigint' ? value.source : Number(value.source);
  if (type === 'jsonb')
    return JSON.parse(
      JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Digits ? Number(inner.source) : inner)),
    );
  return value;
}

/** Expects that a consumer has exactly what the store has. */
export async function expectEqual(consumer: Consumer, store: Pick<Store, 'pool'>): Promise<void> {
  for (const stream of streams) {
    const stored = await storeOf(store, stream);
    const held = consumer.tables.get(stream.name) ?? new Map<string, string>();
    expect({ stream: stream.name, rows: held.size }).toEqual({ stream: stream.name, rows: stored.size });
    const differing = [...stored].filter(([key, row]) => held.get(key) !== row);
    expect({ stream: stream.name, differing: differing.slice(0, 3) }).toEqual({ stream: stream.name, differing: [] });
  }
}
