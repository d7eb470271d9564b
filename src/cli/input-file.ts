import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { acceptedEncoding, ConfigError, decodeText, problem } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** No list that a person keeps is larger; reading a disk image would only use up the memory. */
const mostBytes = 16 * 1024 * 1024;

/** The text of a file, or of standard input for `-`. Throws ConfigError with the code when it cannot be read or is no text. */
export async function readInputFile(
  terminal: Pick<Terminal, 'cwd' | 'input'>,
  file: string,
  code: ConstructorParameters<typeof ConfigError>[0],
): Promise<string> {
  const bytes = file === '-' ? await terminal.input() : readBytes(resolve(terminal.cwd, file), file, code);
  const decoded = decodeText(bytes);
  if ('text' in decoded) return decoded.text;
  const where = decoded.line === null ? file : `${file}:${decoded.line}`;
  throw new ConfigError(code, [problem(where, decoded.received, acceptedEncoding)]);
}

function readBytes(path: string, file: string, code: ConstructorParameters<typeof ConfigError>[0]): Uint8Array {
  try {
    if (statSync(path).size > mostBytes) throw new Error('larger than 16 MB');
    return readFileSync(path);
  } catch (thrown) {
    const failure = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : messageOf(thrown);
    throw new ConfigError(code, [problem(file, `cannot be read (${failure})`, 'a file that you can read')]);
  }
}
