import { expect } from 'vitest';
import { errorKinds } from '../../src/errors.ts';
import { adminKey, organization } from '../support/nights.ts';
import { type Buckets, bucketKey, type LedgerLine, sameContent, trueBucket, writtenState } from './buckets.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import type { World } from './world.ts';

/** What is stored and what is true at one instant. */
export interface Present {
  readonly stored: Buckets;
  readonly ledger: readonly LedgerLine[];
  /** From the world's first day on, or from the horizon where the night found one. */
  readonly truth: Buckets;
}

/** A fault that has struck. */
export interface Aftermath {
  readonly world: World;
  readonly fault: FaultCase;
  readonly struck: Struck;
  /** When the night began. */
  readonly before: Present;
  /** When it was over, or when the recovery was. */
  readonly present: Present;
  /** The newest run before that night. */
  readonly lastRun: number;
}

/** Something that holds whatever strikes. */
export interface FaultPromise {
  /** The sentence that is proved. */
  readonly promise: string;
  /** Faults it says nothing about; default none. */
  readonly exempt?: (fault: FaultCase) => boolean;
  /** Rejects when it is broken. */
  keep(aftermath: Aftermath): Promise<void> | void;
}

/** What holds as soon as the struck run has ended, in the order it is asserted. */
export const promisesOfTheNight: readonly FaultPromise[] = [
  {
    promise: 'Every stored bucket is wholly what it was or wholly what the API says now; none is in between.',
    keep: (aftermath) => {
      const grains = new Map(aftermath.present.ledger.map((line) => [bucketKey(line), line.grain]));
      const neither = [...aftermath.present.stored.keys()].filter((key) => !isWhole(aftermath, key, grains.get(key)));
      expect(neither).toEqual([]);
    },
  },
  {
    promise: 'No bucket that had rows has lost them without the API saying so.',
    keep: ({ struck, before, present }) => {
      const told = new Set(struck.told?.filter(({ rows }) => rows.length === 0).map(bucketKey));
      const lost = [...before.stored.keys()].filter(
        (key) => !present.stored.has(key) && !told.has(key) && (present.truth.get(key)?.rows.length ?? 0) > 0,
      );
      expect(lost).toEqual([]);
    },
  },
  {
    promise: 'The ledger counts exactly the rows that are there, and no row is there twice.',
    keep: ({ present: { stored, ledger } }) => {
      const counted = ledger.filter(({ rowCount }) => rowCount > 0).map((line) => [bucketKey(line), line.rowCount]);
      const there = [...stored].map(([key, { rows }]) => [key, rows.length]);
      expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(there));
      const doubled = [...stored].filter(([, { rows }]) => new Set(rows).size < rows.length);
      expect(doubled.map(([key]) => key)).toEqual([]);
    },
  },
  {
    promise: 'The other datasets are loaded as if nothing had happened.',
    exempt: ({ dataset }) => dataset === null,
    keep: ({ world, fault, struck, present }) => {
      const reports = struck.report?.datasets.filter(({ dataset }) => dataset !== fault.dataset) ?? [];
      const others = world.datasets.map(({ name }) => name).filter((name) => name !== fault.dataset);
      expect(reports.map(({ dataset, status }) => [dataset, status])).toEqual(others.map((name) => [name, 'ok']));
      expect(untrue(present).filter((key) => !key.startsWith(`${fault.dataset} `))).toEqual([]);
    },
  },
  {
    promise: 'The exit code is the promised one, and the runs table says the same.',
    keep: async ({ world, fault, struck, lastRun }) => {
      expect(struck.exit).toBe(fault.exit);
      const { rows } = await world.nights.database.pool.query<{ readonly status: string }>(
        'select status from openai_etl.runs where run_id > $1 and org_id = $2 order by run_id desc limit 1',
        [lastRun, organization],
      );
      expect(statusesOf(fault.exit, struck)).toContain(rows[0]?.status);
    },
  },
  {
    promise: 'An error has its code, says what happened and what to do; where nothing went wrong none is reported.',
    keep: ({ fault, struck }) => {
      for (const { code, message, remedy } of struck.errors) {
        expect(Object.keys(errorKinds)).toContain(code);
        expect(message).not.toBe('');
        expect(remedy).not.toBe('');
      }
      if (fault.sees === null) expect(struck.errors).toEqual([]);
      else {
        const { code, says, remedy = errorKinds[code].remedy } = fault.sees;
        expect(struck.errors).toContainEqual({ code, message: expect.stringContaining(says), remedy });
      }
    },
  },
  {
    promise: 'Neither what is printed nor what is stored of the run holds the key.',
    keep: async ({ world, struck }) => {
      expect(struck.printed).not.toContain(adminKey);
      const { rows } = await world.nights.database.pool.query<{ readonly text: string }>(
        `select r::text as text from openai_etl.runs r union all select q::text from openai_etl.quarantine q
         union all select d::text from openai_etl.drift d union all select c::text from openai_etl.capabilities c`,
      );
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.filter(({ text }) => text.includes(adminKey))).toEqual([]);
    },
  },
  {
    promise: 'A refused bucket keeps what it held, and quarantine has what came instead.',
    keep: async ({ world, fault, before, present }) => {
      const refused = present.ledger.filter(({ status }) => status === 'refused').map(bucketKey);
      expect(refused.filter((key) => !sameContent(present.stored.get(key), before.stored.get(key)))).toEqual([]);
      const { rows } = await world.nights.database.pool.query<Quarantined>(
        `select dataset, extract(epoch from bucket_start)::int as start, reason,
           coalesce(jsonb_array_length(raw -> 'results'), 0) as results
         from openai_etl.quarantine`,
      );
      const reasons = [...new Set(rows.map(({ reason }) => reason))];
      expect(reasons).toEqual(fault.quarantine === undefined ? [] : [fault.quarantine]);
      expect(refused.filter((key) => !rows.some((row) => bucketKey(row) === key && row.results > 0))).toEqual([]);
    },
  },
  {
    promise: 'A bucket that was asked for and not answered keeps what it held, and so does its entry in the ledger.',
    keep: async ({ world, before, present }) => {
      const { rows } = await world.nights.database.pool.query<{ readonly dataset: string; readonly start: number }>(
        'select dataset, extract(epoch from bucket_start)::int as start from openai_etl.unanswered',
      );
      const entryOf = ({ ledger }: Present, key: string) => ledger.find((line) => bucketKey(line) === key);
      for (const key of rows.map(bucketKey)) {
        expect(sameContent(present.stored.get(key), before.stored.get(key)), key).toBe(true);
        expect(entryOf(present, key), key).toEqual(entryOf(before, key));
      }
    },
  },
  {
    promise:
      'The books of every run balance: each result received is a row, part of one, set aside or without a place.',
    keep: async ({ world }) => {
      const { rows } = await world.nights.database.pool.query(
        `select run_id, results, results_placed, results_merged, results_quarantined, results_without_place
         from openai_etl.runs where status in ('ok', 'partial') and command <> 'verify'
           and results is distinct from results_placed + results_merged + results_quarantined + results_without_place`,
      );
      expect(rows).toEqual([]);
    },
  },
  {
    promise: 'What the catalog does not know is reported as drift, and nothing else is.',
    exempt: ({ exit }) => exit !== 0 && exit !== 3,
    keep: ({ fault, struck }) => {
      // A report that nobody could read told nothing.
      const reported = struck.report?.datasets.flatMap(({ drift }) => drift) ?? [];
      expect(reported).toEqual(fault.drift ?? []);
    },
  },
  {
    promise: 'What heals within the run leaves every table equal to the truth when the run ends.',
    exempt: ({ recovery }) => recovery !== 'in the same run',
    keep: ({ present }) => expect(untrue(present)).toEqual([]),
  },
];

