import { type Width, widthSeconds } from '../catalog/width.ts';
import type { Probe } from './probe.ts';

/** An answer that begins later than asked, where the API otherwise brings a bucket for each position. */
export interface ClampedAnswer {
  /** What was asked for. */
  readonly start: Date;
  readonly end: Date;
  readonly width: Width;
  /** Unix seconds of every bucket that came. */
  readonly bucketStarts: readonly number[];
  /** The earliest bucket seen to be answered in this run; null when none was. */
  readonly answered: Date | null;
  /** The start of the open bucket, which need not come. */
  readonly open: Date;
}

/** The first bucket that came, where it is later than the start asked for and nothing is missing after it; else null. */
export function beginsAt({ start, end, width, bucketStarts, answered, open }: ClampedAnswer): Date | null {
  const step = widthSeconds[width];
  const [from, to] = [start.getTime() / 1000, end.getTime() / 1000];
  const openSeconds = open.getTime() / 1000;
  const isPlace = (bucket: number) => bucket >= from && bucket <= openSeconds && bucket % step === 0;
  // Something without a place may be what seems to be missing.
  if (!bucketStarts.every(isPlace)) return null;
  const came = new Set(bucketStarts);
  if (came.size === 0) return answered !== null && answered > start ? answered : null;
  const first = Math.min(...came);
  if (first === from) return null;
  for (let position = first; position < Math.min(to, openSeconds); position += step)
    if (!came.has(position)) return null;
  return new Date(first * 1000);
}

/**
 * True when the API answers from a bucket on and nothing before it, neither the one before asked for alone nor the
 * earliest one wanted: a single bucket left out is no horizon.
 */
export async function isHorizon(
  at: Date,
  { width, earliest, grain }: { readonly width: Width; readonly earliest: Date; readonly grain: readonly string[] },
  probe: Probe,
): Promise<boolean> {
  const before = new Date(at.getTime() - widthSeconds[width] * 1000);
  if (!isSilent((await probe(before, grain)).kind)) return false;
  if ((await probe(at, grain)).kind !== 'answered') return false;
  return earliest >= before || isSilent((await probe(earliest, grain)).kind);
}

function isSilent(kind: Awaited<ReturnType<Probe>>['kind']): boolean {
  return kind === 'empty' || kind === 'later' || kind === 'before_horizon';
}
