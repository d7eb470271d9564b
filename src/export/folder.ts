import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { EtlError, messageOf } from '../errors.ts';
import { manifestPath } from './manifest.ts';
import { markerPath, markerText, type Published, type Target } from './target.ts';

/** A folder that an export makes is closed to others; what is written into one that is there is as open as that is. */
const privateFolder = 0o700;
const permissions = 0o777;
const readableAndWritable = 0o666;

/** What files aside are in; a killed export leaves such a folder behind. */
const asidePrefix = '.tmp-';

/** A folder of the local file system as a target. Nothing is created before it is prepared. */
export async function folderTarget(folder: string): Promise<Target> {
  const aside = join(folder, `${asidePrefix}${randomUUID()}`);
  const at = (path: string) => join(folder, path);
  const identity = await realpath(folder).catch(() => folder);
  const guarded = <T>(work: () => Promise<T>): Promise<T> => work().catch((thrown) => raiseUnusable(folder, thrown));
  const published = () =>
    guarded(async () => {
      const text = await present(readFile(at(manifestPath), 'utf8'));
      return text === null ? null : { text, version: versionOf(text) };
    });
  return {
    shown: folder,
    identity,
    published,
    prepare: () =>
      guarded(async () => {
        await mkdir(folder, { recursive: true, mode: privateFolder });
        await claim(folder);
        await mkdir(aside, { mode: privateFolder });
        return aside;
      }),
    put: (localFile, path) =>
      guarded(async () => {
        await requireNoLinks(folder, path);
        const { mode } = await stat(folder);
        await chmod(localFile, mode & readableAndWritable);
        await flush(localFile);
        await mkdir(dirname(at(path)), { recursive: true, mode: mode & permissions });
        await rename(localFile, at(path));
        await flush(dirname(at(path)));
        await flush(dirname(dirname(at(path))));
      }),
    publish: (text, found) =>
      guarded(async () => {
        const file = join(aside, manifestPath);
        await writeFile(file, text, { flush: true, mode: (await stat(folder)).mode & readableAndWritable });
        refuseOther(folder, await published(), found);
        await rename(file, at(manifestPath));
        await flush(folder);
      }),
    list: () => guarded(() => listFiles(folder)),
    remove: (paths) =>
      guarded(async () => {
        for (const path of paths) {
          await requireNoLinks(folder, path);
          await removeWithFolders(folder, path);
        }
      }),
    read: (path) =>
      guarded(async () => {
        await requireNoLinks(folder, path);
        const handle = await present(open(at(path)));
        if (handle === null) return null;
        await handle.close();
        return createReadStream(at(path));
      }),
    close: () => guarded(() => rm(aside, { recursive: true, force: true })),
  };
}

/** Refuses a partition that is a link: what is written or removed in it would be somewhere else. */
async function requireNoLinks(folder: string, path: string): Promise<void> {
  const parents = dirname(path)
    .split('/')
    .filter((name) => name !== '.');
  for (const [index] of parents.entries()) {
    const place = join(folder, ...parents.slice(0, index + 1));
    const found = await present(lstat(place));
    if (found === null) return;
    if (!found.isDirectory())
      throw new EtlError('target_foreign', `${place} is no folder of the export, but a link or file`);
  }
}

/** An empty folder becomes ours; one that holds anything without saying so stays untouched. */
async function claim(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.includes(manifestPath) || names.includes(markerPath)) return;
  if (names.length > 0) {
    throw new EtlError('target_foreign', `${folder} holds other files and no ${manifestPath}`);
  }
  const { mode } = await stat(folder);
  await writeFile(join(folder, markerPath), markerText, { flush: true, mode: mode & readableAndWritable });
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'));
  return files.filter((path) => path.startsWith('dataset=') || path.startsWith(asidePrefix));
}

/** Empty folders go with their last file: a partition that is no more leaves nothing. */
async function removeWithFolders(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const left = await present(readdir(join(folder, parent)));
    if (left === null) continue;
    if (left.length > 0) return;
    await rm(join(folder, parent), { recursive: true });
  }
}

/** Makes a file, or the names in a folder, outlast a crash of the machine. */
async function flush(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function refuseOther(folder: string, present: Published | null, found: Published | null): void {
  if (present?.version === found?.version) return;
  throw new EtlError('target_busy', `another export has written ${folder} meanwhile`);
}

/** Null for what is not there. */
async function present<T>(reading: Promise<T>): Promise<T | null> {
  return reading.catch((thrown: unknown) => {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  });
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space, or export to another place; what was published before is untouched.',
  EDQUOT: 'Free space, or export to another place; what was published before is untouched.',
  EFBIG: 'Allow larger files there, or export to another place; what was published before is untouched.',
  EACCES: 'Let the user that runs usage-etl write there, or name another folder with --out.',
  EPERM: 'Let the user that runs usage-etl write there, or name another folder with --out.',
  EROFS: 'Name a folder that can be written with --out.',
};

/** Throws what a local file system refuses as `target_unusable`. */
export function raiseUnusable(folder: string, thrown: unknown): never {
  if (thrown instanceof EtlError) throw thrown;
  const remedy = remedies[codeOf(thrown)];
  throw new EtlError('target_unusable', `${folder} cannot be used: ${messageOf(thrown)}`, {
    cause: thrown,
    ...(remedy !== undefined && { remedy }),
  });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
