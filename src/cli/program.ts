import { Command, CommanderError } from 'commander';
import { exitCode, toEtlError } from '../errors.ts';
import { version } from '../version.ts';
import { addCommonOptions, type Execute } from './command.ts';
import { backfillCommand } from './commands/backfill.ts';
import { budgetsCommand } from './commands/budgets.ts';
import { changesCommand } from './commands/changes.ts';
import { checkCommand } from './commands/check.ts';
import { dbCommand } from './commands/db.ts';
import { demoCommand } from './commands/demo.ts';
import { exportCommand } from './commands/export.ts';
import { initCommand } from './commands/init.ts';
import { mapCommand } from './commands/map.ts';
import { migrateCommand } from './commands/migrate.ts';
import { publicationCommand } from './commands/publication.ts';
import { queryCommand } from './commands/query.ts';
import { reportCommand } from './commands/report.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { tapCommand } from './commands/tap.ts';
import { verifyCommand } from './commands/verify.ts';
import { execute, reportFailure } from './execute.ts';
import type { Terminal } from './terminal.ts';
import { usageError } from './usage-error.ts';

/** The whole command line. `run` is called with the command that was given. */
export function buildProgram(version: string, run: Execute): Command {
  const program = addCommonOptions(new Command('usage-etl'))
    .description("Loads an OpenAI organization's usage and costs into PostgreSQL, exactly, and keeps them right.")
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nNew here: usage-etl demo shows everything without a key; usage-etl check tests your own setup.',
    );
  const commands = [
    syncCommand,
    backfillCommand,
    verifyCommand,
    statusCommand,
    checkCommand,
    serveCommand,
    queryCommand,
    changesCommand,
    tapCommand,
    publicationCommand,
    reportCommand,
    exportCommand,
    budgetsCommand,
    mapCommand,
    migrateCommand,
    dbCommand,
    simulateCommand,
    demoCommand,
    initCommand,
  ];
  for (const create of commands) program.addCommand(create(run));
  program.helpCommand('help [COMMAND]', 'show help of a command');
  refuseByThrowing(program);
  return program;
}

/** commander would print and end the process itself; every error is to leave through one door. */
function refuseByThrowing(command: Command): void {
  command.helpOption('--help', 'show help');
  command.showSuggestionAfterError(false);
  command.configureOutput({ outputError: () => undefined });
  command.exitOverride((error) => {
    throw error.exitCode === 0 || error.code === 'commander.help' ? error : usageError(command, error);
  });
  for (const child of command.commands) refuseByThrowing(child);
}

/** Runs the command line to its exit code. Never rejects, never ends the process. */
export async function runCommandLine(arguments_: readonly string[], terminal: Terminal): Promise<number> {
  const json = arguments_.includes('--json');
  let exit: number = exitCode.ok;
  try {
    const program = buildProgram(version, async (command, handler) => {
      exit = await execute(terminal, command, handler);
    });
    await program.parseAsync(arguments_, { from: 'user' });
    return exit;
  } catch (thrown) {
    // Help and version have been printed; help without a command is the answer to a command line that asks nothing.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage;
    await reportFailure(terminal, json, thrown);
    return toEtlError(thrown).exit;
  }
}
