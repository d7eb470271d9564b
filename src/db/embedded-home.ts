import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, realpath, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EtlError } from '../errors.ts';
import { errnoOf, exists, readIfPresent, writeOnce } from './embedded-files.ts';
import { requireOwnPath, requirePrivate } from './embedded-trust.ts';
import { canReach, isRoot, type ServerUser, unprivilegedUser } from './embedded-user.ts';

/** Where the server's files are, and as whom it runs. */
export interface Home {
  /** Holds the folder `server` once there is one. */
  readonly folder: string;
  /** Null: the user of this process. */
  readonly user: ServerUser | null;
}

/** For root only: where any user can go, and only root can write. */
export const systemFolder = '/var/lib/usage-etl';

const locationFile = 'server-location.txt';

/** The folder with everything of the server inside its home. */
export function serverFolder(home: Home): string {
  return join(home.folder, 'server');
}

/** The home the data folder has; null when no server was ever started there. Changes nothing. */
export async function findHome(dataDir: string): Promise<Home | null> {
  requireOwnPath(resolve(dataDir));
  const folder = (await readLocation(dataDir)) ?? resolve(dataDir);
  const server = join(folder, 'server');
  if (!(await exists(server))) return null;
  const user = isRoot() ? await ownerOf(server) : null;
  await requirePrivate(server, user);
  return { folder: await realpath(folder), user };
}

/**
 * The home of the data folder, made when there is none: the folder itself, or for root, where the unprivileged user
 * cannot reach it (a home of mode 0700), a folder below {@link systemFolder} that the data folder names in a file.
 */
export async function ensureHome(dataDir: string): Promise<Home> {
  requireOwnPath(resolve(dataDir));
  const folder = await ensureFolder(resolve(dataDir));
  const found = await findHome(folder);
  if (found !== null) return found;
  if (!isRoot()) return { folder, user: null };
  const user = await unprivilegedUser();
  const location = await readLocation(folder);
  if (location === null && (await canReach(user, [folder]))) return { folder, user };
  return { folder: await realpath(location ?? (await placeElsewhere(folder))), user };
}

/**
 * Makes the folder, closed to others whatever the umask, and keeps a database out of version control. A folder that is
 * there is left as it is.
 */
async function ensureFolder(folder: string): Promise<string> {
  const firstMade = await mkdir(folder, { recursive: true, mode: isRoot() ? 0o777 : 0o700 });
  if (firstMade !== undefined) {
    await writeFile(join(folder, '.gitignore'), '*\n');
    // The server of a root user runs as another one, who has to pass through.
    await chmod(folder, isRoot() ? 0o711 : 0o700);
  }
  return realpath(folder);
}

/** A server that root once started runs as the same user again, whoever that was. */
async function ownerOf(server: string): Promise<ServerUser> {
  const { uid, gid } = await lstat(server);
  return uid === 0 ? unprivilegedUser() : { uid, gid };
}

async function placeElsewhere(folder: string): Promise<string> {
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  const place = join(systemFolder, `${key}-${randomBytes(4).toString('hex')}`);
  const text =
    `${place}\n\n` +
    'The private PostgreSQL server of usage-etl keeps its files in the folder named above: it does not run as root,\n' +
    'and the user it runs as cannot enter this folder. Deleting this file makes usage-etl forget that database.\n';
  await ensureSystemFolder(place);
  if (await writeOnce(join(folder, locationFile), text)) return place;
  await rmdir(place);
  return (await readLocation(folder)) ?? placeElsewhere(folder);
}

/** Makes {@link systemFolder} or a folder in it. Rejects with `folder_unusable` where the machine does not allow it. */
export async function ensureSystemFolder(folder: string): Promise<void> {
  try {
    for (const each of new Set([systemFolder, folder])) {
      const made = await mkdir(each, { recursive: true });
      if (made !== undefined) await chmod(each, 0o755);
    }
  } catch (failure) {
    throw new EtlError('folder_unusable', `${folder} cannot be made (${errnoOf(failure)})`, {
      cause: failure,
      remedy:
        'As root, set USAGE_ETL_DATA_DIR to a folder that every user may enter and install usage-etl outside /root, ' +
        'run it as an ordinary user, or set DATABASE_URL.',
    });
  }
}

async function readLocation(dataDir: string): Promise<string | null> {
  if (!isRoot()) return null;
  const [place] = ((await readIfPresent(join(dataDir, locationFile))) ?? '').split('\n');
  if (place === undefined || place === '') return null;
  if (dirname(place) === systemFolder) return place;
  throw new EtlError('folder_unusable', `${locationFile} in the data folder does not name a folder in ${systemFolder}`);
}
