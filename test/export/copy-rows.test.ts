import { to as copyTo } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FormedColumn, kindOf } from '../../src/export/column.ts';
import { copyBatches, type Value } from '../../src/export/copy-rows.ts';
import { type DecimalForm, formFor } from '../../src/export/decimal-form.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** What PostgreSQL sends of a query in binary COPY. */
async function copied(sql: string): Promise<Buffer> {
  const client = await database.pool.connect();
  try {
    return Buffer.concat(await client.query(copyTo(`copy (${sql}) to stdout (format binary)`)).toArray());
  } finally {
    client.release();
  }
}

function column(name: string, storeType: string, form: DecimalForm = 18): FormedColumn {
  return {
    name,
    storeType,
    kind: kindOf(storeType),
    nullable: true,
    instants: 'microseconds',
    form,
    roundedFrom: null,
  };
}

/** Decodes bytes that arrive in pieces of some size, and gives the rows batch by batch. */
async function decoded(bytes: Buffer, columns: readonly FormedColumn[], pieceBytes: number, batchRows: number) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const batches: Value[][][] = [];
  for await (const batch of copyBatches(pieces(), columns, { batchRows, batchBytes: 1_000_000 })) {
    batches.push(Array.from({ length: batch.rows }, (_, row) => batch.columns.map((values) => values[row] ?? null)));
  }
  return batches;
}

const decimals = [
  '0',
  '0.000000000000000001',
  '-0.000000000000000001',
  '1',
  '-1.5',
  '10000',
  '9999.9999',
  '12345678.900010002',
  '100000000',
  '99999999999999999999.999999999999999999',
  '-99999999999999999999.999999999999999999',
  '0.0001',
  '0.00012073404268330',
];

describe('rows of a binary COPY', () => {
  it.each([1, 2, 3, 7, 64, 100_000])('are the same in pieces of %i bytes', async (pieceBytes) => {
    const bytes = await copied(
      `select i::bigint, case when i % 3 = 0 then null else 'text ' || i || ' ü🦑' end, i % 2 = 0,
         date '2026-11-23' - i, timestamptz '2026-11-23 03:17:00.000001Z' - make_interval(secs => i), -i * 4000000000,
         i / 8::double precision
       from generate_series(1, 5) i`,
    );
    const columns = ['bigint', 'text', 'boolean', 'date', 'timestamp with time zone', 'bigint', 'double precision'].map(
      (type, index) => column(`c${index}`, type),
    );
    const noon = 1_795_403_820_000_001n;
    expect((await decoded(bytes, columns, pieceBytes, 2)).map((rows) => rows.length)).toEqual([2, 2, 1]);
    expect((await decoded(bytes, columns, pieceBytes, 100)).flat()).toEqual(
      [1, 2, 3, 4, 5].map((i) => [
        BigInt(i),
        i % 3 === 0 ? null : `text ${i} ü🦑`,
        i % 2 === 0,
        20_780 - i,
        noon - BigInt(i) * 1_000_000n,
        BigInt(-i) * 4_000_000_000n,
        i / 8,
      ]),
    );
  });

  it('hold decimals as units of their scale, every digit', async () => {
    const bytes = await copied(`select unnest(array['${decimals.join("','")}'])::numeric`);
    const units = (text: string, scale: number) => {
      const [whole = '', fraction = ''] = text.split('.');
      return BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
    };
    expect((await decoded(bytes, [column('amount', 'numeric')], 1000, 100)).flat(2)).toEqual(
      decimals.map((text) => units(text, 18)),
    );
    const small = await copied(`select 1.000000000000000000000000001::numeric`);
    expect((await decoded(small, [column('amount', 'numeric', 30)], 1000, 100)).flat(2)).toEqual([
      units('1.000000000000000000000000001', 30),
    ]);
  });

  it.each([
    ['more decimals than its form', '0.0000000000000000001'],
    ['more digits than 38', '100000000000000000000'],
    ['digits beyond all bounds', '1e200'],
    ['no number', 'NaN'],
    ['no end', 'Infinity'],
  ])('are refused where a decimal has %s, and never rounded', async (_what, text) => {
    const bytes = await copied(`select '${text}'::numeric`);
    await expect(decoded(bytes, [column('amount', 'numeric')], 1000, 100)).rejects.toMatchObject({ code: 'internal' });
  });

  it('are refused when they end early', async () => {
    const bytes = await copied('select 1::bigint');
    const asked = decoded(bytes.subarray(0, -2), [column('a', 'bigint')], 1000, 100);
    await expect(asked).rejects.toMatchObject({ message: 'PostgreSQL ended a COPY before its trailer' });
  });
});

describe('the form of a decimal column', () => {
  it.each([
    [18, 18, 20, 18],
    [18, 19, 14, 24],
    [18, 25, 8, 30],
    [18, 36, 2, 36],
    [18, 36, 3, 'text'],
    [18, 0, 21, 'text'],
    [24, 0, 1, 24],
    ['text', 0, 1, 'text'],
  ] as const)('that was %s is, for %i decimals and %i digits before them, %s', (known, after, before, form) => {
    expect(formFor(known, after, before)).toBe(form);
  });
});
