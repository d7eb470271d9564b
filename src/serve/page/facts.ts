import { html } from 'hono/html';
import type { Stored } from '../../run/observe.ts';
import { count, type Html, money, secondsBetween, span, things } from './format.ts';

/** The few numbers one looks for first. */
export function factStrip(stored: Stored, now: Date | null): Html {
  const facts = [lastRun(stored, now), spend(stored), tieOut(stored, now), rows(stored)];
  return html`<dl class="facts">${facts.map(
    ({ title, value, note }) => html`<div><dt>${title}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>
`;
}

interface Fact {
  readonly title: string;
  readonly value: Html | string;
  readonly note: string;
}

function ago(instant: Date, now: Date | null): string {
  return now === null ? '' : `${span(secondsBetween(instant, now))} ago`;
}

function lastRun({ last_runs }: Stored, now: Date | null): Fact {
  const [newest] = last_runs
    .filter(({ command }) => command !== 'verify')
    .toSorted((a, b) => b.finished_at.getTime() - a.finished_at.getTime());
  const title = 'Last run';
  if (newest === undefined) return { title, value: 'none yet', note: '' };
  return { title, value: newest.status, note: `${newest.command} ended ${ago(newest.finished_at, now)}` };
}

function spend({ spend_yesterday }: Stored): Fact {
  const title = 'Spend yesterday';
  if (spend_yesterday.length === 0) return { title, value: 'not known', note: 'the day is not loaded yet' };
  const several = new Set(spend_yesterday.map(({ org_id }) => org_id)).size > 1;
  const value = html`${spend_yesterday.map(
    ({ org_id, currency, amount: spent }) =>
      html`<div title="${spent}">${money(spent)} ${currency.toUpperCase()}${several ? html` <small>${org_id}</small>` : ''}</div>`,
  )}`;
  return { title, value, note: 'the whole UTC day' };
}

function tieOut({ tie_outs }: Stored, now: Date | null): Fact {
  const title = "Against the API's totals";
  const [newest] = tie_outs.toSorted((a, b) => b.checked_at.getTime() - a.checked_at.getTime());
  if (newest === undefined) return { title, value: 'never compared', note: 'usage-etl verify does it' };
  const disagreeing = tie_outs.filter((tieOut) => tieOut.disagreeing > 0).length;
  const value =
    disagreeing === 0
      ? 'equal'
      : html`<span class="bad">${things(disagreeing, 'measure differs', 'measures differ')}</span>`;
  return { title, value, note: `compared ${ago(newest.checked_at, now)}` };
}

function rows({ status }: Stored): Fact {
  const total = status.datasets.reduce((sum, dataset) => sum + dataset.rows, 0);
  const loaded = status.datasets.reduce((sum, dataset) => sum + dataset.buckets_loaded, 0);
  return { title: 'Stored', value: things(total, 'row'), note: `in ${count(loaded)} buckets` };
}
