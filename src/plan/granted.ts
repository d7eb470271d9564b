/** The dimensions the API grants over a stretch of time. */
export interface GrainRange {
  /** Inclusive; null: from the beginning. */
  readonly since: Date | null;
  /** Exclusive; null: without end. */
  readonly until: Date | null;
  /** In column order; null where it refuses one that must not be given up, so that nothing can be asked for. */
  readonly grain: readonly string[] | null;
}
