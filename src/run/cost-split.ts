import { type CostSplit, splitChangedDays } from '../allocate/split-days.ts';
import { publishedTierWeights } from '../catalog/tier.ts';
import { toDatabaseError } from '../db/database-error.ts';
import { patiently } from '../db/patience.ts';
import type { EtlError } from '../errors.ts';
import { redact } from '../log.ts';
import { addDecimals, formatDecimal, parseDecimal, zero } from '../parse/decimal.ts';
import type { RunContext } from './context.ts';
import type { CostSplitReport } from './report.ts';
import { errorReport } from './tally.ts';

/** What splitting the costs of an organization came to. */
export interface CostSplitOutcome {
  readonly report: CostSplitReport;
  readonly error: EtlError | null;
}

/**
 * Splits the costs of the days that have changed over who caused them, of what is stored by now, whatever became of the
 * datasets. Never rejects: what is loaded stays loaded, and the days that are missing are split by the next run.
 */
export async function splitCosts(context: RunContext, organization: string, runId: number): Promise<CostSplitOutcome> {
  const { store, config, log, signal } = context;
  const weights = config.tierWeights ?? publishedTierWeights;
  try {
    const split = await patiently(context, () =>
      splitChangedDays({ pool: store.pool, organization, runId, weights, log, signal }),
    );
    for (const { code, message } of split.refusals) log.error({ organization, code }, redact(message));
    return { report: reportOf(organization, split, split.refusals), error: split.refusals[0] ?? null };
  } catch (thrown) {
    const error = toDatabaseError(thrown);
    if (!signal.aborted) {
      log.error({ organization, code: error.code }, `costs were loaded but not split: ${redact(error.message)}`);
    }
    return { report: reportOf(organization, null, [error]), error };
  }
}

function reportOf(organization: string, split: CostSplit | null, errors: readonly EtlError[]): CostSplitReport {
  const { days = 0, reconciled = [], parts = 0, inserted = 0, updated = 0, deleted = 0 } = split ?? {};
  const byCurrency = Map.groupBy(reconciled, ({ currency }) => currency);
  return {
    org_id: organization,
    days,
    parts,
    parts_inserted: inserted,
    parts_updated: updated,
    parts_deleted: deleted,
    money: [...byCurrency].map(([currency, sums]) => ({
      currency,
      billed: sumOf(sums.map(({ billed }) => billed)),
      allocated: sumOf(sums.map(({ allocated }) => allocated)),
      unattributed: sumOf(sums.map(({ unattributed }) => unattributed)),
    })),
    errors: errors.map(errorReport),
  };
}

function sumOf(amounts: readonly string[]): string {
  return formatDecimal(amounts.reduce((sum, amount) => addDecimals(sum, parseDecimal(amount) ?? zero), zero));
}
