import { html } from 'hono/html';
import type { Stored } from '../../run/observe.ts';
import { count, type Html, instant } from './format.ts';
import { type Column, section, table } from './table.ts';

/** Drift is an open list that the API writes; the page shows so much of it. */
const rowsShown = 50;

/** What could not be typed. */
export function quarantineSection({ status: { quarantine } }: Stored): Html {
  if (quarantine.length === 0) return section('quarantine', 'Quarantine', nothing);
  const rows = quarantine
    .slice(0, rowsShown)
    .map(({ dataset, org_id, reason, entries, last_seen_at, detail }) => [
      { content: dataset },
      { content: org_id },
      { content: reason },
      { content: count(entries) },
      { content: instant(last_seen_at) },
      { content: detail },
    ]);
  const columns: readonly Column[] = [
    ...named('Dataset', 'Organization', 'Reason'),
    { title: 'Entries', kind: 'number' },
    ...named('Last seen'),
    { title: 'Detail', kind: 'wide' },
  ];
  return section('quarantine', 'Quarantine', html`${table('Quarantine', columns, rows)}${rest(quarantine.length)}`);
}

/** What the catalog does not know. */
export function driftSection({ status: { drift } }: Stored): Html {
  if (drift.length === 0) return section('drift', 'Drift', nothing);
  const rows = drift
    .slice(0, rowsShown)
    .map(({ dataset, org_id, kind, name, seen_count, first_seen_at, last_seen_at }) => [
      { content: dataset },
      { content: org_id },
      { content: kind },
      { content: html`<code>${name}</code>` },
      { content: count(seen_count) },
      { content: instant(first_seen_at) },
      { content: instant(last_seen_at) },
    ]);
  const columns: readonly Column[] = [
    ...named('Dataset', 'Organization', 'Kind'),
    { title: 'Name', kind: 'wide' },
    { title: 'Seen', kind: 'number' },
    ...named('First seen', 'Last seen'),
  ];
  return section('drift', 'Drift', html`${table('Drift', columns, rows)}${rest(drift.length)}`);
}

const nothing = html`<p class="quiet">Nothing.</p>`;

function named(...titles: readonly string[]) {
  return titles.map((title) => ({ title }));
}

function rest(total: number): Html {
  return html`${total > rowsShown ? html`<p class="quiet">and ${count(total - rowsShown)} more: usage-etl status</p>` : ''}`;
}
