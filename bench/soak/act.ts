import { setTimeout as sleep } from 'node:timers/promises';
import { EtlError, toEtlError } from '../../src/errors.ts';
import type { RunContext, SyncOptions } from '../../src/run/context.ts';
import type { RunReport } from '../../src/run/report.ts';
import { runSync } from '../../src/run/sync.ts';
import type { Restatement } from '../../src/simulator/index.ts';
import { applicationNames, retryTotalSeconds, type SoakOrganization } from './organization.ts';
import type { WatchedRequest } from './request-watch.ts';
import type { Act, Interruption } from './story.ts';

/** How a run ended. */
export type RunEnd =
  | { readonly kind: 'report'; readonly report: RunReport }
  /** It gave up: what the command line would say, and exit with. */
  | { readonly kind: 'error'; readonly error: EtlError }
  | { readonly kind: 'aborted' };

/** What came of an act. */
export interface Acted {
  readonly runs: readonly RunEnd[];
  readonly requests: readonly WatchedRequest[];
  /** Kinds of interruptions that struck. */
  readonly interruptions: readonly Interruption['then']['kind'][];
  /** How far the clock of the machine was behind that of the API at most, in seconds. */
  readonly behind: number;
  /** Readings with a later date than this (Unix milliseconds) may have been taken for those of a wrong clock. */
  readonly honestUntil: number;
  /** The API's time, Unix seconds. */
  readonly from: number;
  readonly to: number;
}

/** What a plain night asks for. */
export const everything: SyncOptions = {
  command: 'sync',
  datasets: null,
  organizations: null,
  acceptRestatement: false,
  preview: false,
  from: null,
  to: null,
  refetch: false,
};

// An hour, by which the program tolerates that two clocks differ.
const clockToleranceMs = 3_600_000;

// Real time until an answer that stalls is believed to: far longer than any answer takes to be sent.
const stallMs = 40;

/** Runs a sync, and what interrupts it. `restate` draws the restatements that come while it runs. */
export async function performAct(
  organization: SoakOrganization,
  act: Act,
  leftOut: ReadonlyMap<string, string>,
  draw: () => readonly Restatement[],
  options: SyncOptions = everything,
): Promise<Acted> {
  const { requests, clock, simulator, oracle } = organization;
  requests.take();
  const from = seconds(clock.now());
  const aborted = new AbortController();
  const context = organization.contextOf(leftOut, aborted.signal);
  const runs: Promise<RunEnd>[] = [];
  const side: Promise<void>[] = [];
  const struck: Interruption['then']['kind'][] = [];

  let behind = organization.behind();
  const interrupt = ({ then }: Interruption) => {
    struck.push(then.kind);
    if (then.kind === 'abort') aborted.abort(new EtlError('interrupted', 'stopped by SIGTERM'));
    else if (then.kind === 'second-run') runs.push(run(context, options));
    else if (then.kind === 'clock-back') {
      behind = Math.max(behind, then.seconds);
      organization.setBehind(then.seconds);
    } else if (then.kind === 'terminate') side.push(terminate(organization, then.whose));
    else {
      const restatements = draw();
      simulator.restate(restatements);
      oracle.restateDuring(restatements);
    }
  };
  let waiting = act.interruptions;
  const strike = (count: number) => {
    const due = waiting.filter(({ afterRequests }) => afterRequests <= count);
    waiting = waiting.filter(({ afterRequests }) => afterRequests > count);
    for (const interruption of due) interrupt(interruption);
  };
  const stopListening = requests.listen((request, count) => {
    strike(count);
    if (request.struck.some(({ then }) => then.kind.startsWith('stall-'))) side.push(outwait(organization));
  });
  runs.push(run(context, options));
  strike(0);
  const ends: RunEnd[] = [];
  // A second run may join while the first is waited for.
  for (let index = 0; index < runs.length; index += 1) ends.push((await runs[index]) ?? { kind: 'aborted' });
  await Promise.all(side);
  stopListening();
  const honestUntil = (from - behind) * 1000 + clockToleranceMs;
  // What the run was too short for happens all the same: the story does not depend on how many requests there were.
  for (const late of waiting) if (late.then.kind === 'restate') interrupt(late);
  return {
    runs: ends,
    requests: requests.take(),
    interruptions: struck,
    behind,
    honestUntil,
    from,
    to: seconds(clock.now()),
  };
}

async function run(context: RunContext, options: SyncOptions): Promise<RunEnd> {
  try {
    return { kind: 'report', report: await runSync(context, options) };
  } catch (thrown) {
    return context.signal.aborted ? { kind: 'aborted' } : { kind: 'error', error: toEtlError(thrown) };
  }
}

/** Lets the time that a request may take go by for one that will never be answered. */
async function outwait({ clock }: SoakOrganization): Promise<void> {
  await sleep(stallMs);
  clock.advance((retryTotalSeconds + 1) * 1000);
}

/** Ends connections of the program, as an administrator or a failing network would. */
async function terminate({ pool }: SoakOrganization, whose: 'locks' | 'any' | 'all'): Promise<void> {
  const [, locks] = applicationNames;
  await pool.query(
    `select pg_terminate_backend(pid) from (
       select pid from pg_stat_activity
       where datname = current_database() and application_name = any($1) order by random() limit $2) victims`,
    [whose === 'locks' ? [locks] : applicationNames, whose === 'any' ? 1 : null],
  );
}

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
