import type { Acted } from './act.ts';
import { nameOf } from './fault-drawing.ts';
import type { Memory } from './memory.ts';
import type { SoakOrganization } from './organization.ts';
import { exitOf } from './run-promises.ts';

/** What a soak has counted so far. */
export interface Tally {
  requests: number;
  /** Runs by exit code; `stopped` for those that were aborted. */
  readonly exits: Map<string, number>;
  /** How often each kind of fault and interruption struck. */
  readonly struck: Map<string, number>;
  /** Restatements of the provider. */
  restated: number;
  /** Entries of openai_etl.restatements. */
  restatements: number;
}

/** An organization under way, with what is remembered and counted of it. */
export interface Life {
  readonly organization: SoakOrganization;
  readonly memory: Memory;
  readonly tally: Tally;
}

/** Counts what came of an act. */
export function count(tally: Tally, { requests, runs, interruptions }: Acted): void {
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  tally.requests += requests.length;
  for (const run of runs) add(tally.exits, String(exitOf(run) ?? 'stopped'));
  for (const { struck } of requests) for (const fault of struck) add(tally.struck, nameOf(fault));
  for (const kind of interruptions) {
    if (kind === 'restate') tally.restated += 1;
    else add(tally.struck, kind);
  }
}
