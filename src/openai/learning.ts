import { widthSeconds } from '../catalog/width.ts';
import type { Clock } from '../clock.ts';
import { EtlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ClampedAnswer, type ClampedVerdict, judgeStart } from './clamped-start.ts';
import { quote } from './error-envelope.ts';
import { findHorizon } from './find-horizon.ts';
import { findRefusedRange, isRefused } from './find-refused-range.ts';
import { alignDown, alignUp, type Knowledge } from './knowledge.ts';
import type { Probe } from './probe.ts';
import { type Horizon, liesWithin, rangeAt } from './refusal.ts';
import { dropDimension } from './refused-grouping.ts';
import type { SessionSettings } from './session.ts';
import type { GroupingRefused, HorizonMoved } from './signals.ts';

/** A stretch that was asked for at one grain. */
export interface AskedFor {
  readonly start: Date;
  readonly end: Date;
  readonly grain: readonly string[];
}

/** Finds out what a refusal means, by asking for single buckets, and remembers it with its proof. */
export interface Learning {
  /** Which range of a dimension is refused; false where it is no range, so that the slice must be asked for in parts. */
  grouping(refusal: GroupingRefused, asked: AskedFor, probe: Probe): Promise<boolean>;
  /** From when on the API answers. Throws horizon_unknown where it refuses every start. */
  horizon(refusal: HorizonMoved, asked: AskedFor, probe: Probe): Promise<void>;
  /** What an answer that begins later than asked comes to. */
  clamped(at: Date, answer: ClampedAnswer, grain: readonly string[], probe: Probe): Promise<ClampedVerdict>;
  /** Asks again what is known to be refused, and forgets what no longer is. */
  askAgain(what: AskAgain, probe: Probe): Promise<void>;
}

