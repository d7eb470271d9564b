import type { Command, CommanderError } from 'commander';
import { ConfigError, problem } from '../config.ts';

/** What commander refused, as the error this program reports: where, what was received, what is accepted. */
export function usageError(command: Command, error: CommanderError): ConfigError {
  const where = pathOf(command);
  const said = error.message.replace(/^error: /, '').replace(/\s*\(Did you mean .*\)\s*$/s, '');
  const received = /'([^']*)'/.exec(said)?.[1] ?? '';
  const names = acceptedNames(command, error.code);
  const meant = names.length === 0 ? null : { name: received, names };
  return new ConfigError('arguments_invalid', [problem(where, said, acceptedText(command, error, names), meant)]);
}

function acceptedNames(command: Command, code: string): readonly string[] {
  if (code === 'commander.unknownOption')
    return command
      .createHelp()
      .visibleOptions(command)
      .map(({ long, short }) => long ?? short ?? '');
  if (code === 'commander.unknownCommand' || code === 'commander.excessArguments') return subcommandNames(command);
  return [];
}

function acceptedText(command: Command, { code }: CommanderError, names: readonly string[]): string {
  if (names.length > 0) return names.join(', ');
  // The text of an option's own parser already says what it accepts.
  if (code === 'commander.invalidArgument') return 'what the message says';
  return `${pathOf(command)} ${command.usage()}`;
}

function subcommandNames(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
}

/** The command as it is typed: `usage-etl db url`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
