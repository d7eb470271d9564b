import { html } from 'hono/html';
import type { DatasetStatus, Freshness, Stored } from '../../run/observe.ts';
import { count, type Html, instant, none, span } from './format.ts';
import { type Cell, type Column, section, table } from './table.ts';

const words = { fresh: 'fresh', stale: 'stale', unloaded: 'not loaded', absent: 'not offered' } as const;

/** How far and how old every dataset is. */
export function freshnessSection({ status, freshness }: Stored): Html {
  const several = new Set(status.datasets.map(({ org_id }) => org_id)).size > 1;
  const someUnanswered = status.datasets.some(({ buckets_unanswered }) => buckets_unanswered > 0);
  const columns: readonly Column[] = [
    { title: 'Dataset' },
    ...(several ? [{ title: 'Organization' }] : []),
    { title: 'Width' },
    { title: 'State' },
    { title: 'Complete through' },
    { title: 'Age', kind: 'number' },
    { title: 'Granted' },
    { title: 'Rows', kind: 'number' },
    { title: 'Missing', kind: 'number' },
    { title: 'Refused', kind: 'number' },
    ...(someUnanswered ? [{ title: 'Unanswered', kind: 'number' } as const] : []),
  ];
  const rows = status.datasets.map((dataset) => [
    ...rowOf(dataset, freshOf(freshness, dataset), several),
    ...(someUnanswered ? [counted(dataset.buckets_unanswered)] : []),
  ]);
  const content =
    rows.length === 0 ? html`<p class="quiet">No dataset is configured.</p>` : table('Freshness', columns, rows);
  return section('freshness', 'Freshness', content);
}

function freshOf(freshness: readonly Freshness[], of: DatasetStatus): Freshness | undefined {
  return freshness.find(
    (one) => one.org_id === of.org_id && one.dataset === of.dataset && one.bucket_width === of.bucket_width,
  );
}

function rowOf(dataset: DatasetStatus, fresh: Freshness | undefined, several: boolean): readonly Cell[] {
  const state = fresh?.state;
  const late = state === 'stale' || state === 'unloaded';
  const age = fresh?.age_seconds ?? null;
  return [
    { content: dataset.dataset },
    ...(several ? [{ content: dataset.org_id }] : []),
    { content: dataset.bucket_width },
    {
      content: state === undefined ? 'no longer asked for' : words[state],
      tone: late ? 'bad' : state === 'fresh' ? 'good' : 'quiet',
    },
    { content: dataset.through === null ? none : instant(dataset.through) },
    { content: age === null || state === 'absent' ? none : span(age), ...(late && { tone: 'bad' }) },
    granted(dataset),
    { content: count(dataset.rows) },
    counted(dataset.buckets_missing),
    counted(dataset.buckets_refused),
  ];
}

function counted(value: number): Cell {
  return value === 0 ? { content: '0', tone: 'quiet' } : { content: count(value), tone: 'bad' };
}

function granted({ capability, grain, detail }: DatasetStatus): Cell {
  if (capability === 'unknown') return { content: 'not asked yet', tone: 'quiet' };
  if (capability === 'available') return { content: 'everything', tone: 'quiet' };
  const what = capability === 'reduced' ? `only by ${grain.length === 0 ? 'nothing' : grain.join(', ')}` : 'nothing';
  return { content: html`${what}${detail === null ? '' : html` <small>${detail}</small>`}` };
}
