import type { Fault } from './fault.ts';

/** Thrown when a result of the right tag cannot be typed. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly fault: Fault;

  constructor(reason: Fault['reason'], detail: string) {
    super(detail);
    this.fault = { reason, detail };
  }
}
