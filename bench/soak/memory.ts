import type { Entry } from './stored.ts';
import { bucketKey } from './stored.ts';

/** What the soak knows of a bucket, from having looked at it after every act that changed it. */
export interface Remembered extends Entry {
  /** Digest of the rows as they are stored. */
  readonly lines: string;
  /** Digest of what they say. */
  readonly content: string;
  /** Digest of the rows at the first reading after the bucket had closed: where its restatements begin. */
  readonly firstClosed: string | null;
  /** The last entry of openai_etl.restatements before that. */
  readonly restatementsBefore: number;
}

/** Everything the soak knows of what is stored. */
export interface Memory {
  readonly buckets: Map<string, Remembered>;
  /** The last entry of openai_etl.restatements that has been looked at. */
  lastRestatement: number;
  /** Buckets refused at present. */
  readonly refused: Set<string>;
  /** How many buckets were refused and later loaded. */
  healed: number;
}

/** A memory of nothing. */
export function emptyMemory(): Memory {
  return { buckets: new Map(), lastRestatement: 0, refused: new Set(), healed: 0 };
}

/** Keeps count of what is refused and what has healed. */
export function rememberStatus(memory: Memory, entry: Entry): void {
  const key = bucketKey(entry);
  if (entry.status === 'refused') memory.refused.add(key);
  else if (memory.refused.delete(key)) memory.healed += 1;
}

/** A promise that was broken, with the first difference. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Throws a broken promise unless it holds. */
export function promise(holds: boolean, difference: () => string): void {
  if (!holds) throw new BrokenPromise(difference());
}
