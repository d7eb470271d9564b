import type { Additivity, Column } from '../../src/catalog/column.ts';
import { type Dataset, pageLimitOf, widthsOf } from '../../src/catalog/dataset.ts';
import { datasets } from '../../src/catalog/index.ts';
import { widthSeconds } from '../../src/catalog/width.ts';
import { code, codes, sections, table } from './markdown.ts';

/** One line per dataset. */
export function datasetsTable(): string {
  return table(
    ['dataset', 'reads', 'into', 'widths (buckets a page)', 'settled after', 'since', 'optional'],
    datasets.map((dataset) => [
      `[${code(dataset.name)}](#${dataset.name})`,
      code(dataset.path),
      code(`openai.${dataset.table}`),
      widthsOf(dataset)
        .map((width) => `${code(width)} (${pageLimitOf(dataset, width).max})`)
        .join(', '),
      settleOf(dataset),
      dataset.since,
      dataset.optional ? 'yes' : '',
    ]),
  );
}

function settleOf(dataset: Dataset): string {
  const byDuration = Map.groupBy(widthsOf(dataset), (width) => dataset.settleSeconds[width] ?? 0);
  return [...byDuration].map(([seconds, widths]) => `${codes(widths)} ${duration(seconds)}`).join(', ');
}

function duration(seconds: number): string {
  const days = seconds / widthSeconds['1d'];
  return days < 1 ? `${seconds / widthSeconds['1h']} hours` : `${days} ${days === 1 ? 'day' : 'days'}`;
}

/** One section per dataset, with its columns. */
export function datasetSections(): string {
  return sections(...datasets.map(datasetSection));
}

function datasetSection(dataset: Dataset): string {
  const facts = [
    `- Endpoint ${code(dataset.path)}, results tagged ${code(dataset.object)}, table ${code(`openai.${dataset.table}`)}.`,
    `- Given up when the API refuses the grouping, first to go first: ${codes(dataset.dropOrder)}.`,
    `- Filters: ${codes(dataset.filters.map(({ name }) => name))}.`,
    ...(dataset.ignored.length > 0 ? [`- Known and not stored: ${codes(dataset.ignored)}.`] : []),
    ...dataset.identities.map(({ total, parts }) => `- ${code(total)} = ${parts.map(code).join(' + ')}`),
  ];
  return sections(`## ${dataset.name}`, dataset.doc, columnsTable(dataset), facts.join('\n'));
}

function columnsTable(dataset: Dataset): string {
  return table(
    ['column', 'type', 'null', 'role', 'unit', 'adds up', 'since', 'meaning'],
    dataset.columns.map((column) => [
      code(column.name),
      column.type,
      isNullable(column) ? 'yes' : 'no',
      column.role,
      column.role === 'measure' ? column.unit : null,
      column.role === 'measure' ? addsUp(column.additivity) : null,
      column.since,
      column.doc,
    ]),
  );
}

function isNullable(column: Column): boolean {
  return column.role === 'dimension' || !column.required;
}

function addsUp(additivity: Additivity): string {
  if (additivity.kind === 'overlapping') return `in ${code(additivity.of)}`;
  return additivity.kind === 'level' ? 'not over time' : 'yes';
}
