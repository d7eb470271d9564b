/** The dimensions the API grants over a stretch of time. */
export interface GrainRange {
  /** Inclusive; null: from the beginning. */
  readonly since: Date | null;
  /** Exclusive; null: without end. */
  readonly until: Date | null;
  /** In column order; null where it refuses one that must not be given up, so that nothing can be asked for. */
  readonly grain: readonly string[] | null;
}

/** The instants at which what is granted changes, ascending: no slice reaches over one. */
export function boundsOf(ranges: readonly GrainRange[]): readonly Date[] {
  return ranges.flatMap(({ since }) => (since === null ? [] : [since]));
}
