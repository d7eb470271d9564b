/** Which requests a fault is for: those that meet every condition given. */
export interface FaultCondition {
  /** Name of the dataset. Where two share a path, the one that has every dimension the request groups by. */
  readonly dataset?: string;
  /** Path below the base URL, such as `/organization/costs`. */
  readonly path?: string;
  /** Number of the page asked for, from 1. */
  readonly page?: number;
  /** A dimension among those grouped by. */
  readonly groupBy?: string;
  /** Of the requests that meet the conditions above, counted from 1 since the plan was set, only this one. */
  readonly nth?: number;
  /** Of those requests, from this one on (default 1). */
  readonly from?: number;
  /** Of those requests, so many (default: all). */
  readonly times?: number;
}

/** The API answers something else than a page. */
export type AnswerEffect =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly type?: string;
      readonly param?: string;
      readonly code?: string;
      /** The Retry-After header as sent: seconds or an HTTP date. */
      readonly retryAfter?: string;
    }
  /** 400 to requests that group by a dimension, naming it and then listing the dimensions still supported. */
  | { readonly kind: 'refuse-grouping'; readonly dimension: string }
  /** 400 to requests that start before a UTC day, naming it. */
  | { readonly kind: 'refuse-start'; readonly earliest: Date };

/** The answer does not arrive as it left. */
export type DeliveryEffect =
  /** The answer waits that long first. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The connection is reset before a byte of the answer. */
  | { readonly kind: 'reset-before-headers' }
  /** The connection is reset after half the body. */
  | { readonly kind: 'reset-mid-body' }
  /** Nothing is ever answered. */
  | { readonly kind: 'stall-headers' }
  /** Nothing comes after half the body. */
  | { readonly kind: 'stall-body' }
  /** Half the body, then an orderly end of the connection; with or without a Content-Length that tells on it. */
  | { readonly kind: 'cut-short'; readonly contentLength: boolean }
  /** A complete body that is almost JSON. */
  | { readonly kind: 'invalid-json' }
  /** A login page with status 200, as a proxy may answer. */
  | { readonly kind: 'html-200' }
  /** A body that claims to be gzip and is not. */
  | { readonly kind: 'gzip-garbage' }
  /** A complete body of at least so many bytes, filled up with white space. */
  | { readonly kind: 'padded'; readonly bytes: number };

/** Positions of buckets on the page, from 0; -1 is the last. Absent: all. */
type BucketPositions = readonly number[];

/** The page is not what the contract says. */
export type PageEffect =
  /** After the last page come empty ones, each with a new cursor. */
  | { readonly kind: 'endless-pages' }
  /** Every page's cursor leads to the page itself. */
  | { readonly kind: 'cursor-loop' }
  /** Every page's cursor is new and leads to the page itself. */
  | { readonly kind: 'endless-repeats' }
  /** `has_more` without a cursor. */
  | { readonly kind: 'more-without-cursor' }
  /** The last bucket of each page has half of its results there and the others on the next page. Give no `page`. */
  | { readonly kind: 'split-bucket' }
  /** The last bucket of each page comes again on the next, with the same values or others. Give no `page`. */
  | { readonly kind: 'repeat-bucket'; readonly values: 'same' | 'other' }
  /** A bucket is twice on the page, with the same values or others. */
  | { readonly kind: 'duplicate-bucket'; readonly bucket: number; readonly values: 'same' | 'other' }
  /** A bucket starts so many seconds later than the grid says. */
  | { readonly kind: 'unaligned-bucket'; readonly bucket: number; readonly seconds: number }
  /** The times of buckets come as something else than seconds: `start_time` null, or both in milliseconds. */
  | { readonly kind: 'write-times'; readonly as: 'null' | 'milliseconds'; readonly buckets?: BucketPositions }
  /** A bucket ends so many widths after its start. */
  | { readonly kind: 'wide-bucket'; readonly bucket: number; readonly widths: number }
  /** One bucket more, so many widths before the first (negative) or after the last bucket of the page. */
  | { readonly kind: 'outside-bucket'; readonly widths: number }
  | { readonly kind: 'missing-buckets'; readonly buckets: BucketPositions }
  /** Every result comes as two of the same grain, to be summed. */
  | { readonly kind: 'split-results'; readonly buckets?: BucketPositions }
  | { readonly kind: 'reorder-results'; readonly buckets?: BucketPositions }
  | { readonly kind: 'remove-field'; readonly field: string; readonly buckets?: BucketPositions }
  /** Sets a top-level field of the results, known or not, to JSON text: `object` for another tag, or any value at all. */
  | { readonly kind: 'set-field'; readonly field: string; readonly json: string; readonly buckets?: BucketPositions };

/** One way in which the API misbehaves, as a value. */
export interface Fault {
  readonly when: FaultCondition;
  readonly then: AnswerEffect | DeliveryEffect | PageEffect;
}

/** How the API misbehaves. Of several answers or deliveries for a request the first counts; page effects add up in order. */
export type FaultPlan = readonly Fault[];
