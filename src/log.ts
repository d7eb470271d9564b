import { type DestinationStream, type Logger, pino } from 'pino';

/** The program's logger. */
export type Log = Logger;

/** The levels `LOG_LEVEL` accepts. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Each looks at a character a bounded number of times: what is redacted may be megabytes that somebody else has written. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\bsk-[\w*.…-]{6,}/g, 'sk-[redacted]'],
  [/\b(Bearer)\s+[^\s"',]+/gi, '$1 [redacted]'],
  [/(:\/\/[^\s:/@"']*):[^\s@/"']+@/g, '$1:[redacted]@'],
  [/(password|passwd|pwd)=[^\s&"']+/gi, '$1=[redacted]'],
  // Only from the beginning of a run of its characters, or a long one would be read again from each of them.
  [/(?<![\p{L}\p{N}_.+%-])[\p{L}\p{N}_.+%-]+(?:@|%40)[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+/gu, '[e-mail redacted]'],
];

/** Text without keys, tokens, passwords in URLs, and e-mail addresses, for everything the program prints about itself. */
export function redact(text: string): string {
  return patterns.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text);
}

/** A logger that writes redacted JSON lines to the given stream. */
export function createLog(level: string, destination: DestinationStream): Log {
  const redacting: DestinationStream = { write: (line: string) => destination.write(redact(line)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, redacting);
}

/** A logger that says nothing. */
export const silentLog: Log = pino({ level: 'silent' });
