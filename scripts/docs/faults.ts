import { errorKinds } from '../../src/errors.ts';
import { type FaultArea, type FaultCase, faultAreas } from '../../test/faults/fault-case.ts';
import { promisesOfTheNight, promisesOfTheRecovery } from '../../test/faults/promises.ts';
import { faultTable } from '../../test/faults/table.ts';
import { code, codes, sections, table } from './markdown.ts';

const titles: Readonly<Record<FaultArea, string>> = {
  refusal: 'The API refuses',
  network: 'The network fails',
  page: 'A page is not what it should be',
  result: 'A result is not what it should be',
  clock: 'The clock is wrong',
  database: 'The database fails',
  process: 'The process is stopped, or is not alone',
};

const promises = [...promisesOfTheNight, ...promisesOfTheRecovery];

/** The promises, numbered as the fault table cites them. */
export function faultPromises(): string {
  const line = (promise: string, index: number) => `${index + 1}. ${promise}`;
  const ofTheNight = promisesOfTheNight.map(({ promise }, index) => line(promise, index));
  const ofTheRecovery = promisesOfTheRecovery.map(({ promise }, index) =>
    line(promise, promisesOfTheNight.length + index),
  );
  return sections(
    'When the run that was struck has ended:',
    ofTheNight.join('\n'),
    'When the fault is gone and the next run, at the time the table names, has ended:',
    ofTheRecovery.join('\n'),
  );
}

/** Every fault, a section for each area. */
export function faultSections(): string {
  const byArea = Map.groupBy(faultTable, ({ area }) => area);
  return sections(
    ...faultAreas.flatMap((area) => {
      const faults = byArea.get(area) ?? [];
      return faults.length === 0 ? [] : [`## ${titles[area]}`, areaTable(faults)];
    }),
  );
}

/** How many faults there are. */
export function faultCount(): string {
  return `The table holds ${faultTable.length} faults.`;
}

function areaTable(faults: readonly FaultCase[]): string {
  return table(
    ['fault', 'what the user sees', 'exit', 'all is right again', 'promises held'],
    faults.map((fault) => [
      fault.fault,
      seen(fault),
      fault.exit === null ? 'killed' : String(fault.exit),
      fault.recovery,
      promisesHeld(fault),
    ]),
  );
}

function seen({ sees, quarantine, drift = [] }: FaultCase): string {
  const parts = [
    ...(sees === null ? [] : [`${code(sees.code)}: “…${sees.says}…” → ${sees.remedy ?? errorKinds[sees.code].remedy}`]),
    ...(quarantine === undefined ? [] : [`in quarantine: ${code(quarantine)}`]),
    ...(drift.length === 0 ? [] : [`drift: ${codes(drift.map(visible))}`]),
  ];
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

/** A text without characters that no page can show. */
function visible(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Numbers of the promises that are asserted, runs of them as ranges. */
function promisesHeld(fault: FaultCase): string {
  const held = promises.flatMap(({ exempt }, index) => (exempt?.(fault) === true ? [] : [index + 1]));
  const runs: (readonly [number, number])[] = [];
  for (const number of held) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) runs[runs.length - 1] = [last[0], number];
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
}
