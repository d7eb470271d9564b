import type { Pool, PoolClient } from 'pg';
import { raise } from '../../db/database-error.ts';
import { deviations } from './deviations.ts';
import {
  brokenQuery,
  type DeviationLetter,
  type FocusRule,
  type FocusView,
  type FocusViews,
  type RowRule,
} from './rule.ts';
import { focusRules } from './rules.ts';

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
  /** Charges it concerns; null when it concerns the whole data set. */
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
 * for all rules about single rows. Rejects with what the database raises.
 */
export async function checkFocus(pool: Pool, views: FocusViews = focusViews): Promise<FocusFindings> {
  const client = await pool.connect().catch(raise);
  try {
    await client.query('begin isolation level repeatable read read only');
    return await findings(client, views);
  } catch (failure) {
    return raise(failure);
  } finally {
    // Nothing was written; on a lost connection there is nothing to roll back either.
    await client.query('rollback').catch(() => undefined);
    client.release();
  }
}

interface Tally {
  broken: number | null;
  deviating: number;
}

type Tallies = Map<FocusRule, Tally>;

/** Asks every rule on a connection of the caller's, as tests do about copies of the views. */
export async function findings(client: Pick<PoolClient, 'query'>, views: FocusViews): Promise<FocusFindings> {
  const tallies: Tallies = new Map(focusRules.map((rule) => [rule, { broken: 0, deviating: 0 }]));
  await askSets(client, views, tallies, true);
  const missing = focusRules.some(
    (rule) => rule.strength === 'must' && isAboutColumns(rule) && tallies.get(rule)?.broken !== 0,
  );
  if (missing) {
    for (const [rule, tally] of tallies) if (!isAboutColumns(rule)) tally.broken = null;
    return { charges: 0, parts: 0, results: resultsOf(tallies), deviations: [] };
  }
  const charges = await askRows(client, views, 'charges', tallies);
  const parts = await askRows(client, views, 'allocated', tallies);
  await askSets(client, views, tallies, false);
  return { charges, parts, results: resultsOf(tallies), deviations: await countDeviations(client, views) };
}

function resultsOf(tallies: Tallies): readonly FocusResult[] {
  return [...tallies].map(([rule, tally]) => ({ rule, ...tally }));
}

function isAboutColumns(rule: FocusRule): boolean {
  return rule.kind === 'set' && rule.aboutColumns;
}

function add(tallies: Tallies, rule: FocusRule, broken: number, deviating: number): void {
  const tally = tallies.get(rule);
  if (tally === undefined) return;
  tally.broken = (tally.broken ?? 0) + broken;
  tally.deviating += deviating;
}

/** All rules about single rows in one pass over the view. Returns the number of its rows. */
async function askRows(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
  view: FocusView,
  tallies: Tallies,
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
    `select count(*) as rows, array[${all}]::double precision[] as counts from ${name}`,
  );
  const [answer] = rows;
  rules.forEach((rule, index) => {
    add(tallies, rule, answer?.counts[2 * index] ?? 0, answer?.counts[2 * index + 1] ?? 0);
  });
  return answer?.rows ?? 0;
}

async function askSets(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
  tallies: Tallies,
  aboutColumns: boolean,
): Promise<void> {
  for (const rule of focusRules) {
    if (rule.kind !== 'set' || rule.aboutColumns !== aboutColumns) continue;
    for (const view of rule.views) {
      const sql = brokenQuery(rule, views[view], views);
      const { rows } = await client.query<{ broken: number }>(`select count(*) as broken from (${sql}) as broken`);
      add(tallies, rule, rows[0]?.broken ?? 0, 0);
    }
  }
}

async function countDeviations(
  client: Pick<PoolClient, 'query'>,
  views: FocusViews,
): Promise<readonly DeviationCount[]> {
  const counted: DeviationCount[] = [];
  const { charges: view } = views;
  for (const { letter, sentence, rows: condition } of deviations) {
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
