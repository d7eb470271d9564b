import type { Pool } from 'pg';
import type { TierWeights } from '../catalog/tier.ts';
import { inTransaction, readAtOneInstant } from '../db/transaction.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type DueDay, dueDays, type Queryable } from './due-days.ts';
import { recordLineItems } from './line-items.ts';
import { methodVersion } from './method.ts';
import { splitDay } from './parts.ts';
import { rollUpParts } from './parts-rollup.ts';
import { readDays } from './read-days.ts';
import { type Reconciled, reconcile } from './reconcile.ts';
import { staleSums } from './rolled-up.ts';
import { tierWeightsOn } from './tier-weights.ts';
import { type PartsWritten, replaceParts } from './write-parts.ts';

/** Whose costs to split, and how. */
export interface SplitOptions {
  readonly pool: Pool;
  readonly organization: string;
  readonly runId: number;
  readonly weights: TierWeights;
  readonly log: Log;
  /** Looked at between transactions. */
  readonly signal: AbortSignal;
}

/** What splitting came to. */
export interface CostSplit extends PartsWritten {
  /** Days that were split anew. */
  readonly days: number;
  /** Their sums, one for each day and currency that has costs. */
  readonly reconciled: readonly Reconciled[];
  /** Why days stayed as they were: PostgreSQL refused what they come to. */
  readonly refusals: readonly EtlError[];
}

const nothingSplit: CostSplit = {
  days: 0,
  parts: 0,
  inserted: 0,
  updated: 0,
  deleted: 0,
  reconciled: [],
  refusals: [],
};

/** Days of one transaction: enough to make its overhead small, few enough to keep its inputs out of memory's way. */
const mostDays = 31;
const mostRows = 50_000;

/**
 * Splits the costs of every day of an organization whose inputs have changed since, or whose parts or their sums do not
 * add up. A number of days make one transaction, in which they are all replaced and found to add up, or stay as they
 * were; where PostgreSQL refuses what they come to, each is split on its own. Parts that are the same are not written
 * again. Any number may do so at once. Rejects with a database error, or
 * with the reason of the signal.
 */
export async function splitChangedDays(options: SplitOptions): Promise<CostSplit> {
  const { pool, organization, weights, signal } = options;
  const version = methodVersion(weights);
  const anyway = await daysThatAreOff(pool, organization);
  const due = await dueDays(pool, organization, version, { anyway });
  await recordLineItems(
    pool,
    organization,
    due.map(({ day }) => day),
  );
  let total = nothingSplit;
  for (const batch of batchesOf(due)) {
    signal.throwIfAborted();
    const days = batch.map(({ day }) => day);
    total = sum(total, await splitSparing(options, version, days, anyway));
  }
  return total;
}

/** Days whose parts, or the sums of them, are not what they should be, whatever they were made of. */
async function daysThatAreOff(pool: Pool, organization: string): Promise<readonly string[]> {
  return await readAtOneInstant(pool, async (client) => {
    const stored = await reconcile(client, organization, {});
    const stale = await staleSums(client, organization, stored);
    const off = [...stored.filter(({ differing }) => differing > 0), ...stale.filter(({ ofParts }) => ofParts)];
    return [...new Set(off.map(({ day }) => day))];
  });
}

/** Splits some days together, or one by one where PostgreSQL refuses what they come to. */
async function splitSparing(
  options: SplitOptions,
  version: string,
  days: readonly string[],
  anyway: readonly string[],
): Promise<CostSplit> {
  try {
    return await splitBatch(options, version, days, anyway);
  } catch (thrown) {
    if (!(thrown instanceof EtlError) || thrown.code !== 'database_refused_data') throw thrown;
    const [day, ...others] = days;
    if (day === undefined || others.length === 0) {
      const refusal = new EtlError(thrown.code, `the costs of ${day}: ${thrown.message}`, { cause: thrown, remedy });
      return { ...nothingSplit, refusals: [refusal] };
    }
  }
  let total = nothingSplit;
  for (const day of days) total = sum(total, await splitSparing(options, version, [day], anyway));
  return total;
}

const remedy = 'The costs are stored; only whose they are is not told of this day. Report it.';

async function splitBatch(
  options: SplitOptions,
  version: string,
  days: readonly string[],
  anyway: readonly string[],
): Promise<CostSplit> {
  const { pool, organization, runId, weights, log } = options;
  return await inTransaction(pool, async (client) => {
    // Everything is read as of one instant, which must come after whoever splits at the same time is done: this lock, as
    // opposed to a query, does not yet fix the instant.
    await client.query('set transaction isolation level repeatable read');
    await client.query('lock table openai_etl.cost_split_days in share row exclusive mode');
    const due = await dueDays(client, organization, version, { days, anyway });
    const inputs = await readDays(
      client,
      organization,
      due.map(({ day }) => day),
    );
    const partsOf = function* () {
      for (const [day, input] of inputs) yield [day, splitDay(input, tierWeightsOn(day, weights))] as const;
    };
    const written = await replaceParts(client, { organization, runId, methodVersion: version }, partsOf());
    const dueNames = due.map(({ day }) => day);
    await rollUpParts(client, organization, dueNames);
    const reconciled = await reconcile(client, organization, { days: dueNames });
    refuseDifference(organization, reconciled);
    await recordDays(client, options, version, due);
    log.debug({ organization, days: due.length, ...written }, 'costs split');
    return { ...written, days: due.length, reconciled, refusals: [] };
  });
}

/** Throws `internal`: nothing of the transaction is stored. */
function refuseDifference(organization: string, reconciled: readonly Reconciled[]): void {
  const wrong = reconciled.find(({ differing }) => differing > 0);
  if (wrong === undefined) return;
  throw new EtlError(
    'internal',
    `the parts of ${wrong.differing} costs of ${organization} on ${wrong.day} do not add up to what was billed`,
  );
}

async function recordDays(
  client: Queryable,
  { organization, runId }: SplitOptions,
  version: string,
  due: readonly DueDay[],
): Promise<void> {
  await client.query(
    `insert into openai_etl.cost_split_days as known (org_id, usage_date_utc, method_version, inputs, parts, computed_at, run_id)
     select $1, due.day, $2, due.inputs, (select count(*) from openai.cost_parts p where p.org_id = $1 and p.usage_date_utc = due.day),
       now(), $3
     from unnest($4::date[], $5::bytea[]) as due(day, inputs)
     on conflict (org_id, usage_date_utc) do update set method_version = excluded.method_version,
       inputs = excluded.inputs, parts = excluded.parts, computed_at = excluded.computed_at, run_id = excluded.run_id
     where (known.method_version, known.inputs, known.parts) is distinct from
       (excluded.method_version, excluded.inputs, excluded.parts)`,
    [organization, version, runId, due.map(({ day }) => day), due.map(({ inputs }) => inputs)],
  );
}

function batchesOf(due: readonly DueDay[]): readonly (readonly DueDay[])[] {
  const batches: DueDay[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const day of due) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= mostDays || rows + day.rows > mostRows) {
      batches.push([day]);
      rows = day.rows;
    } else {
      last.push(day);
      rows += day.rows;
    }
  }
  return batches;
}

function sum(a: CostSplit, b: CostSplit): CostSplit {
  return {
    days: a.days + b.days,
    parts: a.parts + b.parts,
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    deleted: a.deleted + b.deleted,
    reconciled: [...a.reconciled, ...b.reconciled],
    refusals: [...a.refusals, ...b.refusals],
  };
}
