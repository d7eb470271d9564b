import { html } from 'hono/html';
import type { Html } from './format.ts';

/** One column. */
export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'wide';
}

/** A cell's content; the tone says how much it needs somebody. */
export interface Cell {
  readonly content: Html | string | number;
  readonly tone?: 'good' | 'bad' | 'quiet';
}

/**
 * A table that becomes a list of cards on a narrow screen. The roles are said because such a layout takes them away.
 * The first cell of a row is its heading.
 */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const classes = (column: Column | undefined, tone?: string) =>
    [column?.kind ?? '', tone ?? ''].filter((name) => name !== '').join(' ');
  const head = columns.map(
    (column) => html`<th role="columnheader" scope="col" class="${classes(column)}">${column.title}</th>`,
  );
  const body = rows.map(
    (cells) => html`<tr role="row">${cells.map((cell, index) => bodyCell(cell, index, columns[index], classes))}</tr>
`,
  );
  return html`<table role="table" aria-label="${label}"><thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${body}</tbody></table>`;
}

function bodyCell(
  { content, tone }: Cell,
  index: number,
  column: Column | undefined,
  classes: (column: Column | undefined, tone?: string) => string,
): Html {
  const names = classes(column, tone);
  return index === 0
    ? html`<th role="rowheader" scope="row" class="${names}">${content}</th>`
    : html`<td role="cell" data-label="${column?.title ?? ''}" class="${names}">${content}</td>`;
}

/** A part of the page under its own heading. */
export function section(id: string, title: string, content: Html | readonly Html[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>
`;
}
