import type {
  Breakdown,
  BreakdownDimension,
  CurrencySpend,
  DayState,
  ReportData,
  ReportDay,
} from '../../../src/report/data.ts';

/** What a made-up report is like; everything has a default. */
export interface SampleOptions {
  readonly days?: number;
  readonly currencies?: readonly string[];
  readonly projects?: number;
  /** Names of what is named, one after the other; when they run out, made-up ones. */
  readonly names?: readonly string[];
  readonly stateOf?: (index: number, days: number) => DayState;
}

const dayMs = 86_400_000;
const lastDay = Date.UTC(2026, 10, 22);
const families = ['gpt-5.6-sol', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-audio-mini', 'gpt-image', 'text-embedding-3'];

/** The last days are not final, as in life. */
const inLife = (index: number, days: number): DayState => (index >= days - 7 ? 'loaded' : 'final');

/** A report of made-up numbers: the same ones every time. Amounts have nine decimals. */
export function sampleReport(options: SampleOptions = {}): ReportData {
  const { days = 30, currencies = ['USD'], projects = 8, names = [], stateOf = inLife } = options;
  const dates = Array.from({ length: days }, (_, index) => dateOf(lastDay - (days - 1 - index) * dayMs));
  const reportDays = dates.map((date, index) => ({
    date,
    costs: stateOf(index, days),
    usage: stateOf(index, days),
  }));
  const name = namer(names);
  const from = dates[0] ?? '';
  return {
    made_at: '2026-11-23T03:20:00.000Z',
    version: '0.1.0',
    organizations: [name('acme')],
    period: { from, to: dateOf(lastDay + dayMs) },
    previous: { from: dateOf(lastDay - (2 * days - 1) * dayMs), to: from, days_missing: 0 },
    days: reportDays,
    spend: currencies.map((currency, index) => spendOf(currency, index, reportDays, projects, name)),
    tokens: tokensOf(days, name),
    storage: {
      gib_hours: '18211.25',
      stored_bytes: dates.map((_, day) => String(30_000_000_000 + Math.round(9_000_000_000 * wave(day, 3)))),
      projects: [{ organization: 'acme', label: name('Search'), stored_bytes: '33123456789', gib_hours: '18211.25' }],
    },
    freshness: ['completions', 'costs', 'embeddings'].map((dataset) => ({
      organization: 'acme',
      dataset,
      width: '1d',
      data_through: '2026-11-23T00:00:00.000Z',
      final_through: '2026-11-16T00:00:00.000Z',
      last_success_at: '2026-11-23T03:17:12.000Z',
      status: 'fresh',
      days: daysByState(reportDays),
    })),
    restatements: dates.slice(-12).map((day) => ({
      currency: 'USD',
      day,
      observed_at: '2026-11-23T03:17:00.000Z',
      amounts: 3,
      change: '-2.25',
      billed: '99.25',
      billed_before: '101.5',
    })),
    budgets: [
      {
        name: name('Everything'),
        organization: null,
        scope: 'all',
        period: '2026-11',
        currency: 'USD',
        budget: '5000',
        spent: '4120.10',
        percent: '82.402',
        forecast: '5410.33',
        state: 'warning',
      },
    ],
    anomalies: [
      {
        day: dates.at(-9) ?? from,
        organization: 'acme',
        scope: 'project',
        label: name('Research'),
        currency: 'USD',
        amount: '400',
        usual: '102',
        reason: 'z = 13.6',
      },
    ],
    unparsed: [{ line_item: name('quantum tokens, sideways'), currency: 'USD', amount: '1.25' }],
  };
}

function namer(names: readonly string[]): (made: string) => string {
  let next = 0;
  return (made) => {
    const given = names.length === 0 ? undefined : names[next % names.length];
    next += 1;
    return given ?? made;
  };
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** Between 0 and 1, without any look of randomness that changes. */
function wave(day: number, kind: number): number {
  const weekday = (day + 3) % 7 < 5 ? 1 : 0.35;
  return Math.abs(Math.sin(day * 0.7 + kind * 1.3) * 0.35 + Math.cos(day * 0.05 + kind) * 0.2 + 0.55) * weekday;
}

const scale = 1_000_000_000n;

/** Nine decimals of a whole number of billionths. */
function decimal(billionths: bigint): string {
  const sign = billionths < 0n ? '-' : '';
  const text = (billionths < 0n ? -billionths : billionths).toString().padStart(10, '0');
  return `${sign}${text.slice(0, -9)}.${text.slice(-9)}`;
}

function billionths(value: number): bigint {
  return BigInt(Math.round(value * Number(scale)));
}

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

function spendOf(
  currency: string,
  place: number,
  days: readonly ReportDay[],
  projects: number,
  name: (made: string) => string,
): CurrencySpend {
  const amounts = days.map((_, day) =>
    families.map((_, kind) => billionths((90 * wave(day, kind)) / (kind + 1) / (place + 1))),
  );
  const totals = amounts.map(sum);
  const total = sum(totals);
  const open = sum(totals.filter((_, day) => days[day]?.costs === 'loaded'));
  const shares = Array.from({ length: projects }, (_, index) => 1 / (index + 1.5));
  const cut = (dimension: BreakdownDimension, labels: readonly string[], left: number) =>
    breakdownOf(dimension, labels, total, left);
  return {
    currency,
    amount: decimal(total),
    previous_amount: decimal((total * 9n) / 10n),
    amount_not_final: decimal(open),
    month: {
      month: '2026-11',
      is_over: false,
      amount: decimal(total / 2n),
      forecast: decimal((total * 3n) / 4n),
    },
    daily: {
      families: families.map((family, kind) => ({
        name: name(family),
        amount: decimal(sum(amounts.map((row) => row[kind] ?? 0n))),
        is_rest: kind === families.length - 1,
      })),
      days: amounts.map((row, day) => ({ total: decimal(totals[day] ?? 0n), amounts: row.map(decimal) })),
    },
    breakdowns: [
      cut('model', families.map(name), 0),
      cut(
        'project',
        shares.map((_, index) => name(`Project ${index + 1}`)),
        0.02,
      ),
      cut('user', ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', '(no user)'].map(name), 0.11),
    ],
    prices: families.slice(0, 4).map((family, kind) => ({
      organization: 'acme',
      line_item: name(`${family}, input`),
      unit: '1M tokens',
      amount: decimal(total / BigInt(kind + 2)),
      prices: days.map((_, day) => (day % 9 === kind ? null : day < days.length / 2 ? '1.25' : '1.4')),
    })),
    reconciliation: {
      billed: decimal(total),
      allocated: decimal(total - total / 9n),
      unattributed: decimal(total / 9n),
      difference: '0',
      days: [],
    },
  };
}

const drawn = 10;

/** Shares of one over the rank, the last one with what is left over, so that all add up to the total. */
function breakdownOf(dimension: BreakdownDimension, labels: readonly string[], total: bigint, left: number): Breakdown {
  const unattributed = (total * BigInt(Math.round(left * 1000))) / 1000n;
  const weights = labels.map((_, index) => 1_000_000n / BigInt(index + 1));
  const parts = weights.map((weight) => ((total - unattributed) * weight) / (sum(weights) || 1n));
  parts[0] = (parts[0] ?? 0n) + total - unattributed - sum(parts);
  const rows = labels.map((label, index) => ({
    label,
    detail: null,
    amount: decimal(parts[index] ?? 0n),
    previous_amount: decimal(((parts[index] ?? 0n) * BigInt(80 + (index % 5) * 10)) / 100n),
  }));
  const rest = rows.slice(drawn);
  return {
    dimension,
    rows: rows.slice(0, drawn),
    rest:
      rest.length === 0
        ? null
        : {
            rows: rest,
            amount: decimal(sum(parts.slice(drawn))),
            previous_amount: decimal(sum(parts.slice(drawn)) / 2n),
          },
    unattributed: {
      amount: decimal(unattributed),
      previous_amount: decimal(unattributed / 2n),
      reasons: left === 0 ? [] : [{ reason: 'usage_gap', amount: decimal(unattributed) }],
    },
  };
}

function tokensOf(days: number, name: (made: string) => string): ReportData['tokens'] {
  const classes = ['Input', 'Input from the cache', 'Input written to the cache', 'Output'].map((title, kind) => {
    const daily = Array.from({ length: days }, (_, day) =>
      BigInt(Math.round((40_000_000 * wave(day, kind)) / (kind + 1))),
    );
    return { name: title, tokens: sum(daily).toString(), daily: daily.map(String) };
  });
  return {
    requests: '1234567',
    classes,
    cache_hit_rates: Array.from({ length: days }, (_, day) => (day % 11 === 5 ? null : 0.2 + 0.3 * wave(day, 2))),
    models: families.slice(0, 4).map((family) => ({
      model: name(family),
      input_tokens: '912345678',
      cached_tokens: '312345678',
    })),
  };
}

function daysByState(days: readonly ReportDay[]): Record<DayState, number> {
  const count = (state: DayState) => days.filter(({ costs }) => costs === state).length;
  return {
    final: count('final'),
    loaded: count('loaded'),
    empty: count('empty'),
    incomplete: count('incomplete'),
    missing: count('missing'),
    refused: count('refused'),
  };
}