interface LearningOptions {
  readonly settings: SessionSettings;
  readonly knowledge: Knowledge;
  /** The earliest bucket wanted; null where nobody says. */
  readonly earliest: Date | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which of what is known to be refused is to be asked again. */
export interface AskAgain {
  readonly horizon: boolean;
  readonly groupings: boolean;
}

/** Learning for one session. Of slices in flight at once that are refused the same, the first finds out. */
export function createLearning({ settings, knowledge, earliest, clock, log }: LearningOptions): Learning {
  const { dataset, width, groupBy } = settings;
  const stepMs = widthSeconds[width] * 1000;
  const inTurn = createTurns();
  const open = () => alignDown(clock.now(), width);
  const beginning = (start: Date) => {
    const wanted = earliest === null || earliest > start ? start : earliest;
    return knowledge.horizon !== null && knowledge.horizon > wanted ? knowledge.horizon : wanted;
  };

  const remember = (at: Date, proof: Horizon['proof'], asked: Date, detail: string) => {
    knowledge.setHorizon({ at, proof, askedFrom: beginningWanted(earliest, asked), provedAt: clock.now(), detail });
    log.warn({ dataset: dataset.name, width, horizon: at.toISOString(), proof }, 'the API answers no earlier');
  };

  const learnGrouping = async (refusal: GroupingRefused, asked: AskedFor, probe: Probe): Promise<boolean> => {
    const { start, end, grain } = asked;
    // Another slice was refused the same grain and has given up a dimension already.
    if (String(rangeAt(knowledge.granted, start)?.grain) !== String(grain)) return true;
    const refusedBefore = knowledge.refusals.groupings.some(({ until }) => until?.getTime() === start.getTime());
    const slice = {
      dataset,
      width,
      start,
      end,
      grain,
      refusal,
      earliest: beginning(start),
      open: open(),
      refusedBefore,
    };
    const found = await findRefusedRange(slice, probe);
    if (found === null) return false;
    await assertSomethingLeft(refusal, asked, found.until, probe);
    knowledge.refuse({ ...found, provedAt: clock.now(), detail: refusal.message });
    // Given up before in vain: it was this one that was refused.
    if (!dataset.dropOrder.includes(found.dimension))
      for (const one of knowledge.refusals.groupings)
        if (one.dimension !== found.dimension && liesWithin(one, found)) knowledge.forget(one);
    const { dimension: dropped, since, until } = found;
    const left = grain.filter((name) => name !== dropped);
    const range = { since: since?.toISOString() ?? null, until: until?.toISOString() ?? null };
    log.warn(
      { dataset: dataset.name, width, dropped, refused: refusal.names, grain: left, ...range },
      'the API refuses a grouping',
    );
    return true;
  };

  /** What cannot be given up may be refused of old buckets; refused of the newest too, nothing can be read. */
  const assertSomethingLeft = async (
    refusal: GroupingRefused,
    { grain }: AskedFor,
    until: Date | null,
    probe: Probe,
  ) => {
    if (dropDimension(dataset, grain, refusal.message) !== null) return;
    if (until !== null && (await probe(open(), grain)).kind !== 'grouping_refused') return;
    const message = `${dataset.path} refuses to group by ${grain.join(', ')}: ${quote(refusal.message)}`;
    throw new EtlError(dataset.optional ? 'dataset_unavailable' : 'grouping_refused', message);
  };

  const learnHorizon = async (refusal: HorizonMoved, { start, grain }: AskedFor, probe: Probe): Promise<void> => {
    // Another slice has moved it past this start already.
    if (knowledge.horizon !== null && knowledge.horizon > start) return;
    const wasHorizon = knowledge.horizon?.getTime() === start.getTime();
    const { answered } = knowledge;
    const known = { refused: start, wasHorizon, answered, named: refusal.named, open: open(), width };
    const found = await findHorizon(known, (bucket) => probe(bucket, grain));
    if (found === null) {
      const message = `${dataset.path} refuses every start up to now: ${quote(refusal.message)}`;
      throw new EtlError('horizon_unknown', message);
    }
    remember(found.at, found.proof, start, refusal.message);
  };

  const learnClamped = async (at: Date, answer: ClampedAnswer, grain: readonly string[], probe: Probe) => {
    if (knowledge.horizon !== null && knowledge.horizon >= at) return 'horizon';
    const verdict = await judgeStart(at, { width, earliest: beginning(answer.start), grain }, probe);
    if (verdict !== 'horizon') return verdict;
    const asked = new Date(at.getTime() - stepMs).toISOString();
    remember(at, 'clamped', answer.start, `asked for ${asked}, it answers nothing before ${at.toISOString()}`);
    return verdict;
  };

  const askHorizonAgain = async (probe: Probe): Promise<void> => {
    const { horizon } = knowledge.refusals;
    if (horizon === null) return;
    const before = new Date(alignUp(horizon.at, width).getTime() - stepMs);
    const { kind } = await probe(before, rangeAt(knowledge.granted, before)?.grain ?? groupBy);
    const stands = kind === 'before_horizon' || kind === 'later' || (kind === 'empty' && horizon.proof === 'clamped');
    if (stands) {
      const askedFrom = beginningWanted(earliest, horizon.askedFrom);
      knowledge.setHorizon({ ...horizon, askedFrom, provedAt: clock.now() });
      return;
    }
    knowledge.setHorizon(null);
    knowledge.answeredAt(before);
    log.info({ dataset: dataset.name, width, was: horizon.at.toISOString() }, 'the API answers earlier than it did');
  };

  const askGroupingsAgain = async (probe: Probe): Promise<void> => {
    for (const refusal of knowledge.refusals.groupings) {
      const { dimension, until } = refusal;
      const bucket = until === null ? open() : new Date(until.getTime() - stepMs);
      if (!groupBy.includes(dimension) || bucket < beginning(bucket)) continue;
      const target = dataset.dropOrder.includes(dimension) ? dimension : null;
      if (await isRefused({ dataset, grain: groupBy, target, bucket }, probe)) {
        knowledge.refuse({ ...refusal, provedAt: clock.now() });
      } else {
        knowledge.forget(refusal);
        log.info({ dataset: dataset.name, width, dimension }, 'the API grants a grouping again');
      }
    }
  };

  return {
    askAgain: (what, probe) =>
      inTurn(async () => {
        if (what.horizon) await askHorizonAgain(probe);
        if (what.groupings) await askGroupingsAgain(probe);
      }),
    grouping: (refusal, asked, probe) => inTurn(() => learnGrouping(refusal, asked, probe)),
    horizon: (refusal, asked, probe) => inTurn(() => learnHorizon(refusal, asked, probe)),
    clamped: (at, answer, grain, probe) => inTurn(() => learnClamped(at, answer, grain, probe)),
  };
}

function beginningWanted(earliest: Date | null, asked: Date): Date {
  return earliest === null || asked < earliest ? asked : earliest;
}

/** Runs one task after the other. */
function createTurns(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };
}
