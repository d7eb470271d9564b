import type { RunContext } from '../../src/run/context.ts';
import type { Fault, FaultPlan } from '../../src/simulator/index.ts';
import type { FaultArea, FaultCase } from './fault-case.ts';
import type { World } from './world.ts';

type Strike = FaultCase['strike'];

/** One night under a plan; `changed` is what of the run's context is other than usual. */
export function strikeWith(plan: FaultPlan, changed: (world: World) => Partial<RunContext> = () => ({})): Strike {
  return (world) => {
    world.setFaults(plan);
    return world.night({}, changed(world));
  };
}

interface OneDataset {
  readonly area: FaultArea;
  readonly fault: string;
  readonly then: Fault['then'];
  /** Default `completions`. */
  readonly dataset?: string;
  readonly changed?: (world: World) => Partial<RunContext>;
}

/** A fault that strikes a request of one dataset, once or so many times, and is gone when it is repeated. */
export function passing({ then, times = 1, changed, ...rest }: OneDataset & { readonly times?: number }): FaultCase {
  const dataset = rest.dataset ?? 'completions';
  const strike = strikeWith([{ when: { dataset, times }, then }], changed);
  return { ...rest, dataset, exit: 0, sees: null, recovery: 'in the same run', strike };
}

/** A fault that strikes every request of one dataset all night. */
export function lasting({ then, sees, changed, ...rest }: OneDataset & Pick<FaultCase, 'sees'>): FaultCase {
  const dataset = rest.dataset ?? 'completions';
  const strike = strikeWith([{ when: { dataset }, then }], changed);
  return { ...rest, dataset, exit: 3, sees, recovery: 'at the next run', strike };
}
