import { html, raw } from 'hono/html';
import { redact } from '../../log.ts';
import type { Stored } from '../../run/observe.ts';
import type { ScheduleState } from '../../schedule/state.ts';
import { version } from '../../version.ts';
import type { Observed } from '../observed.ts';
import { runSection, scheduleSection } from './activity.ts';
import { type Attention, type Verdict, verdictOf } from './attention.ts';
import { calendarSection } from './calendar.ts';
import { factStrip } from './facts.ts';
import { driftSection, quarantineSection } from './findings.ts';
import { type Html, instant, secondsBetween, span } from './format.ts';
import { freshnessSection } from './freshness.ts';
import { style } from './style.ts';

const refreshSeconds = 60;

/**
 * The status page. It needs no script and asks for nothing else. All text is escaped where it is put in, and keys,
 * tokens and e-mail addresses are taken out before.
 */
export function statusPage(given: Observed, givenSchedules: readonly ScheduleState[]): Html {
  const observed = redacted(given);
  const schedules = redacted(givenSchedules);
  const { observation } = observed;
  const now = observation?.observed_at ?? null;
  const verdict = verdictOf(observed);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${verdict.sentence} – usage-etl</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${refreshSeconds}">
<meta name="robots" content="noindex">
<link rel="icon" href="${iconOf(verdict)}">
<style>${raw(style)}</style>
</head>
<body>
<header class="top"><b>openai-usage-etl</b><span>${now === null ? '' : html`as of ${instant(now)} UTC · all times are UTC`}</span></header>
<main>
${verdictBlock(verdict, now)}
${observation?.stored ? storedParts(observation.stored, schedules, now) : scheduleSection(schedules, now)}
</main>
${footer(observed)}
</body>
</html>
`;
}

function storedParts(stored: Stored, schedules: readonly ScheduleState[], now: Date | null): Html {
  return html`${factStrip(stored, now)}${freshnessSection(stored)}${calendarSection(stored.calendars, stored.status.datasets)}${scheduleSection(schedules, now)}${runSection(stored)}${quarantineSection(stored)}${driftSection(stored)}`;
}

const glyphs = {
  good: html`<path d="M10 16.5l4 4 8-9"/>`,
  attention: html`<path d="M16 9v8M16 22v.01"/>`,
  down: html`<path d="M11 11l10 10M21 11L11 21"/>`,
} as const;

function verdictBlock({ state, sentence, items }: Verdict, now: Date | null): Html {
  const list = items.length === 0 ? '' : html`<ul class="items">${items.map((item) => itemBlock(item, now))}</ul>`;
  return html`<div class="verdict verdict-${state}"><svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="14"/>${glyphs[state]}</svg><div><h1>${sentence}</h1></div></div>
${list}`;
}

function itemBlock({ severity, organization, summary, detail, remedy, since }: Attention, now: Date | null): Html {
  const age = since === null || now === null ? '' : html` (${span(secondsBetween(since, now))})`;
  return html`<li class="${severity}"><div class="about"><span class="severity">${severity}</span>${
    organization === '' ? '' : html`<span>${organization}</span>`
  }${since === null ? '' : html`<span>since ${instant(since)}${age}</span>`}</div>
<h3>${summary}</h3>${detail === '' ? '' : html`<p class="detail">${detail}</p>`}<p><b>What to do:</b> ${remedy}</p></li>
`;
}

const iconColors = { good: '#2b8a57', attention: '#d08a00', down: '#c9342b' } as const;

/** The tab tells the state, too. */
function iconOf({ state }: Verdict): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="${iconColors[state]}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function footer({ observation }: Observed): Html {
  const database = observation?.stored?.status.database;
  const parts = [
    `usage-etl ${version}`,
    ...(database === undefined
      ? []
      : [
          `PostgreSQL ${database.server_version}${database.embedded ? ', embedded' : ''}`,
          `${(database.size_bytes / 1024 ** 2).toFixed(0)} MiB`,
        ]),
    ...(observation === null ? [] : [`schema version ${observation.migrations.database_version}`]),
    `refreshes every ${refreshSeconds} seconds`,
  ];
  return html`<footer>${parts.map((part) => html`<span>${part}</span>`)}</footer>`;
}

/** The same value with every text redacted. */
function redacted<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(redacted) as T;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, redacted(part)])) as T;
}
