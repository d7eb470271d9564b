import { html } from 'hono/html';
import { bandLegend, isUnknown } from '../chart/frame.ts';
import { lineOverDays } from '../chart/lines.ts';
import { stackedDays } from '../chart/stacked-days.ts';
import type { ReportData } from '../data.ts';
import { count, type Html, large, percent, ratioOf, roughCount } from '../format.ts';
import { type Cell, nothing, numbersBehind, section, table } from '../table.ts';

function withoutUsage(days: ReportData['days']): string {
  return days.every(({ usage }) => isUnknown(usage)) ? 'No usage is loaded' : 'No input was used';
}

/** Tokens by class and day. */
export function tokenSection({ tokens, days }: ReportData): Html {
  const { classes, requests } = tokens;
  const note = html`${count(requests)} requests. Classes add up to all tokens: what the cache served is counted once.`;
  if (classes.length === 0) return section('tokens', 'Tokens by class', '', nothing(`${withoutUsage(days)}.`));
  const color = (index: number) => `t${index}`;
  const chart = stackedDays({
    label: 'Tokens by day and class',
    days,
    stateOf: 'usage',
    tick: roughCount,
    tellDay: (index) => classes.map(({ name, daily }) => `${name}: ${count(daily[index] ?? '0')}`).join('\n'),
    series: classes.map(({ name, daily }, index) => ({ name, color: color(index), values: daily.map(Number) })),
  });
  const legend = classes.map(
    ({ name, tokens: total }, index) =>
      html`<li><svg class="swatch" aria-hidden="true"><rect class="${color(index)}" width="100%" height="100%"/></svg>${name} <small>${large(total)}</small></li>`,
  );
  const rows = days.map(({ date }, index): readonly Cell[] => [
    { content: date },
    ...classes.map(({ daily }) => ({ content: count(daily[index] ?? '0') })),
  ]);
  const columns = [{ title: 'Day' }, ...classes.map(({ name }) => ({ title: name, kind: 'number' }) as const)];
  return section(
    'tokens',
    'Tokens by class',
    note,
    html`<ul class="legend">${legend}${bandLegend(days, 'usage')}</ul>${chart}${numbersBehind('Every day in numbers', table('Tokens by day and class', columns, rows))}`,
  );
}

/** How much of the input the cache served, by day and by model. */
export function cacheSection({ tokens, days }: ReportData): Html {
  const { cache_hit_rates: rates, models } = tokens;
  if (models.length === 0) return section('cache', 'Cache hit rate', '', nothing(`${withoutUsage(days)}.`));
  const note = 'Cached input tokens in all input tokens. The higher, the cheaper the input.';
  const chart = lineOverDays({
    label: 'Share of input tokens served from the cache, by day',
    days,
    stateOf: 'usage',
    most: rates.reduce<number>((most, rate) => Math.max(most, rate ?? 0), 0.1),
    tick: (value) => `${Math.round(value * 100)} %`,
    tellDay: (index) => {
      const rate = rates[index] ?? null;
      return rate === null ? 'no input tokens' : `${percent(rate)} from the cache`;
    },
    values: rates,
    color: 'c1',
  });
  const rows = models.map(({ model, input_tokens, cached_tokens }): readonly Cell[] => [
    { content: model },
    { content: percent(ratioOf(cached_tokens, input_tokens)) },
    { content: large(cached_tokens) },
    { content: large(input_tokens) },
  ]);
  const columns = [
    { title: 'Model' },
    { title: 'From the cache', kind: 'number' },
    { title: 'Cached input tokens', kind: 'number' },
    { title: 'Input tokens', kind: 'number' },
  ] as const;
  return section('cache', 'Cache hit rate', note, html`${chart}${table('Cache hit rate by model', columns, rows)}`);
}
