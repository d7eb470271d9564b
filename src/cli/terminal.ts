import { buffer as readAll } from 'node:stream/consumers';
import { type Clock, systemClock } from '../clock.ts';
import type { Environment } from '../config.ts';
import { EtlError } from '../errors.ts';
import { createStyle, type Style } from './style.ts';

/** One of the two output streams. */
export interface Output {
  readonly isTerminal: boolean;
  readonly style: Style;
  /** Resolves when the text or the bytes are handed over; with false when the reader is gone, which is its right. */
  write(text: string | Uint8Array): Promise<boolean>;
  /** The same without waiting, for what may be lost at the very end. */
  push(text: string): void;
}

/** What a command knows of the process around it. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly env: Environment;
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, with an Interruption. */
  readonly signal: AbortSignal;
  /** Everything on standard input. */
  input(): Promise<Uint8Array>;
}

/** Why the signal was aborted. */
export class Interruption extends EtlError {
  /** 128 and the signal's number, as shells report it. */
  readonly exitStatus: number;

  constructor(signal: keyof typeof signalNumbers) {
    super('interrupted', `interrupted by ${signal}; what was not finished was rolled back`);
    this.exitStatus = 128 + signalNumbers[signal];
  }
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const defaultColumns = 120;

/** The real process. Installs handlers of signals; a second signal ends the process at once. */
export function processTerminal(env: Environment): Terminal {
  const interruption = new AbortController();
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (interruption.signal.aborted) process.exit(128 + signalNumbers[name]);
      interruption.abort(new Interruption(name));
    });
  }
  return {
    out: output(process.stdout, env),
    err: output(process.stderr, env),
    env,
    cwd: process.cwd(),
    clock: systemClock,
    signal: interruption.signal,
    input: () => readAll(process.stdin),
  };
}

function output(stream: NodeJS.WriteStream, env: Environment): Output {
  // A reader such as head closes the pipe early; without a listener that would end the process with a stack trace.
  stream.on('error', () => undefined);
  const isTerminal = stream.isTTY === true;
  const colour = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    isTerminal,
    style: createStyle(colour, isTerminal && stream.columns > 0 ? stream.columns : defaultColumns),
    write: (text) => new Promise((resolve) => stream.write(text, (failure) => resolve(!failure))),
    push: (text) => {
      stream.write(text);
    },
  };
}
