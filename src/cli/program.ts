import { Command, CommanderError } from 'commander';
import { type EtlError, exitCode, toEtlError } from '../errors.ts';
import { version } from '../version.ts';
import { addCommonOptions, type Execute } from './command.ts';
import { commands, type ListedCommand } from './commands.ts';
import type { Terminal } from './terminal.ts';

/**
 * The command line. `run` is called with the command that was given.
 * @param words only commands named by one of these are loaded, the others just listed; null: all are loaded
 */
export async function buildProgram(version: string, run: Execute, words: readonly string[] | null): Promise<Command> {
  const program = addCommonOptions(new Command('usage-etl'))
    .description("Loads an OpenAI organization's usage and costs into PostgreSQL, exactly, and keeps them right.")
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nNew here: usage-etl demo shows everything without a key; usage-etl check tests your own setup.',
    );
  const loaded = commands.map((command) => {
    const isNamed = words === null || words.includes(command.name);
    return isNamed ? loadedCommand(command, run) : new Command(command.name);
  });
  for (const [index, command] of (await Promise.all(loaded)).entries()) {
    program.addCommand(command.summary(commands[index]?.summary ?? ''));
  }
  program.helpCommand('help [COMMAND]', 'show help of a command');
  refuseByThrowing(program);
  return program;
}

async function loadedCommand({ load }: ListedCommand, run: Execute): Promise<Command> {
  const create = await load();
  return create(run);
}

/** What commander refuses of one command. */
class Refusal extends Error {
  readonly command: Command;
  readonly error: CommanderError;

  constructor(command: Command, error: CommanderError) {
    super(error.message, { cause: error });
    this.command = command;
    this.error = error;
  }
}

/** commander would print and end the process itself; every error is to leave through one door. */
function refuseByThrowing(command: Command): void {
  command.helpOption('--help', 'show help');
  command.showSuggestionAfterError(false);
  command.configureOutput({ outputError: () => undefined });
  command.exitOverride((error) => {
    throw error.exitCode === 0 || error.code === 'commander.help' ? error : new Refusal(command, error);
  });
  for (const child of command.commands) refuseByThrowing(child);
}

/** Runs the command line to its exit code. Never rejects, never ends the process. */
export async function runCommandLine(arguments_: readonly string[], terminal: Terminal): Promise<number> {
  const json = arguments_.includes('--json');
  let exit: number = exitCode.ok;
  try {
    const run: Execute = async (command, handler) => {
      const { execute } = await import('./execute.ts');
      exit = await execute(terminal, command, handler);
    };
    const program = await buildProgram(version, run, arguments_);
    await program.parseAsync(arguments_, { from: 'user' });
    return exit;
  } catch (thrown) {
    // Help and version have been printed; help without a command is the answer to a command line that asks nothing.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const error = thrown instanceof Refusal ? await usageErrorOf(thrown) : toEtlError(thrown);
    const { reportFailure } = await import('./execute.ts');
    await reportFailure(terminal, json, error);
    return error.exit;
  }
}

async function usageErrorOf({ command, error }: Refusal): Promise<EtlError> {
  const { usageError } = await import('./usage-error.ts');
  return usageError(command, error);
}
