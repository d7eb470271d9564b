import type { ErrorCode } from '../../src/errors.ts';
import type { FaultReason } from '../../src/parse/fault.ts';
import type { ErrorReport, RunReport } from '../../src/run/report.ts';
import type { BucketContent } from './buckets.ts';
import type { World, WorldOptions } from './world.ts';

/** Where a fault comes from; the page of the table has a section for each. */
export const faultAreas = ['refusal', 'network', 'page', 'result', 'clock', 'database', 'process'] as const;

export type FaultArea = (typeof faultAreas)[number];

/** One thing that goes wrong during a night, and what is promised of it. */
export interface FaultCase {
  /** A phrase a person reads: `429 with Retry-After in seconds`. */
  readonly fault: string;
  readonly area: FaultArea;
  /** The one dataset it strikes; null: whatever is going on. */
  readonly dataset: string | null;
  /** Exit code of the run it strikes; null when that run is killed. */
  readonly exit: number | null;
  /** The error reported, `says` being a part of its message; null: the run reports none. */
  readonly sees: {
    readonly code: ErrorCode;
    readonly says: string;
    /** Where the place knows better what to do than its code. */
    readonly remedy?: string;
  } | null;
  /** Why something went to quarantine; absent: nothing may. */
  readonly quarantine?: FaultReason;
  /** What is reported as drift; absent: nothing is. */
  readonly drift?: readonly string[];
  /** How long it takes until every table equals the truth again. */
  readonly recovery: 'in the same run' | 'at the next run' | `when ${string}`;
  /** What kind of world it takes; by default one in simulated time. */
  readonly world?: WorldOptions;
  /** Arms the fault, lives through the night, disarms, and tells what the user saw. */
  strike(world: World): Promise<Struck>;
  /** The night that mends it, where it takes more than one more sync. */
  recover?(world: World): Promise<Struck>;
}

/** What a night looked like from outside. */
export interface Struck {
  /** Null when the run was killed. */
  readonly exit: number | null;
  /** Every error reported, of the run, its organizations and datasets. */
  readonly errors: readonly ErrorReport[];
  /** Null when the run was killed or could not begin. */
  readonly report: RunReport | null;
  /** Everything printed: logs at level trace and the report. */
  readonly printed: string;
  /** Buckets of which the API said something untrue that night, but well-formed, and what it said. */
  readonly told?: readonly BucketContent[];
  /** The first day the API still answers, where the night found that out. */
  readonly horizon?: Date;
}
