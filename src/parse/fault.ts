/** Why something received could not be used as it is. Stable: stored as the reason of a quarantine entry. */
export type FaultReason =
  | 'not_a_result'
  | 'unknown_object'
  | 'other_dataset'
  | 'missing_measure'
  | 'missing_attribute'
  | 'wrong_type'
  | 'negative_count'
  | 'out_of_range'
  | 'bad_decimal'
  | 'bad_text'
  | 'not_a_bucket'
  | 'unaligned_bucket'
  | 'wrong_width'
  | 'conflicting_repeat'
  | 'database_refused';

/** One thing that is wrong with what was received. */
export interface Fault {
  readonly reason: FaultReason;
  /** For a person: the field and what is wrong with it, never its value. */
  readonly detail: string;
}

/** Something received that goes to quarantine, with the bucket it belongs to where that is known. */
export interface Quarantined extends Fault {
  /** Unix seconds; null when it has no usable start. */
  readonly bucketStart: number | null;
  readonly raw: unknown;
}

/** Something received that the catalog does not know. */
export interface Drift {
  readonly kind: 'field' | 'object' | 'value';
  readonly name: string;
  readonly sample: unknown;
  readonly count: number;
}

/** Collects drift, one entry a kind and name, with its first sample. */
export class DriftLog {
  readonly #entries = new Map<string, { kind: Drift['kind']; name: string; sample: unknown; count: number }>();

  add(kind: Drift['kind'], name: string, sample: unknown, count = 1): void {
    const key = `${kind} ${name}`;
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { kind, name, sample, count });
    else entry.count += count;
  }

  addAll(drift: readonly Drift[]): void {
    for (const { kind, name, sample, count } of drift) this.add(kind, name, sample, count);
  }

  entries(): readonly Drift[] {
    return [...this.#entries.values()];
  }
}
