import { redact } from '../log.ts';

/** What an error answer says of itself. Every text is redacted. */
export interface ApiError {
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: string | null;
}

/** Longest message kept for analysis; longer ones are cut, since a message is text from outside. */
const longestMessage = 4000;

/** Longest message quoted to an operator. */
const longestQuote = 300;

/** Reads the API's error envelope; null when the text is not one (a proxy's HTML page, an empty body). */
export function parseApiError(text: string): ApiError | null {
  const error = field(parseJson(text), 'error');
  const message = field(error, 'message');
  if (typeof message !== 'string') return null;
  return {
    message: redact(message).slice(0, longestMessage),
    type: textOrNull(field(error, 'type')),
    param: textOrNull(field(error, 'param')),
    code: textOrNull(field(error, 'code')),
  };
}

/** An API message on one line, short enough for a report. */
export function quote(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length <= longestQuote ? line : `${line.slice(0, longestQuote - 1)}…`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? redact(value) : null;
}
