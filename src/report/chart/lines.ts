import { area, curveStep, line } from 'd3-shape';
import { html } from 'hono/html';
import type { Html } from '../format.ts';
import { type DayChart, dayChart } from './frame.ts';

interface LineOverDays extends Pick<DayChart, 'label' | 'days' | 'stateOf' | 'tick' | 'tellDay' | 'most'> {
  /** One for each day; null leaves a gap. */
  readonly values: readonly (number | null)[];
  /** Class that colours it. */
  readonly color: string;
}

const heightPixels = 150;

/** A line over the days, filled down to zero: for levels and ratios. Where nothing is known the line is broken. */
export function lineOverDays(chart: LineOverDays): Html {
  const { values, color } = chart;
  return dayChart({
    ...chart,
    heightPixels,
    least: 0,
    marks: (y) => {
      const at = (value: number | null) => y(value ?? 0);
      const below = area<number | null>((_, index) => index + 0.5, y(0), at).defined((value) => value !== null);
      return [
        html`<path class="below ${color}" d="${below.digits(2)(values) ?? ''}"/>`,
        html`<path class="line ${color}" d="${pathOf(values, at)}"/>`,
        html`<path class="dots ${color}" d="${dotsOf(values, at)}"/>`,
      ];
    },
  });
}

function pathOf(values: readonly (number | null)[], y: (value: number | null) => number): string {
  const path = line<number | null>((_, index) => index + 0.5, y)
    .defined((value) => value !== null)
    .digits(2);
  return path(values) ?? '';
}

/** A day between two that are not known has no line to be on. */
function dotsOf(values: readonly (number | null)[], y: (value: number | null) => number): string {
  return values
    .map((value, index) => {
      const isAlone = value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
      return isAlone ? `M${index + 0.5} ${y(value).toFixed(2)}h0` : '';
    })
    .join('');
}

const sparkHeight = 28;

/** A small line of steps without axes, between its own least and most; a value alone is a dot. */
export function sparkline(values: readonly (number | null)[]): Html {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const room = sparkHeight - 6;
  // What never moves runs through the middle: it is neither high nor low.
  const y = (value: number | null) =>
    most === least ? sparkHeight / 2 : 3 + room * (1 - ((value ?? 0) - least) / (most - least));
  const steps = line<number | null>((_, index) => index + 0.5, y)
    .defined((value) => value !== null)
    .curve(curveStep)
    .digits(2);
  return html`<svg class="spark" aria-hidden="true" viewBox="0 0 ${values.length} ${sparkHeight}" preserveAspectRatio="none" height="${sparkHeight}"><path class="line c0" d="${steps(values) ?? ''}"/><path class="dots c0" d="${dotsOf(values, y)}"/></svg>`;
}
