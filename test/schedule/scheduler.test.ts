import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';
import type { ScheduleSettings } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { type Scheduler, startScheduler } from '../../src/schedule/scheduler.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';

const minuteMs = 60_000;
const patience = { timeout: 10_000, interval: 5 };

const nightly: ScheduleSettings = {
  name: 'nightly',
  cron: '17 3 * * *',
  timezone: 'UTC',
  command: 'sync',
  organizations: null,
  datasets: null,
  days: null,
  jitterSeconds: 60,
};

/** A ledger that only says since when all has been read, and runs that end when they are told to. */
function createWorld(clock: Clock, schedules: readonly ScheduleSettings[], readAt: string) {
  const started: string[] = [];
  const held: ((exit: number) => void)[] = [];
  let served = new Date(readAt);
  let reachable = true;
  let asked = 0;
  const scheduler = startScheduler({
    schedules,
    clock,
    log: silentLog,
    run: ({ name }) => {
      started.push(name);
      return new Promise((resolve) => held.push(resolve));
    },
    isServed: async (_schedule, since) => {
      asked += 1;
      if (!reachable) throw new Error('no database');
      return served >= since;
    },
    isWorthRetrying: (exit) => exit !== 0,
  });
  return {
    scheduler,
    started,
    asked: () => asked,
    setReachable: (yes: boolean) => {
      reachable = yes;
    },
    /** Ends the run in hand; a good one is in the ledger from then on. */
    end: async (exit: number) => {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(0), patience);
      if (exit === 0) served = clock.now();
      const [name, runs] = [started.at(-1), started.length];
      held.shift()?.(exit);
      await vi.waitFor(() => {
        const isOver = scheduler.states().some((state) => state.name === name && state.last_exit_code === exit);
        expect(isOver || started.length > runs).toBe(true);
      }, patience);
    },
  };
}

type World = ReturnType<typeof createWorld>;

let open: { scheduler: Scheduler; end: (exit: number) => Promise<void> } | null = null;

function live(clock: Clock, schedules: readonly ScheduleSettings[], readAt: string): World {
  const world = createWorld(clock, schedules, readAt);
  open = world;
  return world;
}

/** Lets the ledger be asked once more, and what follows from it begin. */
async function nextRound(world: World, clock: FakeClock, minutes: number): Promise<void> {
  const before = world.asked();
  clock.advance(minutes * minuteMs);
  await vi.waitFor(() => expect(world.asked()).toBeGreaterThanOrEqual(before), patience);
  // The round and the start of a run are promises only; a turn of the event loop settles them.
  await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  await open?.scheduler.stop();
  open = null;
});

describe('at the start', () => {
  it('a run that was missed while the service was down is made up for at once', async () => {
    const world = live(fakeClock('2026-11-23T12:00:00Z'), [nightly], '2026-11-22T03:18:00Z');
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    await world.end(0);
  });

  it('nothing is run again that the ledger shows as read since it fell due, whoever read it', async () => {
    const clock = fakeClock('2026-11-23T12:00:00Z');
    const world = live(clock, [nightly], '2026-11-23T03:17:30Z');
    await vi.waitFor(() => expect(world.asked()).toBe(1), patience);
    await nextRound(world, clock, 5);
    expect(world.started).toEqual([]);
  });

  it('several missed schedules run one after the other', async () => {
    const hourly = { ...nightly, name: 'hourly', cron: '47 * * * *' };
    const world = live(fakeClock('2026-11-23T12:00:00Z'), [nightly, hourly], '2026-11-20T00:00:00Z');
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    expect(world.scheduler.states().map(({ running }) => running)).toEqual([true, false]);
    await world.end(3);
    await vi.waitFor(() => expect(world.started).toEqual(['nightly', 'hourly']), patience);
    await world.end(0);
  });
});

