import { prettyFactory } from 'pino-pretty';
import { createLog, type Log, logLevels } from '../log.ts';
import { printableJson, printableText } from './printable.ts';
import type { Output } from './terminal.ts';

/** What keeps a part of the screen: it steps aside while a log line is written. */
export interface Footer {
  hide(): void;
  show(): void;
}

/** The program's log on standard error: for people on a terminal, JSON lines otherwise. */
export function openLog(level: string, err: Output, footer: Footer): Log {
  if (!err.isTerminal) return createLog(level, { write: (line) => err.push(printableJson(line)) });
  const pretty = prettyFactory({
    colorize: err.style.hasColour,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  return createLog(level, {
    write: (line) => {
      footer.hide();
      err.push(printableText(pretty(line), err.style.hasColour));
      footer.show();
    },
  });
}

/** The level to start with, before the configuration is read: what is asked for, where that is a level. */
export function firstLevel(asked: string | undefined, flags: { verbose?: boolean; quiet?: boolean }): string {
  if (flags.quiet === true) return 'error';
  if (flags.verbose === true) return 'debug';
  const level = asked?.trim().toLowerCase();
  return logLevels.find((name) => name === level) ?? 'info';
}
