import fc from 'fast-check';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { copyBuckets } from '../../src/load/copy.ts';
import { copyNumeric } from '../../src/load/copy-format.ts';
import { copyColumns, createEncoder, type EncodedBucket } from '../../src/load/encode.ts';
import { formatDecimal, parseDecimal } from '../../src/parse/decimal.ts';
import type { MeasureValue, Row } from '../../src/parse/row.ts';
import { createSeriesCache } from '../../src/parse/series.ts';
import { emptyDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let client: PoolClient;

beforeAll(async () => {
  database = await emptyDatabase();
  client = await database.pool.connect();
});

afterAll(async () => {
  client.release();
  await database.close();
});

/** Decimals as the API may spell them, with what PostgreSQL prints of each. */
const spelledDecimal = fc
  .record({
    negative: fc.boolean(),
    digits: fc.stringMatching(/^\d{1,40}$/),
    places: fc.integer({ min: 0, max: 39 }),
    exponent: fc.option(fc.integer({ min: -9, max: 9 })),
  })
  .map(({ negative, digits, places, exponent }) => {
    const padded = digits.padStart(places + 1, '0');
    const point = padded.length - places;
    const plain = places === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
    return `${negative ? '-' : ''}${plain}${exponent === null ? '' : `e${exponent}`}`;
  });

const awkward = [
  '0',
  '-0',
  '0.000',
  '1',
  '-1',
  '9999',
  '10000',
  '0.0001',
  '0.00001',
  '-0.00010001',
  '100000000',
  '1e9',
];

describe('decimals in binary COPY', () => {
  it('come back digit for digit', async () => {
    await client.query('create temp table amounts (position bigint, amount numeric)');
    await fc.assert(
      fc.asyncProperty(fc.array(spelledDecimal, { minLength: 1, maxLength: 50 }), async (generated) => {
        const texts = [...awkward, ...generated];
        await client.query('truncate amounts');
        await copyBuckets(client, 'copy amounts from stdin (format binary)', [amountsBucket(texts)]);
        // PostgreSQL reads the spelling itself: no code of ours decides what is right.
        const { rows } = await client.query<{ stored: string; right: string; canonical: boolean }>(
          `select amount::text as stored, trim_scale(spelled::numeric)::text as right,
             numeric_send(amount) = numeric_send(trim_scale(spelled::numeric)) as canonical
           from amounts join unnest($1::text[]) with ordinality as given (spelled, position) using (position)
           order by position`,
          [texts],
        );
        expect(rows).toHaveLength(texts.length);
        expect(rows.map(({ stored }) => stored)).toEqual(rows.map(({ right }) => right));
        expect(rows.every(({ canonical }) => canonical)).toBe(true);
        expect(rows.map(({ stored }) => stored)).toEqual(texts.map((text) => formatDecimal(decimal(text))));
      }),
      { numRuns: 60 },
    );
  });
});

describe('encoded buckets', () => {
  const start = Date.UTC(2026, 10, 1) / 1000;

  it('carry counts up to the largest bigint, as numbers and as bigints', async () => {
    const measures = completions.columns.filter(({ role }) => role === 'measure');
    const seriesOf = createSeriesCache('acme', completions, '1d');
    const encode = createEncoder('acme', completions, '1d');
    const edges = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const large = [BigInt(Number.MAX_SAFE_INTEGER) + 1n, 2n ** 62n, 2n ** 63n - 1n];
    const count = fc.oneof(
      fc.maxSafeNat(),
      fc.constantFrom(...edges, ...large),
      fc.bigInt(0n, 2n ** 63n - 1n),
      fc.constant(null),
    );
    await makeTable('counts', copyColumns(completions), new Map(measures.map(({ name }) => [name, 'bigint'])));
    const list = fc.array(count, { minLength: measures.length, maxLength: measures.length });
    await fc.assert(
      fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 20 }), async (generated) => {
        const given: MeasureValue[][] = [[...edges, ...large, ...measures.map(() => null)].slice(0, measures.length)];
        given.push(...generated);
        const rows: Row[] = given.map((values, index) => ({
          series: seriesOf([`proj_${index}`, null, null, null, true, null, null]),
          measures: values,
          extra: null,
        }));
        await client.query('truncate counts');
        await copyBuckets(client, 'copy counts from stdin (format binary)', [encode(start, rows)]);
        const names = measures.map(({ name }) => `"${name}"::text`).join(', ');
        const stored = await client.query<{ project_id: string; counts: (string | null)[] }>(
          `select project_id, array[${names}] as counts from counts`,
        );
        const byProject = new Map(stored.rows.map(({ project_id, counts }) => [project_id, counts]));
        expect(given.map((_, index) => byProject.get(`proj_${index}`))).toEqual(
          given.map((values) => values.map((value) => (value === null ? null : String(value)))),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('carry texts, flags, times and unknown fields as they are', async () => {
    const seriesOf = createSeriesCache('Grün', costs, '1d');
    const encode = createEncoder('Grün', costs, '1d');
    const types = new Map([
      ['amount_value', 'numeric'],
      ['quantity', 'numeric'],
    ]);
    await makeTable('costs_rows', copyColumns(costs), types);
    const extra = '{"a": "😀", "b": [1, null]}';
    const grain = costs.columns.filter(({ role }) => role !== 'measure').map(({ name }) => name);
    const values = grain.map((name) =>
      name === 'line_item' ? 'Größe "😀"\t\\N' : name === 'amount_currency' ? 'usd' : null,
    );
    const row: Row = {
      series: seriesOf(values),
      measures: [decimal('-0.000004500000000000000000000000000000001'), null],
      extra,
    };
    await copyBuckets(client, 'copy costs_rows from stdin (format binary)', [encode(start, [row])]);
    const { rows } = await client.query(
      `select org_id, bucket_width, bucket_start, bucket_end, replace(series_id::text, '-', '') as series_id,
         line_item, project_id, amount_currency, amount_value::text as amount, quantity, extra::text from costs_rows`,
    );
    expect(rows).toEqual([
      {
        org_id: 'Grün',
        bucket_width: '1d',
        bucket_start: new Date('2026-11-01T00:00:00Z'),
        bucket_end: new Date('2026-11-02T00:00:00Z'),
        series_id: row.series.id.toString('hex'),
        line_item: 'Größe "😀"\t\\N',
        project_id: null,
        amount_currency: 'usd',
        amount: '-0.000004500000000000000000000000000000001',
        quantity: null,
        extra,
      },
    ]);
  });

  it('are the same bytes in whatever order the API lists the groups', () => {
    const seriesOf = createSeriesCache('acme', costs, '1d');
    const rows: Row[] = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      series: seriesOf([name, null, null, 'usd', null]),
      measures: [decimal('1.5'), null],
      extra: null,
    }));
    const encode = createEncoder('acme', costs, '1d');
    const bucket = encode(start, rows);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(encode(start, shuffled).hash).toEqual(bucket.hash);
      }),
    );
    expect(encode(start, rows.slice(1)).hash).not.toEqual(bucket.hash);
    expect(encode(start + 86_400, rows).hash).not.toEqual(bucket.hash);
  });
});

