import { stripVTControlCharacters } from 'node:util';
import { printableText } from './printable.ts';
import type { Style } from './style.ts';

/** One column of a table for people. */
export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way, down to this many characters, when the table is wider than the screen. */
  readonly shrinksTo?: number;
  /** Left out when shrinking is not enough; the last such column goes first. */
  readonly droppable?: boolean;
}

const gap = '  ';

/**
 * Rows under a dim header, aligned. Columns that may shrink are cut with `…` until the table fits, then those that may
 * be dropped go; a table that still does not fit stays as wide as it is, because a cut number is a wrong number.
 */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[], style: Style): string {
  // Escapes first, which take columns of their own; and a line break inside a cell would be a row of its own.
  const shown = (cell: string) => printableText(cell, style.hasColour).replaceAll('\n', '\\u000a');
  const lines = [columns.map(({ title }) => title), ...rows].map((line) => line.map(shown));
  const natural = columns.map((_, index) => Math.max(...lines.map((line) => visibleLength(line[index] ?? ''))));
  const widths = fitted(columns, natural, style.columns);
  const dropped = columns.findLastIndex(({ droppable }) => droppable === true);
  if (dropped !== -1 && totalWidth(widths) > style.columns) {
    const kept = <T>(cells: readonly T[]) => cells.toSpliced(dropped, 1);
    return table(kept(columns), rows.map(kept), style);
  }
  return lines
    .map((line, index) => {
      const cells = columns.map((column, at) => aligned(line[at] ?? '', widths[at] ?? 0, column.align ?? 'left'));
      const text = cells.join(gap).trimEnd();
      return index === 0 ? style.dim(text) : text;
    })
    .join('\n');
}

/** The width of a text on the screen, colour codes not counted. */
export function visibleLength(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Takes what is too much from the columns that may shrink, the widest first. */
function fitted(columns: readonly TableColumn[], natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural];
  let excess = totalWidth(widths) - available;
  while (excess > 0) {
    const spare = widths.map((width, index) => width - Math.max(columns[index]?.shrinksTo ?? width, 1));
    const widest = spare.indexOf(Math.max(...spare));
    const width = widths[widest];
    if (width === undefined || (spare[widest] ?? 0) <= 0) return widths;
    widths[widest] = width - 1;
    excess -= 1;
  }
  return widths;
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
}

function aligned(text: string, width: number, align: 'left' | 'right'): string {
  const length = visibleLength(text);
  // Cutting inside colour codes would bleed them over the line, so a cut cell loses its colour.
  if (length > width) return `${[...stripVTControlCharacters(text)].slice(0, Math.max(width - 1, 0)).join('')}…`;
  const padding = ' '.repeat(width - length);
  return align === 'right' ? padding + text : text + padding;
}
