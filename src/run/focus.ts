import type { Clock } from '../clock.ts';
import { raise } from '../db/database-error.ts';
import type { Store } from '../db/store.ts';
import { checkFocus, type DeviationCount, type FocusResult } from '../derive/focus/check.ts';
import { type FocusMetadata, focusMetadata, focusVersion } from '../derive/focus/metadata.ts';
import type { DeviationLetter } from '../derive/focus/rule.ts';
import { exitCode } from '../errors.ts';
import { version } from '../version.ts';

export type { FocusMetadata };

/**
 * What a rule came to. `kept`; `deviation`: broken only as published; `advised`: broken, but only advice of FOCUS;
 * `violation`; `not_asked`: a column it needs is missing.
 */
type FocusVerdict = 'kept' | 'deviation' | 'advised' | 'violation' | 'not_asked';

/** One rule and what it came to, over both views. */
export interface FocusLine {
  readonly rule: string;
  readonly sentence: string;
  readonly views: readonly string[];
  readonly strength: 'must' | 'should';
  /** Rows, groups or columns that break it otherwise than as published; null when it could not be asked. */
  readonly rows: number | null;
  /** Rows that break it as published. */
  readonly deviating_rows: number;
  /** The letter of the published deviation that is let pass; null where none is. */
  readonly deviation: DeviationLetter | null;
  readonly verdict: FocusVerdict;
}

/** What `check focus` prints. */
export interface FocusReport {
  readonly status: 'ok' | 'violations';
  readonly focus_version: string;
  readonly charges: number;
  readonly parts: number;
  readonly violations: number;
  readonly rules: readonly FocusLine[];
  readonly deviations: readonly DeviationCount[];
  readonly exit_code: number;
}

/**
 * Asks every FOCUS rule of the stored charges. Exit code 0 when none is violated, 4 otherwise: published deviations and
 * broken advice are shown, and no violations. Rejects with what the database raises.
 */
export async function runFocusCheck({ pool }: Pick<Store, 'pool'>): Promise<FocusReport> {
  const { charges, parts, results, deviations } = await checkFocus(pool);
  const rules = results.map(lineOf);
  const violations = rules.filter(({ verdict }) => verdict === 'violation').length;
  return {
    status: violations === 0 ? 'ok' : 'violations',
    focus_version: focusVersion,
    charges,
    parts,
    violations,
    rules,
    deviations,
    exit_code: violations === 0 ? exitCode.ok : exitCode.difference,
  };
}

/** The metadata document of the FOCUS views. Rejects with what the database raises. */
export function readFocusMetadata({ pool }: Pick<Store, 'pool'>, clock: Clock): Promise<FocusMetadata> {
  return focusMetadata(pool, version, clock.now()).catch(raise);
}

function lineOf({ rule, broken, deviating }: FocusResult): FocusLine {
  return {
    rule: rule.id,
    sentence: rule.sentence,
    views: rule.views,
    strength: rule.strength,
    rows: broken,
    deviating_rows: deviating,
    deviation: (rule.kind === 'row' ? rule.deviation?.letter : undefined) ?? null,
    verdict: verdictOf({ rule, broken, deviating }),
  };
}

function verdictOf({ rule, broken, deviating }: FocusResult): FocusVerdict {
  if (broken === null) return 'not_asked';
  if (broken > 0) return rule.strength === 'must' ? 'violation' : 'advised';
  return deviating > 0 ? 'deviation' : 'kept';
}
