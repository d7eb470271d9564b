import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { version } from '../../src/version.ts';
import { run } from './command.ts';

/** Every command with the words that call it. */
function commandLines(command: Command, words: readonly string[] = []): readonly (readonly [string[], Command])[] {
  return command.commands
    .filter((child) => child.name() !== 'help')
    .flatMap((child) => {
      const line = [...words, child.name()];
      return [[line, child] as const, ...commandLines(child, line)];
    });
}

const program = await buildProgram(version, async () => undefined, null);

describe('help', () => {
  it.each(commandLines(program).map(([words, command]) => [words.join(' '), command] as const))(
    'of %s has examples, and the options every command has',
    (_words, command) => {
      let text = '';
      command.configureOutput({
        writeOut: (part) => {
          text += part;
        },
      });
      command.outputHelp();
      expect(text).toContain('Examples:\n  usage-etl ');
      for (const option of ['--json', '--config <FILE>', '--verbose', '--quiet', '--help'])
        expect(text).toContain(option);
    },
  );

  it('is printed on standard output, and is no failure', async () => {
    const result = await run(['sync', '--help']);
    expect(result).toMatchObject({ exit: 0, stderr: '' });
    expect(result.stdout).toContain('Usage: usage-etl sync');
  });

  it('is there under the name help as well', async () => {
    const result = await run(['help', 'backfill']);
    expect(result).toMatchObject({ exit: 0, stderr: '' });
    expect(result.stdout).toContain('Usage: usage-etl backfill');
  });

  it('knows the version of the package', async () => {
    expect(await run(['--version'])).toMatchObject({ exit: 0, stdout: `${version}\n` });
  });
});