/** What holds once the fault is gone and the promised next run has ended, in the order it is asserted. */
export const promisesOfTheRecovery: readonly FaultPromise[] = [
  {
    promise: 'With the fault gone the next run ends with exit code 0, and no run is left open.',
    keep: async ({ world, struck }) => {
      expect({ exit: struck.exit, errors: struck.errors }).toEqual({ exit: 0, errors: [] });
      const { rows } = await world.nights.database.pool.query(
        `select run_id from openai_etl.runs where status = 'running'`,
      );
      expect(rows).toEqual([]);
    },
  },
  {
    promise:
      'Then all tables equal the truth, row for row and digit for digit, and no bucket is refused or unanswered.',
    keep: async ({ world, present }) => {
      const { rows } = await world.nights.database.pool.query('select * from openai_etl.unanswered');
      expect(rows).toEqual([]);
      expect(untrue(present)).toEqual([]);
      expect(present.ledger.filter(({ status }) => status === 'refused')).toEqual([]);
    },
  },
  {
    promise: '`verify` finds no difference.',
    keep: async ({ world }) => {
      expect(await world.nights.verify()).toMatchObject({ exit_code: 0, differences: [] });
    },
  },
  {
    promise: 'One more run writes nothing: no row version, no restatement, no revision.',
    keep: async ({ world }) => {
      const before = await writtenState(world);
      expect(before.length).toBeGreaterThan(0);
      expect(await world.night()).toMatchObject({ exit: 0 });
      expect(await writtenState(world)).toEqual(before);
    },
  },
];

interface Quarantined {
  readonly dataset: string;
  readonly start: number;
  readonly reason: string;
  readonly results: number;
}

/** True when a stored bucket is one of those it may be. */
function isWhole(aftermath: Aftermath, key: string, grain: readonly string[] | undefined): boolean {
  const { world, struck, before, present } = aftermath;
  const stored = present.stored.get(key);
  const told = struck.told?.filter((bucket) => bucketKey(bucket) === key) ?? [];
  const accepted = [before.stored.get(key), before.truth.get(key), present.truth.get(key), ...told];
  if (accepted.some((content) => sameContent(content, stored))) return true;
  const dataset = world.datasets.find(({ name }) => name === stored?.dataset);
  if (stored === undefined || dataset === undefined || grain === undefined) return false;
  return sameContent(trueBucket(world, dataset, stored.start, grain), stored);
}

/** The buckets that are not as they should be. */
function untrue({ stored, truth }: Present): readonly string[] {
  return [...new Set([...stored.keys(), ...truth.keys()])].filter(
    (key) => !sameContent(stored.get(key), truth.get(key)),
  );
}

/** A run that could not say how it ended is still marked running; the next one corrects that. */
function statusesOf(exit: number | null, { report }: Struck): readonly (string | undefined)[] {
  switch (exit) {
    case 0:
      return ['ok'];
    case 3:
      return ['partial'];
    case 1:
      return report === null ? ['failed', 'running', undefined] : ['failed'];
    case null:
      // Killed before it could say that it had begun, or after.
      return [undefined, 'running'];
    case 75:
      // Its own, or that of the run it gave way to.
      return [undefined, 'ok'];
    default:
      return ['failed', 'running'];
  }
}
