import type { Asked } from './asked.ts';
import { widthSeconds } from './contract.ts';
import type { Json, JsonObject } from './json.ts';
import type { Row, Sent } from './results.ts';

/**
 * What an answer says of a bucket. `rows`: these. `either`: these, or nothing where the store cannot hold them, and then
 * the run says so. `nothing`: it could not be told what it says, and what was stored stays.
 */
export interface Meaning {
  readonly kind: 'rows' | 'either' | 'nothing';
  readonly rows: readonly Row[];
  /** True where the run must say that something was missing. */
  readonly loud: boolean;
}

/** A bucket on its way out. */
export interface SentBucket {
  /** The start of what it is the answer for; null: of nothing that was asked for. */
  readonly position: number | null;
  /** False: it is not sent. */
  readonly isSent: boolean;
  readonly startTime: Json;
  readonly endTime: Json;
  /** Null: it comes without. */
  readonly results: readonly JsonObject[] | null;
  readonly meaning: Meaning;
}

/** A bucket as it should be. */
export function honestBucket({ width }: Pick<Asked, 'width'>, position: number, sent: readonly Sent[]): SentBucket {
  return {
    position,
    isSent: true,
    startTime: position,
    endTime: position + widthSeconds[width],
    results: sent.map(({ result }) => result),
    meaning: { kind: 'rows', rows: sent.map(({ row }) => row), loud: false },
  };
}

/** What cannot be understood: what is stored stays, and the run says so. */
export const lost: Meaning = { kind: 'nothing', rows: [], loud: true };

interface Changed {
  readonly results: readonly JsonObject[];
  readonly rows: readonly Row[];
}

/**
 * The same with its first result changed. A bucket without results is left alone, and so is one of which another fault
 * has made several results of one row.
 */
export function withFirst(
  bucket: SentBucket,
  meaning: Pick<Meaning, 'kind' | 'loud'>,
  change: (result: JsonObject, row: Row) => Changed | null,
): SentBucket {
  const [result, ...results] = bucket.results ?? [];
  const [row, ...rows] = bucket.meaning.rows;
  if (result === undefined || row === undefined || results.length !== rows.length) return bucket;
  const changed = change(result, row);
  if (changed === null) return bucket;
  return {
    ...bucket,
    results: [...changed.results, ...results],
    meaning: { ...meaning, rows: [...changed.rows, ...rows] },
  };
}