describe('on the night that has no hour for it', () => {
  it('a run starts right after the gap, once', async () => {
    const clock = fakeClock('2026-03-29T00:58:30Z');
    const berlin = { ...nightly, cron: '30 2 * * *', timezone: 'Europe/Berlin' };
    const world = live(clock, [berlin], '2026-03-28T02:00:00Z');
    expect(world.scheduler.states()[0]?.next_at).toBe('2026-03-29T01:00:00.000Z');
    await vi.waitFor(() => expect(world.asked()).toBe(1), patience);
    clock.advance(minuteMs);
    expect(world.started).toEqual([]);
    clock.advance(minuteMs);
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    await world.end(0);
    await nextRound(world, clock, 60);
    expect(world.started).toEqual(['nightly']);
  });
});

describe('later', () => {
  it('a run that the sleeping machine missed is made up for at the next look at the ledger', async () => {
    const clock = fakeClock('2026-11-23T02:00:00Z');
    const world = live(clock, [nightly], '2026-11-22T03:18:00Z');
    await vi.waitFor(() => expect(world.asked()).toBe(1), patience);
    expect(world.started).toEqual([]);
    await nextRound(world, clock, 120);
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    await world.end(0);
  });

  it('a run that is just due is left to its own timer and jitter', async () => {
    const clock = fakeClock('2026-11-23T03:13:30Z');
    const world = live(clock, [nightly], '2026-11-22T03:18:00Z');
    await vi.waitFor(() => expect(world.asked()).toBe(1), patience);
    await nextRound(world, clock, 5);
    expect(world.started).toEqual([]);
    await nextRound(world, clock, 5);
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    await world.end(0);
  });

  it('a failed run is tried again, later each time, and no more than four times', async () => {
    const clock = fakeClock('2026-11-23T03:20:00Z');
    const world = live(clock, [nightly], '2026-11-22T03:18:00Z');
    await vi.waitFor(() => expect(world.started).toHaveLength(1), patience);
    await world.end(1);
    for (const [minutes, runs] of [
      [10, 1],
      [5, 2],
      [25, 2],
      [5, 3],
      [60, 4],
      [120, 5],
    ] as const) {
      await nextRound(world, clock, minutes);
      await vi.waitFor(() => expect(world.started).toHaveLength(runs), patience);
      if (world.scheduler.states()[0]?.running) await world.end(3);
    }
    await nextRound(world, clock, 600);
    expect(world.started).toHaveLength(5);
  });

  it('a good run ends the trying again', async () => {
    const clock = fakeClock('2026-11-23T03:20:00Z');
    const world = live(clock, [nightly], '2026-11-22T03:18:00Z');
    await world.end(1);
    await nextRound(world, clock, 15);
    await world.end(0);
    await nextRound(world, clock, 300);
    expect(world.started).toHaveLength(2);
  });

  it('a ledger that cannot be asked is asked again, and nothing is run on a guess', async () => {
    const clock = fakeClock('2026-11-23T12:00:00Z');
    const world = live(clock, [nightly], '2026-11-22T03:18:00Z');
    world.setReachable(false);
    await nextRound(world, clock, 5);
    world.setReachable(true);
    await nextRound(world, clock, 5);
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    await world.end(0);
  });
});

describe('on the real clock', () => {
  const everySecond = { ...nightly, cron: '* * * * * *', jitterSeconds: 0 };

  it('fires when due, and never while the same schedule is still at work', async () => {
    const world = live(systemClock, [everySecond], new Date(Date.now() + 3_600_000).toISOString());
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    const due = Date.now();
    await vi.waitFor(() => expect(Date.now() - due).toBeGreaterThan(2100), patience);
    expect(world.started).toEqual(['nightly']);
    await world.end(0);
    await vi.waitFor(() => expect(world.started.length).toBeGreaterThan(1), patience);
    const [state] = world.scheduler.states();
    expect(state).toMatchObject({ name: 'nightly', command: 'sync', running: true, last_exit_code: null });
    await world.end(0);
  });

  it('stops by letting the run in hand end and beginning no other', async () => {
    const world = live(systemClock, [everySecond], new Date(Date.now() + 3_600_000).toISOString());
    await vi.waitFor(() => expect(world.started).toEqual(['nightly']), patience);
    let stopped = false;
    const stopping = world.scheduler.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    await world.end(0);
    await stopping;
    expect(world.started).toEqual(['nightly']);
    expect(world.scheduler.states()[0]).toMatchObject({ next_at: null, last_exit_code: 0 });
  });
});
