/** What the end of a soak came to, when every table had been compared with the truth. */
export interface Ending {
  readonly rows: number;
  readonly buckets: number;
  /** Buckets that the API no longer answers: they hold what it said last. */
  readonly behindHorizon: number;
  /** Those of them that the provider has restated since, or had misreported when they were last read. */
  readonly outdated: number;
  /** Nights it took until a run ended with exit code 0, the faults being gone. */
  readonly lastNights: number;
  /** Buckets restated when they were older than the free lookback, which `backfill --refetch` mended. */
  readonly refetched: number;
  readonly lost: number;
  readonly doubled: number;
  readonly different: number;
  /** Sums that `verify` compared with the API's own. */
  readonly tieOuts: number;
}

/** What a soak came to. Nothing was lost, doubled or different, or there would be no outcome. */
export interface SoakOutcome extends Ending {
  readonly seed: number;
  readonly nights: number;
  /** Days of the calendar, downtime included. */
  readonly days: number;
  readonly requests: number;
  readonly exits: ReadonlyMap<string, number>;
  readonly struck: ReadonlyMap<string, number>;
  /** Changes the provider made to what it had said. */
  readonly restated: number;
  /** Entries of openai_etl.restatements. */
  readonly restatements: number;
  /** Buckets refused and later loaded. */
  readonly healed: number;
  readonly seconds: number;
}

const lineWidth = 100;

/** The block that a soak prints. */
export function outcomeBlock(outcome: SoakOutcome): string {
  const struck = [...outcome.struck].toSorted(([, a], [, b]) => b - a);
  const faults = struck.reduce((sum, [, count]) => sum + count, 0);
  const exits = [...outcome.exits].toSorted(([a], [b]) => Number(a) - Number(b) || a.localeCompare(b));
  const runs = exits.reduce((sum, [, count]) => sum + count, 0);
  const lines: readonly (readonly [string, string])[] = [
    ['seed', `${outcome.seed}`],
    ['nights', `${number(outcome.nights)} in ${number(outcome.days)} days`],
    ['runs', `${number(runs)}: ${exits.map(([exit, count]) => times(exitName(exit), count)).join(', ')}`],
    ['requests', number(outcome.requests)],
    [
      'faults survived',
      `${number(faults)} of ${struck.length} kinds: ${struck.map(([kind, count]) => times(kind, count)).join(', ')}`,
    ],
    ['restatements', `${number(outcome.restated)} by the provider, ${number(outcome.restatements)} rows recorded`],
    ['refused, then healed', `${number(outcome.healed)} buckets`],
    ['in the end', endOf(outcome)],
    ['rows', `${number(outcome.rows)} in ${number(outcome.buckets)} buckets`],
    ['behind the horizon', behindHorizonOf(outcome)],
    ['lost', `${outcome.lost}`],
    ['doubled', `${outcome.doubled}`],
    ['different', `${outcome.different}`],
    ['tie-outs', `${number(outcome.tieOuts)} sums, verify exits 0; one more run writes nothing`],
    ['seconds', outcome.seconds.toFixed(0)],
  ];
  const indent = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.flatMap(([label, text]) => labelled(label, text, indent)).join('\n');
}

function endOf({ lastNights, refetched }: SoakOutcome): string {
  const nights = lastNights === 1 ? 'one night' : `${lastNights} nights`;
  return `${nights} without faults, then backfill --refetch for ${number(refetched)} buckets restated past the free lookback`;
}

function behindHorizonOf({ behindHorizon, outdated }: SoakOutcome): string {
  return `${number(behindHorizon)} buckets as the API said them last; what it would say of ${number(outdated)} differs by now`;
}

function exitName(exit: string): string {
  return exit === 'stopped' ? exit : `exit ${exit}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** What is kept on one line: a kind and how often it struck. */
function times(kind: string, count: number): string {
  return `${kind} × ${number(count)}`.replaceAll(' ', '\u00a0');
}

/** A text behind its label, broken between words. */
function labelled(label: string, text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = label.padEnd(indent);
  for (const word of text.split(' ')) {
    if (line.length + word.length > lineWidth) {
      lines.push(line.trimEnd());
      line = ' '.repeat(indent);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].map((one) => one.replaceAll('\u00a0', ' '));
}
