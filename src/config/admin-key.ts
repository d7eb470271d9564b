import { resolve } from 'node:path';
import { readOpened } from '../ownership.ts';
import { failureOf } from './document.ts';
import { type Problem, problem } from './problem.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A key, nothing at all, or what is wrong with it. */
export type KeyReading = { readonly key: string } | { readonly missing: true } | { readonly problem: Problem };

// Short enough for the keys of test doubles, long enough that the log's redaction recognises every key accepted here.
const keyPattern = /^sk-[\w.-]{6,300}$/;
const keyForm = 'an admin key (sk-admin-…), alone on one line';
const groupAndOthers = 0o077;
const groupWriteAndOthers = 0o027;
const rootUser = 0;

/**
 * True for a file closed to all but who uses it, by the rule PostgreSQL has for key files: mode 0600 or stricter; a file
 * of root's, 0640 or stricter, because systemd and Kubernetes hand secrets to a group of the service's own.
 * @param owner uid of the file's owner
 * @param user uid of this process
 */
export function isPrivate(mode: number, owner: number, user: number): boolean {
  const open = owner === rootUser && user !== rootUser ? groupWriteAndOthers : groupAndOthers;
  return (mode & open) === 0;
}

/** The key in an environment variable. */
export function keyFromEnvironment(env: Environment, name: string): KeyReading {
  const text = env[name]?.trim();
  return text ? checked(name, text) : { missing: true };
}

/** The key in a file, which nobody but its user may read. `where` is what names the file. */
export function keyFromFile(where: string, file: string, folder: string): KeyReading {
  try {
    const { bytes, stats } = readOpened(resolve(folder, file));
    const { mode, uid } = stats;
    if (process.getuid !== undefined && !isPrivate(mode, uid, process.getuid())) {
      const received = `the key file can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
      return { problem: problem(where, received, 'a file that only its owner can read: chmod 600 it') };
    }
    const text = bytes.toString('utf8').trim();
    return text === '' ? { problem: problem(where, 'the key file is empty', keyForm) } : checked(where, text);
  } catch (thrown) {
    return {
      problem: problem(where, `the key file cannot be read (${failureOf(thrown)})`, 'a file that this user can read'),
    };
  }
}

function checked(where: string, text: string): KeyReading {
  return keyPattern.test(text)
    ? { key: text }
    : { problem: problem(where, 'a value that does not look like a key (not shown)', keyForm) };
}
