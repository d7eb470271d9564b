import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsOfMarkdown, isCommand, parsedByProgram } from './command-lines.ts';

const project = join(import.meta.dirname, '../..');
const docs = (await readdir(join(project, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md'));
const files = ['README.md', ...docs.map((name) => join('docs', name))];
const shown = (
  await Promise.all(
    files.map(async (file) => {
      const commands = commandsOfMarkdown(await readFile(join(project, file), 'utf8'));
      return commands.map((command) => ({ file, ...command }));
    }),
  )
).flat();

describe('every command line that the documentation shows', () => {
  test('is there to be checked', () => {
    expect(shown.length).toBeGreaterThan(60);
    const found = shown.map(({ file }) => file);
    expect(found).toEqual(
      expect.arrayContaining(['README.md', 'docs/cli.md', 'docs/deployment.md', 'docs/operations.md']),
    );
  });

  test.each(shown)('$file:$line usage-etl $args is one the program takes', async ({ args, isName }) => {
    expect(isName ? await isCommand(args) : await parsedByProgram(args)).toBeTruthy();
  });
});

describe('a command line that the program does not take', () => {
  test.each([
    ['an option it lacks', ['sync', '--datasets', 'costs']],
    ['a command it lacks', ['synchronize']],
    ['a subcommand it lacks', ['db', 'restart']],
    ['an operand too many', ['sync', 'costs']],
  ])('is found out: %s', async (_, args) => {
    await expect(parsedByProgram(args)).rejects.toThrow();
  });

  test('is found out where it is only named', async () => {
    expect(await isCommand(['db', 'url'])).toBe(true);
    expect(await isCommand(['synchronize'])).toBe(false);
    expect(await isCommand(['db', 'restart'])).toBe(false);
  });
});

test('command lines are read as a shell reads them, up to what is no longer theirs', () => {
  const markdown = [
    'Run `usage-etl sync`, not `usage-etl-data`.',
    '```sh',
    'npm run -s usage-etl -- query "select 1',
    '  as one" | less  # then usage-etl sleeps',
    'psql "$(usage-etl db url)"',
    '  usage-etl backfill --from 2025-01-01      from a day up to now',
    'usage-etl verify \\',
    "  --org 'a b'",
    '```',
  ].join('\n');
  expect(commandsOfMarkdown(markdown)).toEqual([
    { args: ['query', 'select 1\n  as one'], line: 3, isName: false },
    { args: ['db', 'url'], line: 5, isName: false },
    { args: ['backfill', '--from', '2025-01-01'], line: 6, isName: false },
    { args: ['verify', '--org', 'a b'], line: 7, isName: false },
    { args: ['sync'], line: 1, isName: true },
  ]);
});
