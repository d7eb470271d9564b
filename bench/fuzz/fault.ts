import type { Asked } from './asked.ts';
import type { SentBucket } from './bucket.ts';
import { daySeconds, type Width } from './contract.ts';
import type { FaultKind } from './fault-kinds.ts';
import { randomOf } from './random.ts';
import type { World } from './world.ts';

/** Something the API does wrong for one dataset of one organization. */
export interface Fault {
  readonly kind: FaultKind;
  readonly organization: string;
  readonly datasets: readonly string[];
  /** Null: all. */
  readonly widths: readonly Width[] | null;
  /** UTC days of which buckets are struck. */
  readonly days: readonly number[];
  /** An instant it is about: a horizon, a clamp, the end of an old range. */
  readonly instant: number;
  readonly salt: number;
}

/** What the API refuses a request with. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly code: string | null;
  readonly param: string | null;
  /** What it is about, as the oracle has to know. `before`: only of what begins earlier; null: of everything. */
  readonly about:
    | { readonly kind: 'horizon'; readonly from: number }
    | { readonly kind: 'grouping'; readonly dimension: string; readonly before: number | null }
    | { readonly kind: 'future' }
    | { readonly kind: 'denied' };
}

/** A page on its way out: buckets, of which a piece may go on a later page. */
export type PageOfBuckets = readonly SentBucket[];

/** What a kind of fault does; what is absent it leaves alone. */
export interface Effect {
  refuse?(asked: Asked, fault: Fault, now: number): Refusal | null;
  /** Dimensions that results carry though they were not asked for. */
  unasked?(asked: Asked): readonly string[];
  spoil?(bucket: SentBucket, asked: Asked, fault: Fault): SentBucket;
  /** Puts other buckets in the place of those asked for. */
  replace?(buckets: readonly SentBucket[], asked: Asked, fault: Fault, answer: Answering): readonly SentBucket[];
  page?(buckets: readonly SentBucket[], asked: Asked): readonly PageOfBuckets[];
}

/** What an effect may ask for to make up an answer. */
export interface Answering {
  readonly world: World;
  readonly now: number;
  bucketAt(asked: Asked, position: number): SentBucket;
}

/** True where a fault is for a request. */
export function isFor(fault: Fault, { organization, endpoint, width }: Asked): boolean {
  return (
    fault.organization === organization &&
    fault.datasets.includes(endpoint.name) &&
    (fault.widths === null || fault.widths.includes(width))
  );
}

/** True where a fault strikes a bucket: of one of its days, and of the finer ones some. */
export function strikes(fault: Fault, { width }: Asked, { position }: SentBucket): boolean {
  if (position === null) return false;
  if (!fault.days.includes(Math.floor(position / daySeconds) * daySeconds)) return false;
  return width === '1d' || randomOf(fault.salt, position).chance(0.3);
}
