import { expect } from 'vitest';
import { errorKinds } from '../../src/errors.ts';
import { adminKey, organization } from '../support/nights.ts';
import {
  type Buckets,
  bucketKey,
  ledgerLines,
  sameContent,
  storedBuckets,
  trueBucket,
  trueBuckets,
  writtenState,
} from './buckets.ts';
import type { FaultCase, Struck } from './fault-case.ts';
import type { World } from './world.ts';

/** A fault that has struck, and what was before. */
export interface Aftermath {
  readonly world: World;
  readonly fault: FaultCase;
  readonly struck: Struck;
  /** What the API's double held for true when the night began. */
  readonly truthBefore: Buckets;
  /** Every bucket stored when the night began. */
  readonly storedBefore: Buckets;
  /** The newest run before that night. */
  readonly lastRun: number;
}

/** Something that holds whatever strikes. */
export interface FaultPromise {
  /** The sentence that is proved. */
  readonly promise: string;
  readonly after: 'the struck run' | 'the recovery';
  /** Faults it says nothing about; default none. */
  readonly exempt?: (fault: FaultCase) => boolean;
  /** Rejects when it is broken. */
  keep(aftermath: Aftermath): Promise<void>;
}

/** The promises, in the order they are asserted. */
export const faultPromises: readonly FaultPromise[] = [
  {
    promise: 'Every stored bucket is wholly what it was or wholly what the API says now; none is in between.',
    after: 'the struck run',
    keep: async ({ world, struck, truthBefore }) => {
      const truth = trueBuckets(world, world.firstDay);
      const grains = new Map((await ledgerLines(world)).map((line) => [bucketKey(line), line.grain]));
      const neither = [...(await storedBuckets(world))].filter(([key, stored]) => {
        const told = struck.told?.filter((bucket) => bucketKey(bucket) === key) ?? [];
        const accepted = [world.oldTruth.get(key), truthBefore.get(key), truth.get(key), ...told];
        if (accepted.some((content) => sameContent(content, stored))) return false;
        const dataset = world.datasets.find(({ name }) => name === stored.dataset);
        const grain = grains.get(key);
        if (dataset === undefined || grain === undefined) return true;
        return !sameContent(trueBucket(world, dataset, stored.start, grain), stored);
      });
      expect(neither.map(([key]) => key)).toEqual([]);
    },
  },
  {
    promise: 'No bucket that had rows lost them without the API saying so.',
    after: 'the struck run',
    keep: async ({ world, struck, storedBefore, truthBefore }) => {
      const stored = await storedBuckets(world);
      const told = new Set(struck.told?.filter(({ rows }) => rows.length === 0).map(bucketKey));
      const lost = [...storedBefore.keys()].filter(
        (key) => !stored.has(key) && !told.has(key) && (truthBefore.get(key)?.rows.length ?? 0) > 0,
      );
      expect(lost).toEqual([]);
    },
  },
  {
    promise: 'The ledger counts exactly the rows that are there, and no row is there twice.',
    after: 'the struck run',
    keep: async ({ world }) => {
      const stored = await storedBuckets(world);
      const ledger = await ledgerLines(world);
      const counted = ledger.filter(({ rowCount }) => rowCount > 0).map((line) => [bucketKey(line), line.rowCount]);
      const there = [...stored].map(([key, { rows }]) => [key, rows.length]);
      expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(there));
      const doubled = [...stored].filter(([, { rows }]) => new Set(rows).size < rows.length);
      expect(doubled.map(([key]) => key)).toEqual([]);
    },
  },
  {
    promise: 'The other datasets are loaded as if nothing had happened.',
    after: 'the struck run',
    exempt: ({ dataset }) => dataset === null,
    keep: async ({ world, fault, struck }) => {
      const reports = struck.report?.datasets.filter(({ dataset }) => dataset !== fault.dataset) ?? [];
      expect(reports.map(({ dataset, status }) => [dataset, status])).toEqual(
        world.datasets.filter(({ name }) => name !== fault.dataset).map(({ name }) => [name, 'ok']),
      );
      await expectTables(world, world.firstDay, (dataset) => dataset !== fault.dataset);
    },
  },
  {
    promise: 'The exit code is the promised one, and the runs table says the same.',
    after: 'the struck run',
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
    promise: 'An error has its code, says what happened and what to do; without one nothing is reported.',
    after: 'the struck run',
    keep: async ({ fault, struck }) => {
      for (const { code, message, remedy } of struck.errors) {
        expect(Object.keys(errorKinds)).toContain(code);
        expect(message).not.toBe('');
        expect(remedy).not.toBe('');
      }
      const codes = struck.errors.map(({ code }) => code);
      if (fault.sees === null) expect(codes).toEqual([]);
      else if (struck.exit !== null) {
        const { code, says } = fault.sees;
        expect(struck.errors).toContainEqual(expect.objectContaining({ code, message: expect.stringContaining(says) }));
      }
    },
  },
  {
    promise: 'Neither what is printed nor what is stored of the run holds the key.',
    after: 'the struck run',
    keep: async ({ world, struck }) => {
      expect(struck.printed).not.toContain(adminKey);
      const { rows } = await world.nights.database.pool.query<{ readonly text: string }>(
        `select r::text as text from openai_etl.runs r union all select q::text from openai_etl.quarantine q
         union all select d::text from openai_etl.drift d union all select c::text from openai_etl.capabilities c`,
      );
      expect(rows.filter(({ text }) => text.includes(adminKey))).toEqual([]);
    },
  },
  {
    promise: 'A refused bucket keeps what it held, and quarantine has what came instead.',
    after: 'the struck run',
    keep: async ({ world, fault, storedBefore }) => {
      const stored = await storedBuckets(world);
      const refused = (await ledgerLines(world)).filter(({ status }) => status === 'refused').map(bucketKey);
      const changed = refused.filter((key) => !sameContent(stored.get(key), storedBefore.get(key)));
      expect(changed).toEqual([]);
      const { rows } = await world.nights.database.pool.query<Quarantined>(
        `select dataset, extract(epoch from bucket_start)::int as start, reason,
           coalesce(jsonb_array_length(raw -> 'results'), 0) as results
         from openai_etl.quarantine`,
      );
      expect([...new Set(rows.map(({ reason }) => reason))]).toEqual(
        fault.quarantine === undefined ? [] : [fault.quarantine],
      );
      expect(refused.filter((key) => !rows.some((row) => bucketKey(row) === key && row.results > 0))).toEqual([]);
    },
  },
  {
    promise: 'What heals within the run leaves every table equal to the truth when the run ends.',
    after: 'the struck run',
    exempt: ({ recovery }) => recovery !== 'in the same run',
    keep: async ({ world, struck }) => {
      await expectTables(world, struck.horizon ?? world.firstDay);
    },
  },
  {
    promise: 'With the fault gone the promised next run ends with exit code 0 and no run is left open.',
    after: 'the recovery',
    keep: async ({ world, fault }) => {
      const { exit, errors } = await (fault.recover?.(world) ?? world.night());
      expect({ exit, errors }).toEqual({ exit: 0, errors: [] });
      const { rows } = await world.nights.database.pool.query(
        `select run_id from openai_etl.runs where status = 'running'`,
      );
      expect(rows).toEqual([]);
    },
  },
  {
    promise: 'Then all tables equal the truth, row for row and digit for digit.',
    after: 'the recovery',
    keep: async ({ world, struck }) => {
      await expectTables(world, struck.horizon ?? world.firstDay);
      const refused = (await ledgerLines(world)).filter(({ status }) => status === 'refused');
      expect(refused.map(bucketKey)).toEqual([]);
    },
  },
  {
    promise: 'verify finds no difference.',
    after: 'the recovery',
    keep: async ({ world }) => {
      expect(await world.nights.verify()).toMatchObject({ exit_code: 0, differences: [] });
    },
  },
  {
    promise: 'One more run writes nothing: no row version, no restatement, no revision.',
    after: 'the recovery',
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

/** Asserts that tables equal the truth; names the buckets that do not. */
async function expectTables(
  world: World,
  from: Date,
  isMeant: (dataset: string) => boolean = () => true,
): Promise<void> {
  const stored = await storedBuckets(world);
  const truth = trueBuckets(world, from);
  const keys = [...new Set([...stored.keys(), ...truth.keys()])].filter((key) => isMeant(key.split(' ')[0] ?? ''));
  expect(keys.filter((key) => !sameContent(stored.get(key), truth.get(key)))).toEqual([]);
}