function decimal(text: string) {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new Error(`${text} is no decimal`);
  return parsed;
}

/** Tuples of a position, from 1, and an amount. */
function amountsBucket(texts: readonly string[]): EncodedBucket {
  const tuples = texts.map((text, index) => {
    const position = Buffer.alloc(14);
    position.writeInt16BE(2);
    position.writeInt32BE(8, 2);
    position.writeBigInt64BE(BigInt(index + 1), 6);
    return Buffer.concat([position, copyNumeric(decimal(text))]);
  });
  return { start: 0, rowCount: texts.length, amountsMissing: 0, tuples: Buffer.concat(tuples), hash: Buffer.alloc(0) };
}

/** A temporary table of the columns that tuples carry. */
function makeTable(name: string, columns: readonly string[], measureTypes: ReadonlyMap<string, string>) {
  const fixed = new Map([
    ['bucket_start', 'timestamptz'],
    ['bucket_end', 'timestamptz'],
    ['series_id', 'uuid'],
    ['batch', 'boolean'],
    ['extra', 'jsonb'],
    ...measureTypes,
  ]);
  const definitions = columns.map((column) => `"${column}" ${fixed.get(column) ?? 'text'}`);
  return client.query(`create temp table "${name}" (${definitions.join(', ')})`);
}
