import { createHash } from 'node:crypto';
import type { Width } from '../catalog/width.ts';

/**
 * The first half of an advisory lock's key: what the lock is for. The high bytes spell "ue", so that the locks of other
 * programs in the same database do not meet ours. pg_locks shows it as classid.
 */
export const lockClass = {
  /** Who may write one organization × dataset × width. */
  writer: 0x75_65_00_01,
  /** A run that is under way. */
  run: 0x75_65_00_02,
  /** Who may change the schema. */
  migration: 0x75_65_00_03,
  /** Who uses the embedded server. */
  server: 0x75_65_00_04,
  /** Who looks for what needs a person. */
  alert: 0x75_65_00_05,
  /** Who may say what a day of a dataset is told from, until the end of the transaction. */
  day: 0x75_65_00_07,
  /** Who may write the names of an organization. */
  directory: 0x75_65_00_06,
  /** Who may write the files of one place. */
  export: 0x75_65_00_08,
} as const;

/** What the sessions that hold locks are called in pg_stat_activity. */
export const lockApplicationName = 'usage-etl locks';

/** What a lock is for. */
export type LockUse = keyof typeof lockClass;

/** The name of a lock: its use, a colon, and what it locks. */
export type LockName = `${LockUse}:${string}`;

/** The two int4 of an advisory lock's key. */
export type LockKey = readonly [number, number];

/** The key of a lock: the class of its use, and 32 bits of the SHA-256 of its name. */
export function lockKey(name: LockName): LockKey {
  const use = lockUses.find((known) => name.startsWith(`${known}:`));
  const classId = use === undefined ? 0 : lockClass[use];
  return [classId, createHash('sha256').update(name).digest().readInt32BE(0)];
}

const lockUses = Object.keys(lockClass) as LockUse[];

/** The lock of the one writer of an organization's dataset at a width. */
export function writerLock(target: {
  readonly orgId: string;
  readonly dataset: string;
  readonly width: Width;
}): LockName {
  return `writer:${JSON.stringify([target.orgId, target.dataset, target.width])}`;
}

/** The lock of the one writer of an organization's names. */
export function directoryLock(orgId: string): LockName {
  return `directory:${orgId}`;
}

/** The lock a run holds as long as it lives. */
export function runLock(runId: number): LockName {
  return `run:${runId}`;
}

/** The lock of the one export to a place. */
export function exportLock(place: string): LockName {
  return `export:${place}`;
}
