import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';
import { code, sections, table } from './markdown.ts';

const columns = 100;

/** One line per command. */
export async function commandsTable(): Promise<string> {
  const root = await program();
  return table(
    ['command', 'does'],
    commandsOf(root).map((command) => [`[${code(command.name())}](#${command.name()})`, command.summary()]),
  );
}

/** What `--help` prints, for the program and each command. */
export async function commandSections(): Promise<string> {
  const root = await program();
  return sections(
    helpOf(root),
    ...commandsOf(root).flatMap((command) => [
      `## ${command.name()}`,
      ...[command, ...commandsOf(command)].map(helpOf),
    ]),
  );
}

function program(): Promise<Command> {
  return buildProgram('VERSION', async () => undefined, null);
}

function commandsOf(command: Command): readonly Command[] {
  return command.commands.filter((child) => child.name() !== 'help');
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => columns,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return `\`\`\`text\n${text.trim()}\n\`\`\``;
}
