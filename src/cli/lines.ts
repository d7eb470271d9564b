import { ConfigError, problem } from '../config.ts';
import type { Invocation, Outcome } from './command.ts';

/** 128 and the number of SIGPIPE, as shells report a program whose reader went away. */
export const readerGone = 141;

/** Refuses --json where every line is a document of its own. Throws ConfigError (`arguments_invalid`). */
export function refuseJson({ json }: Invocation, command: string): void {
  if (!json) return;
  throw new ConfigError('arguments_invalid', [
    problem('--json', `usage-etl ${command} prints a JSON document a line`, 'the command without it'),
  ]);
}

/** The end of a command that has printed its lines itself. */
export function endOfLines(exit: number): Outcome {
  return { document: null, text: () => '', exit };
}
