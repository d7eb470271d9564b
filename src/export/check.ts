import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Pool, PoolClient } from 'pg';
import { EtlError } from '../errors.ts';
import { inSnapshot, parseCursor } from '../feed/cursor.ts';
import { type Manifest, type ManifestFile, type ManifestStream, parseManifest } from './manifest.ts';
import { type PartitionState, partitionStates, partitionStatistics, type Statistics } from './partition.ts';
import { findSources, type Source } from './source.ts';
import type { Target } from './target.ts';

/**
 * What became of a partition. `equal`: as in the store · `changed`: the store has moved on since · `missing`: the file is
 * gone · `damaged`: it is not the file that was written · `different`: its numbers are not those of the store, though
 * nothing changed since.
 */
export type PartitionVerdict = 'equal' | 'changed' | 'missing' | 'damaged' | 'different';

/** One partition and what became of it. */
export interface CheckedPartition {
  readonly stream: string;
  readonly month: string | null;
  /** Null for a partition that the store has and the export has not. */
  readonly path: string | null;
  readonly verdict: PartitionVerdict;
}

/**
 * Holds every file of an export against its checksum and against the store as it is now. Reads all files and counts all
 * rows. Rejects with `target_foreign` where there is no export, and with what target and database reject with.
 */
export async function checkExport(
  pool: Pool,
  target: Target,
  signal: AbortSignal,
): Promise<{ readonly manifest: Manifest; readonly partitions: readonly CheckedPartition[] }> {
  const found = await target.published();
  if (found === null) throw new EtlError('target_foreign', `${target.shown} holds no export`);
  const manifest = parseManifest(found.text, target.shown);
  const broken = await checkFiles(manifest, target, signal);
  const partitions = await inSnapshot(pool, async (client, bound) => {
    const { history, xid } = parseCursor(manifest.cursor);
    if (history !== bound.history) {
      throw new EtlError('target_foreign', `the files of ${target.shown} are of another database`);
    }
    return checkStreams(client, manifest, xid, broken, signal);
  });
  return { manifest, partitions };
}

type Broken = ReadonlyMap<string, 'missing' | 'damaged'>;

async function checkFiles({ streams }: Manifest, target: Target, signal: AbortSignal): Promise<Broken> {
  const broken = new Map<string, 'missing' | 'damaged'>();
  for (const file of streams.flatMap(({ files }) => files)) {
    signal.throwIfAborted();
    const content = await target.read(file.path);
    if (content === null) broken.set(file.path, 'missing');
    else if (!(await isWhole(content, file))) broken.set(file.path, 'damaged');
  }
  return broken;
}

async function isWhole(content: AsyncIterable<Uint8Array>, { bytes, sha256 }: ManifestFile): Promise<boolean> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    length += chunk.byteLength;
  }
  return length === bytes && hash.digest('hex') === sha256;
}

async function checkStreams(
  client: PoolClient,
  { streams }: Manifest,
  xid: bigint,
  broken: Broken,
  signal: AbortSignal,
): Promise<readonly CheckedPartition[]> {
  const sources = await findSources(
    client,
    streams.map(({ name }) => name),
  );
  const checked: CheckedPartition[] = [];
  for (const source of sources) {
    signal.throwIfAborted();
    const stream = streams.find(({ name }) => name === source.name);
    if (stream !== undefined) checked.push(...(await checkStream(client, source, stream, xid, broken)));
  }
  return checked;
}

async function checkStream(
  client: PoolClient,
  source: Source,
  { files }: ManifestStream,
  xid: bigint,
  broken: Broken,
): Promise<readonly CheckedPartition[]> {
  const states = new Map((await partitionStates(client, source)).map((state) => [state.month, state]));
  const counted = new Map((await partitionStatistics(client, source, null)).map((found) => [found.month, found]));
  const known = new Set(files.map(({ month }) => month));
  const unknown = [...states.keys()].filter((month) => !known.has(month));
  return [
    ...files.map((file) => ({
      stream: source.name,
      month: file.month,
      path: file.path,
      verdict: broken.get(file.path) ?? verdictOf(file, counted.get(file.month), states.get(file.month), xid),
    })),
    ...unknown.map((month) => ({ stream: source.name, month, path: null, verdict: 'changed' as const })),
  ];
}

function verdictOf(
  { rows, sums }: ManifestFile,
  counted: Statistics | undefined,
  state: PartitionState | undefined,
  xid: bigint,
): PartitionVerdict {
  if (counted !== undefined && counted.rows === rows && isDeepStrictEqual(counted.sums, sums)) {
    // Equal sums prove no equal rows where something has changed since.
    const isUntouched = state === undefined || state.changedXid === null || state.changedXid < xid;
    return isUntouched ? 'equal' : 'changed';
  }
  // A partition that is gone, or of a source that keeps no transactions, may have changed at any time.
  const mayHaveChanged =
    state === undefined || state.changedXid === null || state.changedXid >= xid || state.rows !== rows;
  return mayHaveChanged ? 'changed' : 'different';
}
