import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { readStatus } from '../../src/run/status.ts';
import type { Fault } from '../../src/simulator/index.ts';
import { liveThroughNights, type Nights } from '../support/nights.ts';

const marker = 'planted_by_the_api';
const hostile = `${marker}'); drop table openai.costs; --"$$ \\' ${'`'}{}`;

let nights: Nights | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  await nights?.close();
  nights = undefined;
});

/** The text of everything that goes to PostgreSQL as SQL from now on; values travel apart from it. */
function recordSql(): string[] {
  const texts: string[] = [];
  const query = pg.Client.prototype.query;
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [statement] = args;
    texts.push(
      typeof statement === 'string' ? statement : JSON.stringify(Reflect.get(Object(statement), 'text') ?? ''),
    );
    return Reflect.apply(query, this, args);
  });
  return texts;
}

const set = (dataset: string, field: string, value: unknown, buckets?: readonly number[]): Fault => ({
  when: { dataset },
  then: { kind: 'set-field', field, json: JSON.stringify(value), ...(buckets && { buckets }) },
});

describe('what the API sends', () => {
  it('never becomes part of an SQL text: values, names of fields, tags, messages', async () => {
    nights = await liveThroughNights({ datasets: [completions, costs], days: 6 });
    const texts = recordSql();
    const world: Fault[] = [
      set('completions', 'model', hostile),
      set('completions', hostile, hostile),
      set('completions', 'num_model_requests', hostile, [1]),
      set('completions', 'object', hostile, [2]),
      set('costs', 'line_item', hostile),
      set('costs', 'amount', { value: '1.5', currency: hostile }),
    ];
    nights.simulator.setFaults(world);
    await nights.sync();
    nights.simulator.setFaults([...world, set('completions', 'model', `${hostile} again`)]);
    await nights.sync({ refetch: true });
    await nights.verify();
    await readStatus(nights.context, { datasets: null, organizations: null });
    nights.simulator.setFaults([{ when: {}, then: { kind: 'status', status: 400, message: hostile } }]);
    await nights.sync({ refetch: true });

    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => text.includes(marker))).toEqual([]);
    const { rows } = await nights.database.pool.query<Record<string, number>>(`
      select (select count(*)::int from openai.usage_completions where model like '${marker}%') as models,
        (select count(*)::int from openai.costs where amount_currency like '${marker}%') as currencies,
        (select count(*)::int from openai_etl.restatements where old_row::text like '%${marker}%') as restated,
        (select count(*)::int from openai_etl.quarantine where raw::text like '%${marker}%') as quarantined,
        (select count(*)::int from openai_etl.drift where name like '${marker}%') as drifted`);
    for (const [what, count] of Object.entries(rows[0] ?? {}))
      expect({ what, stored: count > 0 }).toEqual({ what, stored: true });
  }, 60_000);
});

/** A template literal that begins like a statement; templates inside its interpolations included. */
const template = /`(?:[^`\\$]|\\.|\$(?!\{)|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\})*`/g;
const statement =
  /^`\s*(?:with\s|select\s|insert\s+into|update\s|delete\s+from|merge\s|create\s|alter\s|drop\s|set\s|copy\s|declare\s|analyze\s|truncate\s|comment\s+on|lock\s+table|grant\s|fetch\s)/i;
const interpolation = /\$\{((?:[^{}`]|`[^`]*`|\{[^{}]*\})*)\}/g;

/** A constant's name, a quoted identifier, a choice of two texts of the program's own, or a list made of constants. */
const harmless = [
  /^[a-zA-Z]+$/,
  /^quoted\(.+\)$/,
  /^[\w.]+ \? '[^']*' : '[^']*'$/,
  /^(?:said|valuesOf)\('[fs]'\)$/,
  /^values\.map\(\(name\) => `\$\{name\} = s\.\$\{name\}`\)\.join\(', '\)$/,
];

it('no SQL text in the source reaches into an object for a part of itself', () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url));
  const files = globSync(`${src}/{load,db,derive,export,run,alert,serve}/**/*.ts`);
  const statements = files.flatMap((file) =>
    (readFileSync(file, 'utf8').match(template) ?? [])
      .filter((text) => statement.test(text) && text.includes('${'))
      .map((text) => ({
        file: relative(src, file),
        parts: [...text.matchAll(interpolation)].map(([, part = '']) => part),
      })),
  );
  expect(statements.length).toBeGreaterThan(15);
  const suspicious = statements.flatMap(({ file, parts }) =>
    parts.filter((part) => !harmless.some((form) => form.test(part))).map((part) => `${file}: ${part}`),
  );
  expect(suspicious).toEqual([]);
});
