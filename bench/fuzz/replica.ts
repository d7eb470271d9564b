import type pg from 'pg';
import { emitChanges } from '../../src/run/changes.ts';
import { endpoints } from './contract.ts';
import { expectLines, expectThat } from './difference.ts';
import { rowLine } from './results.ts';
import { fieldsOf } from './store.ts';

/** A copy of the store that is made of its changes alone. */
export interface Replica {
  /** Takes what is new, and holds the copy against the store. Throws Difference. */
  follow(): Promise<void>;
}

interface Line {
  readonly op: string;
  readonly stream?: string;
  readonly key?: Readonly<Record<string, unknown>>;
  readonly row?: unknown;
  readonly cursor?: string;
}

const followed = [
  ...endpoints.map(({ name, table }) => [name, table] as const),
  ...own('cost_parts', 'line_items', 'projects', 'users', 'api_keys'),
];

function own(...tables: readonly string[]): readonly (readonly [string, string])[] {
  return tables.map((table) => [`openai.${table}`, table]);
}

/** A copy that has nothing yet. */
export function createReplica(pool: pg.Pool): Replica {
  const copies = new Map<string, Map<string, string>>(followed.map(([stream]) => [stream, new Map()]));
  const fields = new Map<string, readonly string[]>();
  let cursor: string | null = null;

  const take = (line: Line): void => {
    if (line.op === 'cursor') cursor = line.cursor ?? null;
    const copy = copies.get(line.stream ?? '');
    if (copy === undefined || line.stream === undefined) return;
    const key = JSON.stringify(line.key);
    if (line.op === 'remove') copy.delete(key);
    else {
      const row = JSON.stringify(line.row);
      fields.set(line.stream, Object.keys(JSON.parse(row)));
      copy.set(key, rowLine(fieldsOf(row)));
    }
  };

  return {
    follow: async () => {
      let text = '';
      const { signal } = new AbortController();
      await emitChanges({ pool }, { names: [], since: cursor, signal }, (part) => {
        text += part;
        return Promise.resolve(true);
      });
      const lines = text.trimEnd().split('\n');
      expectThat(lines.at(-1)?.startsWith('{"op":"cursor"') === true, () => 'the feed ends without a cursor');
      for (const line of lines) take(JSON.parse(line));
      for (const [stream, table] of followed) {
        const { rows } = await pool.query<{ line: string }>(
          `select row_to_json(t)::text as line from openai.${table} t`,
        );
        const names = fields.get(stream) ?? [];
        const stored = rows.map(({ line }) =>
          rowLine(Object.fromEntries(Object.entries(fieldsOf(line)).filter(([name]) => names.includes(name)))),
        );
        expectLines(() => `the replica of ${stream}`, stored, [...(copies.get(stream)?.values() ?? [])]);
      }
    },
  };
}
