import { cpus } from 'node:os';
import { firstDay, horizonDays, loads } from './organization.ts';
import { outcomeBlock, type SoakOutcome } from './outcome.ts';

/** The page that records a long soak. */
export function soakPage(outcome: SoakOutcome): string {
  const hourly = loads.filter(([, width]) => width === '1h').map(([{ name }]) => `\`${name}\``);
  return `# The long soak

Hundreds of nights of an invented organization, in minutes: real PostgreSQL, the API's double over real sockets, a clock
that is moved on. Something goes wrong on most nights, and the provider keeps changing its mind. In the end every table
equals the truth, row for row and digit for digit, as far back as the API answers; what lies behind its horizon is as
the API said it last. Recorded by \`npm run soak -- --write\`:

\`\`\`
$ npm run -s soak -- --nights ${outcome.nights} --seed ${outcome.seed}
${outcomeBlock(outcome)}
\`\`\`

A fault counts for every request it struck. ${cpus().length} cores, Node ${process.versions.node}. A broken promise
ends the soak with exit code 1, the seed, the night and the first difference.

A second adversary shares no code with the program, its simulator included: \`npm run fuzz -- --seed N --nights M\` lets the API
misbehave while settings change, and holds every table, view, feed and export against what was answered.

## What happens

- **Every night** all ${new Set(loads.map(([{ name }]) => name)).size} datasets are read by the day since ${firstDay.toISOString().slice(0, 10)}, and by the hour as well
  ${hourly.join(', ')}. The API answers ${horizonDays} days back, so the horizon moves every night.
- **The API**: every kind of fault the double knows but swollen pages, for a dataset or for all, for one request, some,
  or all of them, for one night or several; groupings refused for up to two weeks and then granted again; unknown
  fields; a horizon that comes closer.
- **The provider** scales, moves, removes and adds groups, empties days and brings days late: recent ones and old ones,
  between runs and during them.
- **The machine**: connections to PostgreSQL are ended (the one with the locks, any, all), a run is stopped in the
  middle, a second one begins, the clock goes back (over midnight, too), days and once in a while weeks go by without a run.
- **The operator** leaves a dimension out of the configuration for a few nights, and starts failed runs again.

## What is held against it, after every run

- Each bucket that was read holds wholly one of the things the API said of it meanwhile, at the grain the ledger has.
  What was not read was not written.
- Each bucket has as many rows as the ledger says. No reading replaced a newer one.
- Restatements, undone from the newest to the oldest, give back what a closed bucket said before, digit for digit; in the
  end all of them, on the final tables, give back what each said first.
- The exit code and the record of the run are true: 0 only with every bucket loaded and nothing quarantined, and not
  anything else where all that struck passes within a request's repetitions. No run calls a fault its own defect.
- No slice is asked for that did not have to be read, and none is longer than a page.
- What was refused is in quarantine.

## What a seed decides

Which faults there are and which requests they strike, every restatement, every stop, downtime and setting follow from
the seed. How the requests of one run interleave does not, nor the jitter of repetitions, nor which connection is ended:
the numbers of requests, of strikes and of restatements recorded differ a little from run to run. Faults end before the
last night; restatements of buckets that had become older than the free lookback are mended by \`backfill --refetch\`, as
[decided](adr/0005-newest-first-and-free-lookback.md).
`;
}
