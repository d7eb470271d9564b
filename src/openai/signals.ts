import { EtlError } from '../errors.ts';

/**
 * Outcomes of a request that ask the caller to ask differently. They are not failures: a session answers the first three
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
  /** The instants it names, likeliest horizon first. None is believed unproved: prose is not data. */
  readonly named: readonly Date[];

  constructor(message: string, named: readonly Date[]) {
    super(message);
    this.named = named;
  }
}

/** The end asked for is refused, most likely because it lies ahead; where it does not, the error is what it says. */
export class FutureEndRefused extends EtlError {}

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
