import { Command, Option } from 'commander';
import type { Clock } from '../clock.ts';
import type { LoadedConfig } from '../config.ts';
import type { Log } from '../log.ts';
import type { Progress } from '../run/report.ts';
import type { Style } from './style.ts';
import type { Terminal } from './terminal.ts';

/** The options every command has. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly config?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** What a command came to, for machines and for people. */
export interface Outcome {
  readonly document: unknown;
  text(style: Style): string;
  /** True for data that other programs read: it is written as it is. */
  readonly exact?: boolean;
  readonly exit: number;
}

/** What a command is run with. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: Progress;
  /** Reads and checks the configuration. Throws ConfigError. */
  config(options: { needsKey: boolean }): LoadedConfig;
  /** Prints a result before the command ends, for commands that serve. */
  print(outcome: Outcome): Promise<void>;
}

/** What a command does; null when it has printed all there is to say. */
export type Handler<Flags> = (
  invocation: Invocation,
  flags: Flags & CommonFlags,
  operands: readonly string[],
) => Promise<Outcome | null>;

/** Runs a handler and sees to output and exit code. */
export type Execute = <Flags extends object>(command: Command, handler: Handler<Flags>) => Promise<void>;

interface Description {
  readonly name: string;
  /** One line, as lists of commands show it; of the program's own commands their list has it. */
  readonly summary?: string;
  /** What --help says first. */
  readonly description: string;
  /** Command lines without the program's name, each with what it is good for. */
  readonly examples: readonly (readonly [string, string])[];
}

/** A command with the options and the help that every command has. */
export function createCommand({ name, summary = '', description, examples }: Description): Command {
  const command = new Command(name).summary(summary).description(paragraphs(description));
  const widest = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, purpose]) => `  usage-etl ${line.padEnd(widest)}   ${purpose}`);
  return addCommonOptions(command).addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** The options every command has. */
export function addCommonOptions(command: Command): Command {
  return command
    .addOption(new Option('--json', 'print exactly one JSON document on standard output'))
    .addOption(
      new Option('--config <FILE>', 'configuration file (default: USAGE_ETL_CONFIG, or usage-etl.yaml if present)'),
    )
    .addOption(new Option('--verbose', 'log at level debug').conflicts('quiet'))
    .addOption(new Option('--quiet', 'log errors only, show no progress').conflicts('verbose'));
}

/** The options that choose what to work on. */
export function addSelection(command: Command): Command {
  return command
    .option('--dataset <NAME...>', 'only these datasets')
    .option('--org <NAME...>', 'only these organizations');
}

/** Line breaks inside a paragraph are the source's; the help breaks lines by the width of the screen. */
function paragraphs(text: string): string {
  return text.replace(/(?<!\n)\n(?!\n)/g, ' ');
}
