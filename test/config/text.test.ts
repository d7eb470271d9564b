import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../src/config.ts';
import { emptyFolder, run } from '../cli/command.ts';

const text = 'project_id,team\nproj_1,Zürich – Nord\n';
const utf16 = (bigEndian: boolean) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};
const windows1252 = Buffer.from('project_id,team\nproj_1,Z\xfcrich\n', 'latin1');

describe('a file that a person wrote', () => {
  test.each([
    ['in UTF-8', Buffer.from(text)],
    ['in UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['in UTF-16, little end first', utf16(false)],
    ['in UTF-16, big end first', utf16(true)],
  ])('is read %s', (_, bytes) => {
    expect(decodeText(bytes)).toEqual({ text });
  });

  test.each([
    ['Windows-1252', windows1252, { received: 'bytes that are not UTF-8 (Windows-1252 or Latin-1, perhaps)', line: 2 }],
    [
      'UTF-8 cut in the middle of a letter',
      Buffer.from('team\nZü').subarray(0, 7),
      { received: 'bytes that are not UTF-8 (Windows-1252 or Latin-1, perhaps)', line: 2 },
    ],
    [
      'UTF-16 without a byte order mark',
      Buffer.from(text, 'utf16le').subarray(0, 24),
      { received: 'NUL bytes (UTF-16 without a byte order mark, perhaps)', line: null },
    ],
    ['UTF-16 cut in half', utf16(false).subarray(0, -1), { received: 'malformed UTF-16', line: null }],
    ['UTF-16 with half a pair', Buffer.from('\ufeffa\ud800b', 'utf16le'), { received: 'malformed UTF-16', line: null }],
  ])('is refused in %s, with the line where that shows', (_, bytes, refused) => {
    expect(decodeText(bytes)).toEqual(refused);
  });
});

describe('a command that is given such a file', () => {
  const cases = [
    ['map', 'projects.csv'],
    ['budgets', 'projects.csv'],
    ['tap', '--config', 'usage-etl.yaml', '--state', 'projects.csv'],
    ['status', '--config', 'projects.csv'],
  ];
  test.each(cases.map((args) => [args]))(
    '%s exits 2 and says how to save it',
    async (args) => {
      const cwd = emptyFolder();
      writeFileSync(join(cwd, 'projects.csv'), windows1252);
      writeFileSync(join(cwd, 'usage-etl.yaml'), '');
      const result = await run(args, { cwd });
      expect(result.exit).toBe(2);
      expect(result.stderr).toContain('projects.csv:2: bytes that are not UTF-8');
      expect(result.stderr).toContain('CSV UTF-8');
    },
    60_000,
  );

  test.each([['map'], ['budgets'], ['query']])(
    '%s exits 2 for the same on standard input',
    async (name) => {
      const result = await run([name, '-'], { input: windows1252 });
      expect(result.exit).toBe(2);
      expect(result.stderr).toContain('-:2: bytes that are not UTF-8');
    },
    60_000,
  );
});
