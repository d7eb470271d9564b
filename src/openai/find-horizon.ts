import { type Width, widthSeconds } from '../catalog/width.ts';
import { firstWhere } from './bisect.ts';
import type { Probed } from './probe.ts';

/** What is known of a horizon that has just been refused. */
export interface RefusedStart {
  /** A bucket whose start was refused. */
  readonly refused: Date;
  /** An earlier horizon ended there: most likely it has come a bucket closer. */
  readonly wasHorizon: boolean;
  /** The earliest bucket seen to be answered in this run; null when none was. */
  readonly answered: Date | null;
  /** The instants the refusal names, likeliest first. */
  readonly named: readonly Date[];
  /** The start of the open bucket: later ones cannot be asked for. */
  readonly open: Date;
  readonly width: Width;
}

/** Where the API begins to answer, and how that was found. */
export interface FoundHorizon {
  readonly at: Date;
  readonly proof: 'named' | 'bisected';
}

// More dates than these in one message are a list of something else; bisecting costs less than trying them all.
const mostNamed = 4;

type IsAnswered = (bucket: Date) => Promise<boolean>;

/** Between which buckets the horizon lies. */
interface Bounds {
  /** Refused. */
  readonly refused: Date;
  /** Answered; null while none is known. */
  readonly answered: Date | null;
}

/**
 * The first bucket the API answers, proved by asking: it answers there, and refuses the bucket before. Dates it names
 * are tried first, and what they turn out not to be narrows the search. Null when it refuses every start.
 */
export async function findHorizon(
  known: RefusedStart,
  ask: (bucket: Date) => Promise<Probed>,
): Promise<FoundHorizon | null> {
  const stepMs = widthSeconds[known.width] * 1000;
  const isAnswered = async (bucket: Date) => answers(await ask(bucket));
  const reached = known.answered !== null && known.answered > known.refused ? known.answered : null;
  let bounds: Bounds = { refused: known.refused, answered: reached };
  for (const named of known.named.slice(0, mostNamed)) {
    const at = new Date(Math.ceil(named.getTime() / stepMs) * stepMs);
    if (at <= bounds.refused || at > (bounds.answered ?? known.open)) continue;
    bounds = await tried(at, bounds, stepMs, isAnswered);
    const { refused, answered } = bounds;
    if (answered !== null && answered.getTime() - refused.getTime() <= stepMs) return { at: answered, proof: 'named' };
  }
  const { refused } = bounds;
  const answered = bounds.answered ?? ((await openAnswered(known, refused, isAnswered)) ? known.open : null);
  if (answered === null) return null;
  const at = await firstWhere({ lo: refused, hi: answered, stepMs, nearFirst: known.wasHorizon }, isAnswered);
  return { at, proof: 'bisected' };
}

/** What a date teaches: nothing but whether the bucket before it, and the one at it, are answered. */
async function tried(at: Date, bounds: Bounds, stepMs: number, isAnswered: IsAnswered): Promise<Bounds> {
  const { refused, answered } = bounds;
  const before = new Date(at.getTime() - stepMs);
  if (before > refused && (await isAnswered(before))) return { refused, answered: before };
  if (answered !== null && at >= answered) return { refused: before, answered };
  return (await isAnswered(at)) ? { refused: before, answered: at } : { refused: at, answered };
}

async function openAnswered({ open }: RefusedStart, refused: Date, isAnswered: IsAnswered): Promise<boolean> {
  return open > refused && (await isAnswered(open));
}

/** A start that is no longer refused is answered, also where nothing was used; other buckets instead are a refusal unsaid. */
function answers({ kind }: Probed): boolean {
  return kind !== 'before_horizon' && kind !== 'later';
}
