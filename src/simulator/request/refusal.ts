/** The error object of the API's error envelope. */
export interface ApiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A request that the API refuses, with the HTTP status it does so with. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly error: ApiError;

  constructor(status: number, message: string, details: Partial<Omit<ApiError, 'message'>> = {}) {
    super(message);
    this.status = status;
    this.error = { message, type: 'invalid_request_error', param: null, code: null, ...details };
  }
}

/** The body of an error answer. */
export function errorText(error: ApiError): string {
  return JSON.stringify({ error });
}

/** A start before the earliest day that is still answered. */
export function startRefused(earliest: Date): Refusal {
  const date = earliest.toISOString().slice(0, 10);
  const message = `The requested 'start_time' is too far in the past. The earliest supported date is ${date}.`;
  return new Refusal(400, message, { param: 'start_time', code: 'reporting_lookback_exceeded' });
}

/** A value that is not one of a closed list. The message names the refused value and then lists the supported ones. */
export function unsupportedValue(param: string, value: string, supported: readonly string[]): Refusal {
  const quoted = supported.map((name) => `'${name}'`);
  const list = quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
  const message = `Invalid value: '${value}'. Supported values are: ${list}.`;
  return new Refusal(400, message, { param, code: 'invalid_value' });
}
