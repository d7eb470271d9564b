import { html } from 'hono/html';
import { lineOverDays } from '../chart/lines.ts';
import type { ReportData } from '../data.ts';
import { binaryUnit, bytes, count, type Html, whose } from '../format.ts';
import { type Cell, nothing, section, table } from '../table.ts';

/** What vector stores hold: a level, which is never added up over days. */
export function storageSection(data: ReportData): Html {
  const { storage, days } = data;
  const title = 'Vector storage';
  if (storage === null) return section('storage', title, '', nothing('No vector stores were reported.'));
  const levels = storage.stored_bytes.map((level) => (level === null ? null : Number(level)));
  const most = levels.reduce<number>((largest, level) => Math.max(largest, level ?? 0), 1);
  // In units of the largest level, so that the axis has round numbers.
  const unit = binaryUnit(most);
  const note = html`${count(storage.gib_hours)} GiB-hours in the period, which is what is billed. The level is drawn as it stood each day.`;
  const chart = lineOverDays({
    label: 'Bytes stored in vector stores, by day',
    days,
    stateOf: 'usage',
    most: most / unit.bytes,
    tick: (value) => `${value} ${unit.name}`,
    tellDay: (index) => {
      const level = storage.stored_bytes[index] ?? null;
      return level === null ? 'nothing reported' : `${bytes(Number(level))}, exactly ${count(level)} bytes`;
    },
    values: levels.map((level) => (level === null ? null : level / unit.bytes)),
    color: 'c4',
  });
  const rows = storage.projects.map(({ organization, label, stored_bytes, gib_hours }): readonly Cell[] => [
    { content: whose(label, organization, data) },
    {
      content: html`<data value="${stored_bytes}" title="${count(stored_bytes)} bytes">${bytes(Number(stored_bytes))}</data>`,
    },
    { content: html`<data value="${gib_hours}" title="${gib_hours}">${count(gib_hours)}</data>` },
  ]);
  const columns = [
    { title: 'Project' },
    { title: 'Stored last', kind: 'number' },
    { title: 'GiB-hours', kind: 'number' },
  ] as const;
  return section('storage', title, note, html`${chart}${table('Vector storage by project', columns, rows)}`);
}
