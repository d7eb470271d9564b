import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { splitChangedDays } from '../../src/allocate/split-days.ts';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/db/store.ts';
import { silentLog } from '../../src/log.ts';
import { runSync } from '../../src/run/sync.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { createDatabase, openServer, type Server } from '../database.ts';
import { type Cut, contextOf, cuts, everything, now, oddities, organization, restatements } from './organization.ts';

/**
 * Splits the costs of a simulated organization until there are as many parts as asked for, with the provider's own cut
 * by user on, partly refused and off, before and after restatements, and holds every cost against its parts. Ends with
 * exit code 1 on any difference, or on fewer parts.
 *
 *   npm run attribution -- [--parts 1000000] [--days 20] [--groups 1500] [--write]
 */
const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '20' },
    /** Distinct groups of each dataset on a busy day. */
    groups: { type: 'string', default: '1500' },
    /** Writes the result into docs/attribution.md. */
    write: { type: 'boolean', default: false },
  },
});
/** What the result stands between in the page. */
const [beginning, ending] = ['<!-- measured -->', '<!-- /measured -->'];
const [wantedParts, days, groups] = [Number(values.parts), Number(values.days), Number(values.groups)];

interface Sums {
  readonly costs: number;
  readonly parts: number;
  readonly users: number;
  readonly unattributed: number;
  readonly differing: number;
}

interface Measured extends Sums {
  readonly cut: string;
  readonly when: string;
  /** Of splitting every day, or the days restated; null where it was not measured apart from the load. */
  readonly seconds: number | null;
}

/** Said apart from the program's own check, so that one mistake cannot hide in both. */
async function sumsOf(pool: Pool): Promise<Sums> {
  const { rows } = await pool.query<Sums>(
    `select count(*)::int as costs, sum(split.parts)::int as parts,
       (select count(distinct user_id)::int from openai.cost_parts) as users,
       (select count(*)::int from openai.cost_parts where status = 'unattributed') as unattributed,
       (count(*) filter (where split.amount is distinct from c.amount_value or split.quantity is distinct from c.quantity))::int
         + (select count(*)::int from openai.cost_parts p where not exists (select from openai.costs c
              where c.org_id = p.org_id and c.series_id = p.series_id and c.bucket_start = p.usage_date_utc::timestamp at time zone 'UTC'))
         as differing
     from openai.costs c left join lateral (
       select count(*) as parts, sum(p.amount) as amount, sum(p.quantity) as quantity from openai.cost_parts p
       where p.org_id = c.org_id and p.usage_date_utc = (c.bucket_start at time zone 'UTC')::date and p.series_id = c.series_id
     ) as split on true`,
  );
  const [sums] = rows;
  if (sums === undefined) throw new Error('nothing is stored');
  return sums;
}

async function measure(server: Server, cut: Cut): Promise<readonly Measured[]> {
  const clock: Clock = { ...systemClock, now: () => now };
  const database = await createDatabase(server);
  const simulator = await startSimulator({ clock, groupsPerDataset: groups, ...cut.simulator });
  const store = await openStore({ databaseUrl: database.url, dataDir: '', clock, log: silentLog });
  try {
    simulator.restate(oddities(days));
    const context = contextOf(store, simulator.url, clock, days);
    await runSync(context, everything);
    // Once more alone, so that the time is that of the split.
    await store.pool.query('truncate openai.cost_parts, openai_etl.cost_split_days');
    const startedMs = performance.now();
    const options = { pool: store.pool, organization, runId: 1, weights: publishedTierWeights, log: silentLog };
    await splitChangedDays({ ...options, signal: context.signal });
    const seconds = (performance.now() - startedMs) / 1000;
    await store.pool.query('analyze openai.cost_parts');
    const first = { cut: cut.name, when: 'first split', seconds, ...(await sumsOf(store.pool)) };
    report(first);
    simulator.restate(restatements(days));
    await runSync(context, everything);
    const second = { cut: cut.name, when: 'after restatements', seconds: null, ...(await sumsOf(store.pool)) };
    report(second);
    return [first, second];
  } finally {
    await store.close();
    await simulator.close();
    await database.close();
  }
}

function cells({ cut, when, costs, parts, unattributed, seconds, differing }: Measured): readonly string[] {
  const time = seconds === null ? '' : `${seconds.toFixed(1)} s, ${Math.round(parts / seconds / 1000)}k parts/s`;
  const count = (value: number) => value.toLocaleString('en-US');
  return [cut, when, count(costs), count(parts), count(unattributed), time, `**${count(differing)}**`];
}

function report(measured: Measured): void {
  console.log(cells(measured).join(' | '));
}

const server = await openServer();
const all: Measured[] = [];
try {
  for (const cut of cuts) all.push(...(await measure(server, cut)));
} finally {
  await server.close();
}

const parts = all.filter(({ when }) => when === 'first split').reduce((sum, one) => sum + one.parts, 0);
const differing = all.reduce((sum, one) => sum + one.differing, 0);
console.log(`${parts.toLocaleString('en-US')} parts, ${differing} costs that differ from the sum of theirs`);
if (values.write) {
  const page = join(import.meta.dirname, '../../docs/attribution.md');
  const rows = all.map((one) => `| ${cells(one).join(' | ')} |`).join('\n');
  const text = await readFile(page, 'utf8');
  const table = `| cut by user | | costs | parts | unattributed | split | costs that differ |\n|---|---|--:|--:|--:|---|--:|\n${rows}`;
  const [before, after] = [text.split(beginning)[0], text.split(ending)[1]];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for the result`);
  await writeFile(page, `${before}${beginning}\n\n${table}\n\n${ending}${after}`);
}
if (differing > 0 || parts < wantedParts) process.exitCode = 1;
