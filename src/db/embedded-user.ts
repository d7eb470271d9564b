import { EtlError } from '../errors.ts';
import { runChild } from './child-process.ts';

/** An OS user the server runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** In order of preference: made for this, and made to own nothing. */
const unprivilegedUsers = ['postgres', 'nobody'] as const;

/** True when this process is root, as which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The unprivileged user to run as in place of root. No user is ever created: that would outlive the program. Rejects
 * with `embedded_unavailable` when the machine has none that fits.
 */
export async function unprivilegedUser(): Promise<ServerUser> {
  for (const name of unprivilegedUsers) {
    const user = await lookUp(name);
    if (user !== null) return user;
  }
  throw new EtlError(
    'embedded_unavailable',
    `PostgreSQL does not run as root, and this machine has no user named ${unprivilegedUsers.join(' or ')}`,
    { remedy: 'Run usage-etl as an ordinary user, or set DATABASE_URL to a PostgreSQL 15 or newer.' },
  );
}

async function lookUp(name: string): Promise<ServerUser | null> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runChild('id', [flag, name], { cwd: '/' })));
    const user = { uid: Number(uid), gid: Number(gid) };
    return user.uid > 0 && Number.isInteger(user.gid) ? user : null;
  } catch {
    return null;
  }
}

/**
 * True when the user can enter or execute every path. The kernel is asked, by a process of that user: mode bits alone
 * do not tell what access control lists and mounts allow.
 */
export async function canReach(user: ServerUser, paths: readonly string[]): Promise<boolean> {
  const script = 'for path; do test -x "$path" || exit 1; done';
  try {
    await runChild('/bin/sh', ['-c', script, 'sh', ...paths], { ...user, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}
