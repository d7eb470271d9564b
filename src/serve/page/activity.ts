import { html } from 'hono/html';
import type { Stored } from '../../run/observe.ts';
import type { ScheduleState } from '../../schedule/state.ts';
import { count, type Html, instant, instantOr, none, secondsBetween, span } from './format.ts';
import { type Cell, type Column, section, table } from './table.ts';

/** What the service does by itself, and when. */
export function scheduleSection(schedules: readonly ScheduleState[], now: Date | null): Html {
  const rows = schedules.map((schedule): readonly Cell[] => [
    { content: schedule.name },
    { content: schedule.command },
    { content: html`<code>${schedule.cron}</code> ${schedule.timezone}` },
    { content: schedule.next_at === null ? none : nextOf(schedule.next_at, now) },
    { content: instantOr(schedule.last_started_at) },
    schedule.running ? { content: 'at work' } : exitOf(schedule.last_exit_code),
  ]);
  const content =
    rows.length === 0
      ? html`<p class="quiet">No schedule is configured.</p>`
      : table('Schedules', ['Schedule', 'Command', 'When', 'Next', 'Last', 'Came to'].map(titled), rows);
  return section('schedules', 'Schedules', content);
}

function nextOf(next: string, now: Date | null): Html {
  const seconds = now === null ? null : secondsBetween(now, next);
  const hint = seconds === null ? '' : html` <small>${seconds > 0 ? `in ${span(seconds)}` : 'due'}</small>`;
  return html`${instant(next)}${hint}`;
}

/** Exit codes in words, as the command line has them. */
const exits: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'failed',
  2: 'bad configuration',
  3: 'partial',
  4: 'differences found',
  75: 'busy elsewhere',
};

function exitOf(code: number | null): Cell {
  if (code === null) return { content: none };
  return { content: `${exits[code] ?? 'failed'} (${code})`, tone: code === 0 ? 'good' : 'bad' };
}

/** The newest runs, by whomever they were started. */
export function runSection({ status, last_runs }: Stored): Html {
  const several = new Set(last_runs.map(({ org_id }) => org_id)).size > 1;
  const rows = status.runs.map((run): readonly Cell[] => [
    { content: `${run.run_id}` },
    ...(several ? [{ content: run.org_id }] : []),
    { content: run.command },
    { content: run.status, tone: run.status === 'ok' ? 'good' : run.status === 'running' ? 'quiet' : 'bad' },
    { content: instant(run.started_at) },
    { content: run.finished_at === null ? none : span(secondsBetween(run.started_at, run.finished_at)) },
    { content: count(run.requests) },
    { content: changed(run.rows_inserted, run.rows_updated, run.rows_deleted) },
    { content: run.error === null ? none : html`<span class="lines">${run.error}</span>` },
  ]);
  const columns: readonly Column[] = [
    { title: 'Run' },
    ...(several ? [{ title: 'Organization' }] : []),
    { title: 'Command' },
    { title: 'Status' },
    { title: 'Started' },
    { title: 'Took', kind: 'number' },
    { title: 'Requests', kind: 'number' },
    { title: 'Rows', kind: 'number' },
    { title: 'Error', kind: 'wide' },
  ];
  const content = rows.length === 0 ? html`<p class="quiet">No run yet.</p>` : table('Last runs', columns, rows);
  return section('runs', 'Last runs', content);
}

function changed(inserted: number, updated: number, deleted: number): Html {
  const parts = [
    ['+', inserted, 'inserted'],
    ['~', updated, 'updated'],
    ['−', deleted, 'deleted'],
  ] as const;
  const shown = parts.filter(([, number]) => number > 0);
  if (shown.length === 0) return html`<span class="none">0</span>`;
  return html`${shown.map(
    ([sign, number, word], index) => html`${index > 0 ? ' ' : ''}<span title="${word}">${sign}${count(number)}</span>`,
  )}`;
}

function titled(title: string) {
  return { title };
}
