import type { Command } from 'commander';
import type { Execute } from '../../src/cli/command.ts';
import { buildProgram } from '../../src/cli/program.ts';

/** A command line as a document shows it. */
export interface ShownCommand {
  /** The words after the program's name. */
  readonly args: readonly string[];
  /** The line of the document it begins on, counted from 1. */
  readonly line: number;
  /** True where running text only names a command, without what it needs to run. */
  readonly isName: boolean;
}

/** What runs the program, and is followed by its arguments. */
const invocations =
  /(?:npm run -s usage-etl --|docker compose run --rm sync|docker run .*?openai-usage-etl|(?:\/usr\/local\/bin\/)?usage-etl(?:-quietly)?)(?=\s|$)/g;

/** What may stand before a command on its line: nothing, another command, an opened substitution, variables. */
const beforeCommand = /^(?:[^#]*(?:\||&&|\$\())?\s*(?:[A-Z_]+=\S+\s+)*$/;

/** The command lines in the code of a Markdown page: fenced blocks, and spans that begin with the program. */
export function commandsOfMarkdown(markdown: string): readonly ShownCommand[] {
  const fences = [...markdown.matchAll(/^```[a-z]*\n(?<code>[\s\S]*?)^```/gm)];
  const withoutFences = fences.reduce(
    (text, { index, 0: fence }) =>
      text.slice(0, index) + fence.replace(/[^\n]/g, ' ') + text.slice(index + fence.length),
    markdown,
  );
  const spans = [...withoutFences.matchAll(/`(?<code>usage-etl [^`]+)`/g)];
  return [...fences, ...spans].flatMap(({ 0: whole, index, groups }) => {
    const code = groups?.['code'] ?? '';
    const before = markdown.slice(0, index + whole.indexOf(code)).split('\n').length - 1;
    const isSpan = whole.startsWith('`u');
    return commandsOf(code).map(({ args, line }) => {
      return { args, line: line + before, isName: isSpan && args.every((word) => /^[a-z]+$/.test(word)) };
    });
  });
}

/** The command lines in shell text. */
function commandsOf(text: string): readonly Omit<ShownCommand, 'isName'>[] {
  return [...text.matchAll(invocations)].flatMap(({ 0: invocation, index }) => {
    const before = text.slice(text.lastIndexOf('\n', index - 1) + 1, index);
    if (!beforeCommand.test(before)) return [];
    const words = wordsOf(text.slice(index + invocation.length));
    // The container runs a sync when it is told nothing.
    const args = words.length === 0 && invocation.startsWith('docker') ? ['sync'] : words;
    return [{ args, line: text.slice(0, index).split('\n').length }];
  });
}

/** The words of the first command in shell text. Two blanks end it too: beside its examples, --help explains them. */
function wordsOf(text: string): readonly string[] {
  const word = /(?:[ \t]?\\\n\s*|[ \t])((?:"(?:\\.|[^"\\])*"|'[^']*'|\\[^\n]|[^\s"'\\|<>;&()#])+)/y;
  const words: string[] = [];
  for (;;) {
    const found = word.exec(text);
    if (found === null) return words;
    words.push((found[1] ?? '').replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/gs, (_, double, single) => double ?? single));
  }
}

/** Hands a command line to the real program, which parses it and does nothing. Gives what it would have run. */
export async function parsedByProgram(args: readonly string[]): Promise<string> {
  let reached = '';
  const run: Execute = async (command) => {
    reached = command.parent?.parent === null ? command.name() : `${command.parent?.name()} ${command.name()}`;
  };
  const program = await buildProgram('0.0.0', run, args);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const isHelp = thrown instanceof Error && 'code' in thrown && thrown.code === 'commander.helpDisplayed';
    if (!isHelp) throw thrown;
    reached = 'help';
  }
  return reached;
}

/** True when the program has the command, or the subcommand, of that name. */
export async function isCommand(words: readonly string[]): Promise<boolean> {
  const program: Command | undefined = await buildProgram('0.0.0', async () => undefined, words);
  return (
    words.reduce<Command | undefined>(
      (inside, word) => inside?.commands.find((each) => each.name() === word),
      program,
    ) !== undefined
  );
}
