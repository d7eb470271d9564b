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
  /** The earliest bucket that came in this run; null when none did. */
  readonly came: Date | null;
  /** The start of the open bucket, which need not come. */
  readonly open: Date;
}

/** The first bucket that came, where it is later than the start asked for and nothing is missing after it; else null. */
export function beginsAt({ start, end, width, bucketStarts, came, open }: ClampedAnswer): Date | null {
  const step = widthSeconds[width];
  const [from, to] = [start.getTime() / 1000, end.getTime() / 1000];
  const openSeconds = open.getTime() / 1000;
  const isPlace = (bucket: number) => bucket >= from && bucket <= openSeconds && bucket % step === 0;
  // Something without a place may be what seems to be missing.
  if (!bucketStarts.every(isPlace)) return null;
  const seen = new Set(bucketStarts);
  if (seen.size === 0) return came !== null && came > start ? came : null;
  const first = Math.min(...seen);
  if (first === from) return null;
  for (let position = first; position < Math.min(to, openSeconds); position += step)
    if (!seen.has(position)) return null;
  return new Date(first * 1000);
}

/**
 * What an answer that begins later than asked comes to. `horizon`: nothing before is answered, neither the bucket before
 * asked for alone nor the earliest one wanted · `gap`: older ones are, so that the API leaves out what is empty ·
 * `in_parts`: the one before is answered alone · `contradicted`: one that came is not answered alone, so that the silence
 * of this API says nothing.
 */
export type ClampedVerdict = 'horizon' | 'gap' | 'in_parts' | 'contradicted';

/** Judges an answer that begins `at` a bucket later than asked, by asking for up to three buckets alone. */
export async function judgeStart(
  at: Date,
  { width, earliest, grain }: { readonly width: Width; readonly earliest: Date; readonly grain: readonly string[] },
  probe: Probe,
): Promise<ClampedVerdict> {
  const before = new Date(at.getTime() - widthSeconds[width] * 1000);
  if (!isSilent((await probe(before, grain)).kind)) return 'in_parts';
  if ((await probe(at, grain)).kind !== 'answered') return 'contradicted';
  return earliest >= before || isSilent((await probe(earliest, grain)).kind) ? 'horizon' : 'gap';
}

function isSilent(kind: Awaited<ReturnType<Probe>>['kind']): boolean {
  return kind === 'empty' || kind === 'later' || kind === 'before_horizon';
}
