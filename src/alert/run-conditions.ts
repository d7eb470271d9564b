import { type ErrorCode, errorKinds } from '../errors.ts';
import { type Condition, condition, cut, listed } from './condition.ts';
import type { FreshnessFact, RunFact } from './facts.ts';

const linesShown = 3;
const lineLength = 180;

/** Errors that have an alert of their own, or are no failure: one cause is told once. */
const explained: ReadonlySet<string> = new Set([
  'key_rejected',
  'scope_missing',
  'mass_removal',
  'dataset_unavailable',
]);

/** What the runs of one organization, newest first, say by themselves. */
export function runConditions(
  org_id: string,
  runs: readonly RunFact[],
  freshness: readonly FreshnessFact[],
): readonly Condition[] {
  // A run that was told to stop says nothing: what it left is read by the next.
  const ended = runs.filter((run) => !codesOf(run).includes('interrupted'));
  const isVerify = ({ command }: RunFact) => command === 'verify';
  return [
    ...keyConditions(org_id, ended),
    ...lastRun(
      org_id,
      '',
      ended.filter((run) => !isVerify(run)),
      freshness,
    ),
    ...lastRun(org_id, 'verify', ended.filter(isVerify), []),
  ];
}

function keyConditions(org_id: string, runs: readonly RunFact[]): readonly Condition[] {
  const last = runs.find((run) => run.answered || codesOf(run).includes('key_rejected'));
  const line = last === undefined ? undefined : linesOf(last).find((one) => codeOf(one) === 'key_rejected');
  if (last === undefined || line === undefined) return [];
  const summary = 'the API does not accept the admin key';
  return [condition({ kind: 'key_rejected', org_id, subject: '', summary, detail: shown(last, [line]) })];
}

/** A newer good run ends it only when it, or another since, has read every dataset: schedules may differ in theirs. */
function lastRun(
  org_id: string,
  subject: string,
  runs: readonly RunFact[],
  freshness: readonly FreshnessFact[],
): readonly Condition[] {
  const first = runs.findIndex(isBad);
  const bad = runs[first];
  if (bad === undefined || (first > 0 && everythingReadSince(bad, freshness))) return [];
  const streakEnd = runs.findIndex((run, index) => index > first && !isBad(run));
  const streak = runs.slice(first, streakEnd === -1 ? undefined : streakEnd);
  // A partial run is not over because a later one did worse.
  const partial = streak.find(({ status }) => status === 'partial');
  return [
    ...(bad.status === 'failed' ? [runCondition('run_failed', org_id, subject, bad)] : []),
    ...(partial === undefined ? [] : [runCondition('run_partial', org_id, subject, partial)]),
  ];
}

function runCondition(kind: 'run_failed' | 'run_partial', org_id: string, subject: string, run: RunFact): Condition {
  const lines = unexplained(run);
  const what = kind === 'run_failed' ? 'failed' : 'left something out';
  return condition({
    kind,
    org_id,
    subject,
    summary: `${run.command} ${what}`,
    detail: shown(run, lines.length === 0 ? ['no reason was recorded'] : lines),
    remedy: remedyOf(codeOf(lines[0] ?? '')),
  });
}

function everythingReadSince({ started_at }: RunFact, freshness: readonly FreshnessFact[]): boolean {
  return freshness.every(
    ({ available, last_read_at }) => !available || (last_read_at !== null && last_read_at >= started_at),
  );
}

function isBad(run: RunFact): boolean {
  if (run.status === 'ok') return false;
  return unexplained(run).length > 0 || (run.status === 'failed' && run.error === null);
}

function unexplained(run: RunFact): readonly string[] {
  return linesOf(run).filter((line) => {
    const code = codeOf(line);
    return code !== null && !explained.has(code);
  });
}

function shown({ run_id, started_at }: RunFact, lines: readonly string[]): string {
  const short = lines.map((line) => cut(line, lineLength));
  return `run ${run_id} of ${started_at.toISOString()}: ${listed(short, linesShown)}`;
}

function codesOf(run: RunFact): readonly (string | null)[] {
  return linesOf(run).map(codeOf);
}

function linesOf({ error }: RunFact): readonly string[] {
  return error === null ? [] : error.split('\n');
}

/** The code a line begins with; null for the rest of a longer message. */
function codeOf(line: string): string | null {
  return /^([a-z_]+): /.exec(line)?.[1] ?? null;
}

function remedyOf(code: string | null): string | undefined {
  return code !== null && isErrorCode(code) ? errorKinds[code].remedy : undefined;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
