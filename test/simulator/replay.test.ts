import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { get, getPage, seconds, simulatorWith } from './client.ts';

const recorded = (name: string) => readFile(join(import.meta.dirname, '../fixtures/recorded', `${name}.json`), 'utf8');

const cases = [
  ['/organization/usage/completions', 'completions-ungrouped-2025-01'],
  ['/organization/costs', 'costs-ungrouped-2025-01'],
] as const;

test.each(cases)('%s is answered with the recorded page, to the letter', async (path, name) => {
  const page = await recorded(name);
  const simulator = await simulatorWith({ replay: new Map([[path, page]]) });
  const response = await get(simulator, path, { start_time: 1736616660, limit: 30 });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(page);
});

test('paths without a recorded page are answered from the simulation', async () => {
  const simulator = await simulatorWith({ replay: new Map([['/organization/costs', await recorded(cases[1][1])]]) });
  const { data } = await getPage(simulator, '/organization/usage/images', {
    start_time: seconds('2026-11-02T00:00:00Z'),
  });
  expect(data).toHaveLength(7);
});

test('a recorded page needs the key as well', async () => {
  const simulator = await simulatorWith({ replay: new Map([['/organization/costs', '{}']]) });
  expect((await fetch(`${simulator.url}/organization/costs`)).status).toBe(401);
});

test('the simulation aligns windows the way the recorded answers do', async () => {
  const start_time = 1736616660;
  const spans = (page: { readonly data: readonly { readonly start_time: number; readonly end_time: number }[] }) =>
    page.data.map((bucket) => [bucket.start_time, bucket.end_time]);
  const simulator = await simulatorWith({ clock: fakeClock('2025-02-10T17:31:03Z') });
  for (const [path, name] of cases) {
    const simulated = await getPage(simulator, path, { start_time, limit: 31 });
    expect(spans(simulated)).toEqual(spans(JSON.parse(await recorded(name))));
  }
});
