import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { html } from 'hono/html';
import type { DayState, ReportDay } from '../data.ts';
import { type Html, longDay, monthOf, shortDay } from '../format.ts';

/** A chart over the days of the period. */
export interface DayChart {
  /** What it shows, in a sentence, for who cannot see it. */
  readonly label: string;
  readonly days: readonly ReportDay[];
  /** Which of a day's two states counts. */
  readonly stateOf: 'costs' | 'usage';
  readonly heightPixels: number;
  /** Smallest and largest value; zero is always within. */
  readonly least: number;
  readonly most: number;
  readonly tick: (value: number) => string;
  /** What pointing at a day tells. */
  readonly tellDay: (index: number) => string;
  /** The marks, in a plane of a unit a day across and a pixel down. */
  readonly marks: (y: ScaleLinear<number, number>) => readonly Html[];
}

const axisPixels = 22;
const wantedTicks = 4;

/**
 * The chart's frame: grid, axes, bands behind days that are not final or not known, and a text for every day. It has no
 * width of its own: across, all is told in per cent, so that texts keep their size on every screen.
 */
export function dayChart(chart: DayChart): Html {
  const { days, heightPixels, label } = chart;
  const y = scaleOf(chart);
  return html`<div class="plot"><svg role="img" aria-label="${label}" height="${heightPixels + axisPixels}">${bands(chart)}${grid(y, chart)}<svg class="plane" viewBox="0 0 ${days.length} ${heightPixels}" preserveAspectRatio="none" width="100%" height="${heightPixels}">${chart.marks(y)}${hits(chart)}</svg><line class="zero" x1="0" x2="100%" y1="${y(0)}" y2="${y(0)}"/>${dayAxis(days, heightPixels)}</svg></div>`;
}

/** Round numbers at both ends; a few cents of credit do not get the room of a whole step. */
function scaleOf({ least, most, heightPixels }: DayChart): ScaleLinear<number, number> {
  const [bottom, top] = [Math.min(0, least), Math.max(0, most)];
  const span = bottom === 0 && top === 0 ? [0, 1] : [bottom, top];
  const scale = scaleLinear().domain(span).nice(wantedTicks);
  const [niceBottom = 0, niceTop = 1] = scale.domain();
  const slight = -bottom < top * slightShare;
  return scale.domain([slight ? bottom : niceBottom, niceTop]).range([heightPixels, 1]);
}

const slightShare = 0.05;

const stateWords: Readonly<Record<DayState, string>> = {
  final: '',
  loaded: 'not final',
  empty: 'nothing was billed or used',
  incomplete: 'incomplete: the API told no amount of some costs',
  missing: 'missing: never read',
  refused: 'missing: refused',
};

function hits({ days, stateOf, heightPixels, tellDay }: DayChart): readonly Html[] {
  return days.map((day, index) => {
    const words = stateWords[day[stateOf]];
    const told = isUnknown(day[stateOf]) ? '' : tellDay(index);
    const title = [`${longDay(day.date)}${words === '' ? '' : ` (${words})`}`, told].filter((text) => text !== '');
    return html`<rect class="hit" x="${index}" y="0" width="1" height="${heightPixels}"><title>${title.join('\n')}</title></rect>`;
  });
}

/** True for a day nothing is known of: it is left out, and is no zero. */
export function isUnknown(state: DayState): boolean {
  return state === 'missing' || state === 'refused';
}

/** Runs of days that want a band, each in one piece. */
function bands({ days, stateOf, heightPixels }: DayChart): readonly Html[] {
  const wanted = days.map((day) => bandOf(day[stateOf]));
  return wanted.flatMap((band, index) => {
    if (band === '' || wanted[index - 1] === band) return [];
    const end = wanted.findIndex((other, later) => later > index && other !== band);
    const width = (end === -1 ? days.length : end) - index;
    return html`<rect class="${band}" x="${share(index, days.length)}" width="${share(width, days.length)}" y="0" height="${heightPixels}"/>`;
  });
}

function bandOf(state: DayState): string {
  if (isUnknown(state)) return 'unknown';
  return state === 'loaded' || state === 'incomplete' ? 'open' : '';
}

function grid(y: ScaleLinear<number, number>, { tick, least, most }: DayChart): readonly Html[] {
  const ticks = least === 0 && most === 0 ? [0] : y.ticks(wantedTicks);
  return ticks.map(
    (value) =>
      html`<line class="grid" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"/><text class="tick" x="-8" y="${y(value)}" dy="0.32em" text-anchor="end">${tick(value)}</text>`,
  );
}

interface DayLabel {
  readonly index: number;
  readonly text: string;
}

const fewDays = 10;
const weeksUpTo = 75;
/** What fits below a chart on a wide screen; every so many of them on a narrow one. */
const widestLabels = 13;
const narrowestLabels = 5;

/** Names of days, of weeks or of months, as many as fit; a narrow screen shows some of them only. */
function dayAxis(days: readonly ReportDay[], heightPixels: number): readonly Html[] {
  const labels = dayLabels(days);
  const step = Math.ceil(labels.length / narrowestLabels);
  return labels.map(({ index, text }, place) => {
    const at = (index + (days.length > weeksUpTo ? 0 : 0.5)) / days.length;
    const anchor = at < 0.04 ? 'start' : at > 0.94 ? 'end' : 'middle';
    const x = anchor === 'start' ? 0 : anchor === 'end' ? 1 : at;
    return html`<text class="tick${place % step === 0 ? '' : ' wide-only'}" x="${share(x, 1)}" y="${heightPixels + 16}" text-anchor="${anchor}">${text}</text>`;
  });
}

function dayLabels(days: readonly ReportDay[]): readonly DayLabel[] {
  const all = days.map(({ date }, index) => ({ index, date }));
  const chosen = all.filter(({ date }) => {
    if (days.length <= fewDays) return true;
    return days.length <= weeksUpTo ? new Date(date).getUTCDay() === 1 : date.endsWith('-01');
  });
  const step = Math.ceil(chosen.length / widestLabels);
  return chosen
    .filter((_, place) => place % step === 0)
    .map(({ index, date }) => ({ index, text: days.length > weeksUpTo ? monthLabel(date) : shortDay(date) }));
}

function monthLabel(date: string): string {
  return date.slice(5, 7) === '01' ? date.slice(0, 4) : monthOf(date);
}

/** A part of a whole in per cent, as an attribute of a picture. */
export function share(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toFixed(3))}%`;
}

/** How to read the bands of a chart; only those that occur. */
export function bandLegend(days: readonly ReportDay[], stateOf: 'costs' | 'usage'): readonly Html[] {
  const has = (band: string) => days.some((day) => bandOf(day[stateOf]) === band);
  const item = (band: string, text: string) =>
    has(band)
      ? [
          html`<li><svg class="swatch" aria-hidden="true"><rect class="${band}" width="100%" height="100%"/></svg>${text}</li>`,
        ]
      : [];
  return [...item('open', 'not final yet'), ...item('unknown', 'missing, which is not zero')];
}
