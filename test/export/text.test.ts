import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type CastingContext, parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ManifestStream } from '../../src/export/manifest.ts';
import type { ExportFormat } from '../../src/run/export.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { exported, folderPlace, newFolder } from './places.ts';
import { compared, manifestOf, nothingBut, storedLines } from './rows.ts';

let world: BiWorld;

const hostile = [
  'a "quoted" name',
  'comma, semicolon; tab\t',
  'two\nlines\r\n',
  "it's \\ back\\n",
  '\\.',
  '',
  ' ',
  'Ünïcödé 🦑 \u2028',
];

beforeAll(async () => {
  world = await biWorld({ widths: ['1d'] });
  const { pool } = world.nights.database;
  for (const [index, name] of hostile.entries()) {
    await pool.query(
      `insert into openai.groups (org_id, group_id, group_name, first_seen_at, last_seen_at, updated_at, changed_xid)
       values ('acme', $1, $2, now(), now(), now(), pg_current_xact_id())`,
      [`group-hostile-${index}`, name],
    );
  }
  await pool.query(`update openai.costs set extra = $1 where ctid = (select min(ctid) from openai.costs)`, [
    { text: hostile.join('|') },
  ]);
}, 120_000);
afterAll(() => world.close());

const names = ['groups', 'costs', 'cost_parts', 'users', 'openai_bi.budget_status', 'openai_bi.cost_daily'];

async function exportedStreams(format: ExportFormat, of = names) {
  const folder = newFolder();
  await exported(world.nights, folderPlace(folder), { names: of, format });
  const { streams } = await manifestOf(folder);
  const text = async ({ files }: ManifestStream) => {
    const parts = await Promise.all(files.map(({ path }) => readFile(join(folder, path))));
    return parts.map((part) => gunzipSync(part).toString('utf8'));
  };
  return { streams, text };
}

/** Microseconds since 1970, as `storedLines` has instants. */
function microseconds(iso: string): string {
  const [whole = '', fraction = '000000'] = iso.slice(0, -1).split('.');
  return String(BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(fraction));
}

describe('an export as CSV', () => {
  it('gives back every value, an empty text apart from null, whatever is in it', async () => {
    const { streams, text } = await exportedStreams('csv');
    for (const stream of streams) {
      const lines = (await text(stream)).flatMap((part) => {
        const cast = (value: string, { quoting }: CastingContext) => (value === '' && !quoting ? null : value);
        const [header, ...records] = z.array(z.array(z.string().nullable())).parse(parse(part, { cast }));
        expect(header).toEqual(stream.columns.map(({ name }) => name));
        return records.map((record) =>
          JSON.stringify(
            record.map((value, index) =>
              value !== null && stream.columns[index]?.type === 'timestamp' ? microseconds(value) : value,
            ),
          ),
        );
      });
      const stored = await storedLines(world.nights.database.pool, stream);
      expect(compared(lines, stored), stream.name).toEqual(nothingBut(stored));
    }
  }, 60_000);
});

describe('an export of the FOCUS views', () => {
  const views = ['cost_and_usage', 'cost_and_usage_allocated'];
  const focusNames = [
    ...views.map((view) => `openai_focus.${view}`),
    ...views.map((view) => `openai_bi.focus_${view}`),
  ];

  it.each(['csv', 'ndjson'] as const)('as %s writes every instant as FOCUS demands, to the second', async (format) => {
    const { streams, text } = await exportedStreams(format, focusNames);
    expect(streams.map(({ name }) => name).sort()).toEqual(focusNames.toSorted());
    for (const stream of streams) {
      const [part = ''] = await text(stream);
      const instants = part.match(/\b\d{4}-\d{2}-\d{2}T[^",\s]*/g) ?? [];
      expect(instants.length).toBeGreaterThan(4);
      expect(instants.filter((instant) => !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(instant))).toEqual([]);
    }
  });
});

describe('an export as NDJSON', () => {
  it('gives back every value, decimals as texts with all their digits', async () => {
    const { streams, text } = await exportedStreams('ndjson');
    for (const stream of streams) {
      const lines = (await text(stream)).flatMap((part) =>
        part
          .trimEnd()
          .split('\n')
          .map((line) => {
            const row = JSON.parse(line) as Record<string, unknown>;
            expect(Object.keys(row)).toEqual(stream.columns.map(({ name }) => name));
            return JSON.stringify(stream.columns.map((column) => shown(row[column.name], column)));
          }),
      );
      const stored = await storedLines(world.nights.database.pool, stream);
      expect(compared(lines, stored), stream.name).toEqual(nothingBut(stored));
    }
  }, 60_000);
});

function shown(value: unknown, { type }: ManifestStream['columns'][number]): string | null {
  if (value === null) return null;
  if (type === 'decimal') expect(typeof value).toBe('string');
  return type === 'timestamp' ? microseconds(String(value)) : String(value);
}
