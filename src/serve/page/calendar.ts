import { html, raw } from 'hono/html';
import type { Calendar, CalendarDay, DatasetStatus, DayState } from '../../run/observe.ts';
import { count, type Html, things } from './format.ts';
import { section } from './table.ts';

const pitch = 12;
const labelWidth = 16;
const headHeight = 13;
const daysAWeek = 7;

/** What each state is called, and the outline of its cell from its upper left corner: told apart without colour. */
const shapes: Readonly<Record<DayState, { readonly title: string; readonly outline: string }>> = {
  final: { title: 'final', outline: 'h10v10h-10z' },
  loaded: { title: 'loaded, to be read again', outline: 'h10v10h-10zm3 3h4v4h-4z' },
  empty: { title: 'read, nothing there', outline: 'm.75.75h8.5v8.5h-8.5z' },
  missing: { title: 'missing', outline: 'm.75.75h8.5v8.5h-8.5zm2 2l4.5 4.5m0-4.5l-4.5 4.5' },
  refused: { title: 'refused', outline: 'h10v10h-10zm2 4h6v2h-6z' },
  outside: { title: 'before the start, or not asked for', outline: 'm4 4h2v2h-2z' },
};

const legendOrder = ['final', 'loaded', 'empty', 'missing', 'refused', 'outside'] as const;

/** A year of every dataset, a cell a day. */
export function calendarSection(calendars: readonly Calendar[], datasets: readonly DatasetStatus[]): Html {
  const several = new Set(calendars.map(({ org_id }) => org_id)).size > 1;
  const nameOf = ({ org_id, dataset, bucket_width }: Calendar) =>
    `${several ? `${org_id} · ` : ''}${dataset} ${bucket_width}`;
  const read = calendars.filter(isRead);
  const unread = calendars.filter((calendar) => !isRead(calendar)).map(nameOf);
  const figures = read.map((calendar) => figure(calendar, nameOf(calendar), statusOf(datasets, calendar)));
  // A year of nothing but missing days says no more than the word.
  const rest = unread.length === 0 ? '' : html`<p class="quiet">Nothing loaded: ${unread.join(', ')}</p>`;
  return section('calendar', 'The last twelve months', html`${read.length === 0 ? '' : legend}${figures}${rest}`);
}

function isRead({ days }: Calendar): boolean {
  return days.some(({ state }) => state !== 'outside' && state !== 'missing');
}

function statusOf(datasets: readonly DatasetStatus[], of: Calendar): DatasetStatus | undefined {
  return datasets.find(
    ({ org_id, dataset, bucket_width }) =>
      org_id === of.org_id && dataset === of.dataset && bucket_width === of.bucket_width,
  );
}

const legend = html`<ul class="legend">${legendOrder.map(
  (state) =>
    html`<li><svg viewBox="0 0 10 10" width="12" height="12" aria-hidden="true"><path class="${state}" d="${`M0 0${shapes[state].outline}`}"/></svg>${shapes[state].title}</li>`,
)}</ul>
`;

function figure({ days }: Calendar, name: string, status: DatasetStatus | undefined): Html {
  const caption = html`<figcaption><b>${name}</b><span>${summaryOf(days)}</span>${gapsOf(status)}</figcaption>`;
  const half = Math.ceil(days.length / daysAWeek / 2) * daysAWeek;
  const label = `${name}: ${summaryOf(days)}`;
  return html`<figure>${caption}<div class="year">${halfYear(days.slice(0, half), half, label)}${halfYear(days.slice(half), half, label)}</div></figure>
`;
}

/** How many days there are of each state, in words. */
function summaryOf(days: readonly CalendarDay[]): string {
  const counts = legendOrder
    .filter((state) => state !== 'outside')
    .map((state) => ({ state, n: days.filter((day) => day.state === state).length }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${count(n)} ${state}`);
  return counts.join(' · ');
}

/** The oldest gaps in words, for who cannot point at a cell. */
function gapsOf(status: DatasetStatus | undefined): Html | string {
  if (status === undefined || status.gap_count === 0) return '';
  const first = status.gaps.slice(0, 2).map(({ from, to }) => `${from.slice(0, 16)} to ${to.slice(0, 16)}`);
  const more = status.gap_count - first.length;
  return html`<span class="bad">missing: ${first.join(', ').replaceAll('T', ' ')}${more > 0 ? ` and ${more} more` : ''}</span>`;
}

/** Half of a year in a picture with room for so many days, a column a week, Monday first. Only numbers and fixed words go into it. */
function halfYear(days: readonly CalendarDay[], room: number, label: string): Html {
  const width = labelWidth + (room / daysAWeek) * pitch;
  const cells = days.map(({ date, state, rows }, index) => {
    const x = labelWidth + Math.floor(index / daysAWeek) * pitch;
    const y = headHeight + (index % daysAWeek) * pitch;
    const title = `${date}: ${shapes[state].title}${rows > 0 ? `, ${things(rows, 'row')}` : ''}`;
    return `<path class="${state}" d="M${x} ${y}${shapes[state].outline}"><title>${title}</title></path>`;
  });
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${headHeight + daysAWeek * pitch}">${raw(
    `${weekdayLabels}${monthLabels(days)}${cells.join('')}`,
  )}</svg>`;
}

const weekdayLabels = [
  ['M', 0],
  ['W', 2],
  ['F', 4],
]
  .map(([letter, row]) => `<text x="2" y="${headHeight + Number(row) * pitch + 9}">${letter}</text>`)
  .join('');

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The name of each month above the week it begins in; one that would run out of the picture is left out. */
function monthLabels(days: readonly CalendarDay[]): string {
  const weeks = Math.ceil(days.length / daysAWeek);
  return days
    .map(({ date }, index) => ({
      month: months[Number(date.slice(5, 7)) - 1],
      day: date.slice(8),
      week: Math.floor(index / daysAWeek),
    }))
    .filter(({ day, week }) => day === '01' && week <= weeks - 2)
    .map(({ month, week }) => `<text x="${labelWidth + week * pitch}" y="9">${month}</text>`)
    .join('');
}
