import { html } from 'hono/html';
import type { Html } from './format.ts';

/** One column. */
export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'wide';
}

/** A cell's content; the tone says how much it needs somebody. */
export interface Cell {
  readonly content: Html | string;
  readonly tone?: 'good' | 'bad' | 'warn' | 'quiet';
}

/**
 * A table that becomes a list of cards on a narrow screen. The roles are said because such a layout takes them away.
 * The first cell of a row is its heading.
 */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const head = columns.map(
    ({ title, kind }) => html`<th role="columnheader" scope="col" class="${kind ?? ''}">${title}</th>`,
  );
  const body = rows.map(
    (cells) => html`<tr role="row">${cells.map((cell, index) => bodyCell(cell, index, columns[index]))}</tr>
`,
  );
  return html`<table role="table" class="plain" aria-label="${label}"><thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${body}</tbody></table>`;
}

function bodyCell({ content, tone }: Cell, index: number, column: Column | undefined): Html {
  const classes = [column?.kind ?? '', tone ?? ''].filter((name) => name !== '').join(' ');
  return index === 0
    ? html`<th role="rowheader" scope="row" class="${classes}">${content}</th>`
    : html`<td role="cell" data-label="${column?.title ?? ''}" class="${classes}">${content}</td>`;
}

/** The numbers behind a chart, folded away. */
export function numbersBehind(what: string, content: Html): Html {
  return html`<details><summary>${what}</summary>${content}</details>`;
}

/** A part of the page under its own heading, with a sentence on how to read it. */
export function section(id: string, title: string, note: Html | string, content: Html | readonly Html[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${note === '' ? '' : html`<p class="note">${note}</p>`}
${content}</section>
`;
}

/** The parts of a section that stand side by side where there is room. */
export function sideBySide(parts: readonly Html[]): Html {
  return html`<div class="side">${parts}</div>`;
}

/** One thing under a heading of its own inside a section. */
export function part(title: Html | string, content: Html | readonly Html[]): Html {
  return html`<div class="part"><h3>${title}</h3>${content}</div>`;
}

/** A sentence where there is nothing to show. */
export function nothing(sentence: string): Html {
  return html`<p class="quiet">${sentence}</p>`;
}
