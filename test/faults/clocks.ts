import type { FaultCase } from './fault-case.ts';
import type { World } from './world.ts';

const area = 'clock';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** One night, one request after the other, with something happening once the first dataset is done. */
function during(change: (world: World) => void): FaultCase['strike'] {
  return async (world) => {
    const { config, context } = world.nights;
    let changed = false;
    const advanced = () => {
      if (!changed) change(world);
      changed = true;
    };
    const progress = { ...context.progress, advanced };
    const struck = await world.night({}, { config: { ...config, concurrency: 1 }, progress });
    world.missetClock(0);
    return struck;
  };
}

function wrongAllNight(milliseconds: number): FaultCase['strike'] {
  return async (world) => {
    world.missetClock(milliseconds);
    const struck = await world.night();
    world.missetClock(0);
    return struck;
  };
}

const common = { area, dataset: null, exit: 0, sees: null } as const;

/** The machine's clock is wrong, or midnight comes. */
export const clockFaults: readonly FaultCase[] = [
  {
    ...common,
    fault: 'the clock moves back two hours during the run',
    recovery: 'in the same run',
    strike: during((world) => world.missetClock(-2 * hourMs)),
  },
  {
    ...common,
    fault: 'the clock moves back past the night before during the run',
    recovery: 'at the next run',
    strike: during((world) => world.missetClock(-4 * dayMs)),
  },
  {
    ...common,
    fault: 'the clock jumps a day ahead during the run',
    recovery: 'at the next run',
    strike: during((world) => world.missetClock(dayMs)),
  },
  {
    ...common,
    fault: 'the clock is a week behind all night',
    recovery: 'at the next run',
    strike: wrongAllNight(-7 * dayMs),
  },
  {
    ...common,
    fault: 'the clock is a year ahead all night',
    recovery: 'at the next run',
    strike: wrongAllNight(365 * dayMs),
  },
  {
    ...common,
    fault: 'midnight passes during the run',
    recovery: 'at the next run',
    strike: (world) => {
      const untilMidnight = dayMs - (world.clock.now().getTime() % dayMs);
      world.pass(untilMidnight - 10_000);
      return during(() => world.pass(20_000))(world);
    },
  },
];
