import type { Pool, PoolClient } from 'pg';
import { readAtOneInstant } from '../../db/transaction.ts';
import { deviations } from './deviations.ts';
import type { DeviationLetter, FocusRule, FocusView, FocusViews, RowRule, SetRule } from './rule.ts';
import { focusRules } from './rules.ts';
import { type Slice, slicesOf } from './slices.ts';

/** The views as the migrations make them. */
export const focusViews: FocusViews = {
  charges: 'openai_focus.cost_and_usage',
  allocated: 'openai_focus.cost_and_usage_allocated',
};

/** What became of one rule, over the views it was asked of. */
export interface FocusResult {
  readonly rule: FocusRule;
  /** Rows, groups or columns that break it; null when it could not be asked, because a column is missing. */
  readonly broken: number | null;
  /** Rows that break it as published. */
  readonly deviating: number;
}

/** How much a published deviation concerns. */
export interface DeviationCount {
  readonly letter: DeviationLetter;
  readonly sentence: string;
  /** Charges it concerns, those left out included; null when it concerns the whole data set. */
  readonly charges: number | null;
  /** What those charges cost, by currency, exact. */
  readonly amounts: readonly { readonly currency: string; readonly amount: string }[];
}

/** What a check found. */
export interface FocusFindings {
  readonly charges: number;
  readonly parts: number;
  readonly results: readonly FocusResult[];
  readonly deviations: readonly DeviationCount[];
}

/**
 * Asks every rule of the FOCUS views, all at one instant of the database and without writing. Each view is read once
 * for all rules about single rows, some days at a time: no statement comes near the time that a role may be given for
 * one. Rejects with what the database raises.
 */
export async function checkFocus(pool: Pool, views: FocusViews = focusViews): Promise<FocusFindings> {
  return await readAtOneInstant(pool, (client) => findings(client, views));
}

interface Tally {
  broken: number | null;
  deviating: number;
}

type Tallies = Map<FocusRule, Tally>;

/**
 * Asks every rule on a connection of the caller's, as tests do about copies of the views. `mostCharges` are read at a
 * time, unless one day has more.
 */
export async function findings(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
  mostCharges?: number,
): Promise<FocusFindings> {
  const tallies: Tallies = new Map(focusRules.map((rule) => [rule, { broken: 0, deviating: 0 }]));
  const ask = (rule: SetRule, slice: Slice | null) => askSet(client, views, tallies, rule, slice);
  for (const rule of setRules.filter(({ aboutColumns }) => aboutColumns)) await ask(rule, null);
  const missing = setRules.some(
    (rule) => rule.strength === 'must' && rule.aboutColumns && tallies.get(rule)?.broken !== 0,
  );
  if (missing) {
    for (const [rule, tally] of tallies) if (rule.kind === 'row' || !rule.aboutColumns) tally.broken = null;
    return { charges: 0, parts: 0, results: resultsOf(tallies), deviations: [] };
  }
  const rules = setRules.filter(({ aboutColumns }) => !aboutColumns);
  let [charges, parts] = [0, 0];
  for (const slice of await slicesOf(client, views, mostCharges)) {
    charges += await askRows(client, views, 'charges', tallies, slice);
    parts += await askRows(client, views, 'allocated', tallies, slice);
    for (const rule of rules.filter(({ acrossDays }) => acrossDays !== true)) await ask(rule, slice);
  }
  for (const rule of rules.filter(({ acrossDays }) => acrossDays === true)) await ask(rule, null);
  return { charges, parts, results: resultsOf(tallies), deviations: await countDeviations(client, views) };
}

const setRules = focusRules.filter((rule): rule is SetRule => rule.kind === 'set');

function resultsOf(tallies: Tallies): readonly FocusResult[] {
  return [...tallies].map(([rule, tally]) => ({ rule, ...tally }));
}

function add(tallies: Tallies, rule: FocusRule, broken: number, deviating: number): void {
  const tally = tallies.get(rule);
  if (tally === undefined) return;
  tally.broken = (tally.broken ?? 0) + broken;
  tally.deviating += deviating;
}

/** All rules about single rows in one pass over a slice of the view. Returns the number of its rows. */
async function askRows(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
  view: FocusView,
  tallies: Tallies,
  { within, bounds }: Slice,
): Promise<number> {
  const rules = focusRules.filter((rule): rule is RowRule => rule.kind === 'row' && rule.views.includes(view));
  const counts = rules.flatMap(({ broken, deviation }) => {
    if (deviation === undefined) return [`count(*) filter (where ${broken})`, '0'];
    const published = deviation.when;
    return [
      `count(*) filter (where (${broken}) and (${published}) is not true)`,
      `count(*) filter (where (${broken}) and (${published}))`,
    ];
  });
  const all = counts.join(', ');
  const name = views[view];
  const { rows } = await client.query<{ rows: number; counts: number[] }>(
    `select count(*) as rows, array[${all}]::double precision[] as counts from ${name} where ${within}`,
    [...bounds],
  );
  const [answer] = rows;
  rules.forEach((rule, index) => {
    add(tallies, rule, answer?.counts[2 * index] ?? 0, answer?.counts[2 * index + 1] ?? 0);
  });
  return answer?.rows ?? 0;
}

/** Asks a rule of a slice of its views, or of all of them. */
async function askSet(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
  tallies: Tallies,
  rule: SetRule,
  slice: Slice | null,
): Promise<void> {
  const { charges, allocated } = views;
  const { within, bounds } = slice ?? { within: 'true', bounds: [] };
  for (const view of rule.views) {
    const broken = slice === null ? rule.broken(views[view], views) : rule.broken(sliced[view], sliced);
    const { rows } = await client.query<{ broken: number }>(
      `with charges_of_slice as not materialized (select * from ${charges} where ${within}),
         parts_of_slice as not materialized (select * from ${allocated} where ${within})
       select count(*) as broken from (${broken}) as broken`,
      [...bounds],
    );
    add(tallies, rule, rows[0]?.broken ?? 0, 0);
  }
}

/** The slices of the views, as rules know them. */
const sliced: FocusViews = { charges: 'charges_of_slice', allocated: 'parts_of_slice' };

async function countDeviations(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
): Promise<readonly DeviationCount[]> {
  const counted: DeviationCount[] = [];
  const { charges: view } = views;
  for (const { letter, sentence, rows: condition, leftOut } of deviations) {
    if (leftOut !== undefined) {
      const { rows } = await client.query<{ left_out: number }>(leftOut);
      counted.push({ letter, sentence, charges: Number(rows[0]?.left_out ?? 0), amounts: [] });
      continue;
    }
    if (condition === null) {
      counted.push({ letter, sentence, charges: null, amounts: [] });
      continue;
    }
    const { rows } = await client.query<{ currency: string; amount: string; charges: number }>(
      `select "BillingCurrency" as currency, trim_scale(sum("BilledCost"))::text as amount, count(*) as charges
       from ${view} where ${condition} group by 1 order by 1`,
    );
    const charges = rows.reduce((sum, row) => sum + row.charges, 0);
    counted.push({
      letter,
      sentence,
      charges,
      amounts: rows.map(({ currency, amount }) => ({ currency, amount })),
    });
  }
  return counted;
}
