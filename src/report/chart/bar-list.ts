import { html } from 'hono/html';
import type { Html } from '../format.ts';
import { share } from './frame.ts';

/** One bar with what is written above it. */
export interface Bar {
  readonly label: string;
  /** What is written small beside or below the label. */
  readonly detail: Html | string;
  /** Length; a negative one is drawn hollow. */
  readonly value: number;
  /** The columns right of the label, in order. */
  readonly cells: readonly (Html | string)[];
  readonly kind: 'named' | 'rest' | 'unattributed' | 'over';
}

/**
 * Bars one below the other as a table, which is as good to hear as to see. What fills the width is the longest of them,
 * or what is given.
 */
export function barList(label: string, columns: readonly string[], bars: readonly Bar[], full?: number): Html {
  const longest = full ?? (bars.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1);
  const head = columns.map(
    (title, index) => html`<th role="columnheader" scope="col" class="${index === 0 ? '' : 'number'}">${title}</th>`,
  );
  return html`<table role="table" class="bars" aria-label="${label}"><thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${bars.map((bar) => barRow(bar, columns, longest))}</tbody></table>`;
}

function barRow({ label, detail, value, cells, kind }: Bar, columns: readonly string[], longest: number): Html {
  const drawn = value < 0 ? 'hollow' : kind;
  const numbers = cells.map(
    (cell, index) => html`<td role="cell" class="number" aria-label="${columns[index + 1] ?? ''}">${cell}</td>`,
  );
  return html`<tr role="row" class="${kind}"><th role="rowheader" scope="row"><span class="label">${label}</span>${
    detail === '' ? '' : html` <small>${detail}</small>`
  }</th>${numbers}<td class="bar" aria-hidden="true"><svg><rect class="track" width="100%" height="100%"/><rect class="${drawn}" width="${share(Math.abs(value), longest)}" height="100%"/></svg></td></tr>
`;
}
