import { type Series, stack, stackOffsetDiverging } from 'd3-shape';
import { html } from 'hono/html';
import type { Html } from '../format.ts';
import { type DayChart, dayChart, isUnknown } from './frame.ts';

/** One colour of the stack. */
export interface StackedSeries {
  readonly name: string;
  /** Class that colours it. */
  readonly color: string;
  /** One for each day. */
  readonly values: readonly number[];
}

interface StackedDays extends Pick<DayChart, 'label' | 'days' | 'stateOf' | 'tick' | 'tellDay'> {
  readonly series: readonly StackedSeries[];
}

const heightPixels = 220;

/** Columns of days, one upon the other; what is negative hangs below zero, and a day that is not known has none. */
export function stackedDays(chart: StackedDays): Html {
  const { days, series, stateOf } = chart;
  const table = days.map((day, index) =>
    series.map(({ values }) => (isUnknown(day[stateOf]) ? 0 : (values[index] ?? 0))),
  );
  const stacked = stack<number[], number>()
    .keys(series.map((_, key) => key))
    .value((row, key) => row[key] ?? 0)
    .offset(stackOffsetDiverging)(table);
  const bounds = stacked.flatMap((layer) => layer.flat());
  const gap = gapOf(days.length);
  return dayChart({
    ...chart,
    heightPixels,
    least: bounds.reduce((a, b) => Math.min(a, b), 0),
    most: bounds.reduce((a, b) => Math.max(a, b), 0),
    marks: (y) =>
      stacked.map((layer) => html`<path class="${series[layer.key]?.color ?? ''}" d="${columns(layer, y, gap)}"/>`),
  });
}

/** A day alone is a column, too, and no wall: the widest, as a share of the chart. */
const widestColumn = 0.12;

/** What a column leaves free; a year of columns touches, or the gaps would flicker. */
function gapOf(days: number): number {
  if (days * widestColumn < 0.78) return 1 - days * widestColumn;
  if (days > 120) return 0;
  return days > 45 ? 0.14 : 0.22;
}

/** All columns of one colour in one path: neighbours in one path show no seam. */
function columns(layer: Series<number[], number>, y: (value: number) => number, gap: number): string {
  return layer
    .map(([from, to], index) => {
      // Whole pixels, each bound rounded once: neither seams nor overlaps between colours.
      const [bottom, top] = [Math.round(y(from)), Math.round(y(to))];
      const width = Number((1 - gap).toFixed(3));
      return bottom === top ? '' : `M${Number((index + gap / 2).toFixed(3))} ${top}h${width}V${bottom}h${-width}z`;
    })
    .join('');
}
