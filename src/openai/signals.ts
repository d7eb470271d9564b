/**
 * Outcomes of a request that ask the caller to ask differently. They are not failures: a session answers the first two
 * itself, the run answers PageTooLarge by asking for fewer buckets.
 */

/** The API refuses to group by one or more of the dimensions asked for. The message is the API's, redacted. */
export class GroupingRefused extends Error {
  override readonly name = 'GroupingRefused';
  /** The dimensions of the asked grain that the message refuses; empty when it names none. */
  readonly names: readonly string[];

  constructor(message: string, names: readonly string[]) {
    super(message);
    this.names = names;
  }
}

/** The requested start lies before the horizon. The message is the API's, redacted. */
export class HorizonMoved extends Error {
  override readonly name = 'HorizonMoved';
  /** The earliest instant the API says it still answers; null when it does not say. */
  readonly earliest: Date | null;

  constructor(message: string, earliest: Date | null) {
    super(message);
    this.earliest = earliest;
  }
}

/** A page grew past the soft limit and was given up while it arrived. */
export class PageTooLarge extends Error {
  override readonly name = 'PageTooLarge';
  /** Bytes of JSON received when the limit was passed. */
  readonly bytes: number;
  /** Buckets begun by then: a measure of how many fit. */
  readonly buckets: number;

  constructor(bytes: number, buckets: number) {
    super(`a page grew past ${bytes} bytes within ${buckets} buckets`);
    this.bytes = bytes;
    this.buckets = buckets;
  }
}
