import type { Clock } from '../clock.ts';
import { ConfigError, readBudgetFile } from '../config.ts';
import type { Store } from '../db/store.ts';
import { type BudgetStatus, readBudgetStatus, readUnknownScopes, type UnknownScope } from '../derive/budgets.ts';
import { exitCode } from '../errors.ts';
import { type ReplacedBudgets, replaceBudgets } from '../load/budgets.ts';

export type { BudgetStatus } from '../derive/budgets.ts';

/** What `check budgets` prints. */
export interface BudgetReport {
  /** `exceeded`: at least one budget is. */
  readonly status: 'ok' | 'exceeded';
  /** The UTC date it is seen from. */
  readonly today: string;
  /** The present period of each. */
  readonly budgets: readonly BudgetStatus[];
  readonly exit_code: number;
}

/**
 * How far each budget is spent in its present period. Exit code 4 when one is exceeded; a forecast is no fact and changes
 * nothing.
 */
export async function runBudgetCheck({ pool }: Pick<Store, 'pool'>, clock: Clock): Promise<BudgetReport> {
  const now = clock.now();
  const budgets = (await readBudgetStatus(pool, now)).filter(({ is_current }) => is_current);
  const exceeded = budgets.some(({ state }) => state === 'exceeded');
  return {
    status: exceeded ? 'exceeded' : 'ok',
    today: now.toISOString().slice(0, 10),
    budgets,
    exit_code: exceeded ? exitCode.difference : exitCode.ok,
  };
}

/** What `budgets` came to. */
export interface BudgetImport extends ReplacedBudgets {
  /** True when nothing was written. */
  readonly dry_run: boolean;
  /** Budgets that nothing can count towards, as far as is known. */
  readonly unknown: readonly UnknownScope[];
}

/** What `budgets` is asked for. */
export interface BudgetImportOptions {
  /** As it was named; its ending decides how the text is read. */
  readonly file: string;
  readonly text: string;
  readonly dryRun: boolean;
  /** The names that org_id may be. */
  readonly organizations: readonly string[];
}

/**
 * Makes the budgets of a file all there are. Rejects with ConfigError (`budgets_invalid`) with everything that is wrong
 * with the file, and then nothing is written.
 */
export async function importBudgets(
  { pool }: Pick<Store, 'pool'>,
  { file, text, dryRun, organizations }: BudgetImportOptions,
): Promise<BudgetImport> {
  const { budgets, problems } = readBudgetFile(file, text, organizations);
  if (problems.length > 0) throw new ConfigError('budgets_invalid', problems);
  const replaced = await replaceBudgets(pool, budgets, { dryRun });
  return { dry_run: dryRun, ...replaced, unknown: await readUnknownScopes(pool, budgets) };
}
