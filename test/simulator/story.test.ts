import { describe, expect, it } from 'vitest';
import { datasets } from '../../src/catalog/index.ts';
import { readBudgetFile, readMapping } from '../../src/config.ts';
import { storyCalendar, storyStart, weekdayOf } from '../../src/simulator/story/calendar.ts';
import { storyProjects } from '../../src/simulator/story/company.ts';
import { tellStory } from '../../src/simulator/story/index.ts';
import { storyBudgets, storyMapping } from '../../src/simulator/story/papers.ts';
import { one } from '../../src/simulator/world/decimal.ts';
import { createWorld } from '../../src/simulator/world/world.ts';

const now = new Date('2026-12-09T11:00:00Z');
const today = Math.floor(now.getTime() / 86_400_000);
const calendar = storyCalendar(now);

/** A charge of the story's bill. */
interface Charge {
  readonly day: number;
  readonly month: number;
  readonly project: string;
  readonly owner: string;
  readonly lineItem: string;
  readonly dollars: number;
}

/** The bill of a whole story. */
function billOf(seed: number, at: Date): readonly Charge[] {
  const story = tellStory(seed, at);
  const world = createWorld({ seed, datasets, groupsPerDataset: undefined, firstDay: storyStart(at), story });
  const costs = world.endpointAt('/organization/costs');
  const positionOf = (name: string) => costs.dimensions.findIndex((dimension) => dimension.name === name);
  const amountAt = costs.measures.findIndex(({ name }) => name === 'amount_value');
  const names = new Map(
    [...story.directory.projects, ...story.directory.users].map(({ id, names: [first] }) => [id, first?.name ?? '']),
  );
  const nameOf = (value: unknown) => names.get(String(value)) ?? '(nobody)';
  return Array.from({ length: today - calendar.firstDay }, (_, index) => calendar.firstDay + index).flatMap((day) =>
    world.atomsOf('/organization/costs', day).map(({ dimensions, measures }) => ({
      day,
      month: calendar.monthOf(day),
      project: nameOf(dimensions[positionOf('project_id')]),
      owner: nameOf(dimensions[positionOf('user_id')]),
      lineItem: String(dimensions[positionOf('line_item')]),
      dollars: Number((BigInt(measures[amountAt] ?? 0) * 1_000_000n) / one) / 1e6,
    })),
  );
}

const bill = billOf(1, now);

function spent(charges: readonly Charge[]): number {
  return charges.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** Shares of the whole bill, largest first. */
function sharesBy(keyOf: (charge: Charge) => string): readonly number[] {
  const groups = [...Map.groupBy(bill, keyOf).values()];
  return groups.map((charges) => spent(charges) / spent(bill)).toSorted((a, b) => b - a);
}

const ofMonth = (month: number) => bill.filter((charge) => charge.month === month);
const wholeMonths = Array.from({ length: 12 }, (_, month) => spent(ofMonth(month)));

describe('the company of the demo', () => {
  it('has 25 people in 4 teams and 7 projects, and a service account in all but one', () => {
    const { directory } = tellStory(1, now);
    const people = directory.users.filter(({ projectId }) => projectId === null);
    expect(people).toHaveLength(25);
    expect(new Set(people.map(({ names: [first] }) => first?.name)).size).toBe(25);
    expect(directory.users.length - people.length).toBe(6);
    expect(directory.projects).toHaveLength(7);
    expect(directory.groups).toHaveLength(4);
  });

  it('tells the same story for the same seed all through a month, and begins on the first of one', () => {
    const early = new Date('2026-12-01T00:00:00Z');
    expect(tellStory(1, early).directory).toEqual(tellStory(1, now).directory);
    expect(storyStart(now)).toEqual(new Date('2025-12-01T00:00:00Z'));
    const byDay = (charges: readonly Charge[]) => spent(charges.filter(({ day }) => day === calendar.firstDay + 100));
    expect(byDay(billOf(1, early))).toBe(byDay(bill));
    expect(byDay(billOf(2, now))).not.toBe(byDay(bill));
  });

  it('has its projects, people and line items share the bill as no single one of them dwarfs the others', () => {
    expect(sharesBy(({ project }) => project)[0]).toBeLessThan(0.4);
    expect(sharesBy(({ lineItem }) => lineItem)[0]).toBeLessThan(0.25);
    expect(sharesBy(({ owner }) => owner)[0]).toBeLessThan(0.35);
  });

  it('spends in each whole month no more than a third beside the month before', () => {
    for (const [month, cost] of wholeMonths.slice(1).entries()) {
      expect(cost / (wholeMonths[month] ?? 0), `month ${month + 1}`).toBeGreaterThan(0.67);
      expect(cost / (wholeMonths[month] ?? 0), `month ${month + 1}`).toBeLessThan(1.33);
    }
  });

  it('rests at weekends, and its people more than its services', () => {
    const isWeekend = ({ day }: Charge) => (day + 4) % 7 === 0 || (day + 4) % 7 === 6;
    const weekly = (charges: readonly Charge[]) =>
      spent(charges.filter(isWeekend)) / 2 / (spent(charges.filter((charge) => !isWeekend(charge))) / 5);
    const people = bill.filter(({ owner, month }) => owner.includes(' ') && month < 11);
    expect(weekly(bill)).toBeLessThan(0.6);
    expect(weekly(people)).toBeLessThan(0.1);
  });

  it('moves to a cheaper model, launches an app and uses its cache more and more', () => {
    const support = (month: number) => spent(ofMonth(month).filter(({ project }) => project === 'Support assistant'));
    expect(support(7)).toBeLessThan(0.4 * support(3));
    const mobile = (month: number) => spent(ofMonth(month).filter(({ project }) => project === 'Mobile app'));
    expect(mobile(10)).toBeGreaterThan(10 * mobile(6));
    const cached = (month: number) => {
      const mine = ofMonth(month).filter(({ project }) => project === 'Developer tools');
      return spent(mine.filter(({ lineItem }) => lineItem.includes('cached'))) / spent(mine);
    };
    expect(cached(10)).toBeGreaterThan(3 * cached(1));
  });

  it('loses sight of one key for a weekend of its last whole month', () => {
    const byDay = Map.groupBy(
      bill.filter(({ owner }) => owner === 'Ben Whitfield'),
      ({ day }) => day,
    );
    const wild = [...byDay].filter(([, charges]) => spent(charges) > 60).map(([day]) => day);
    expect(wild).toHaveLength(2);
    expect(wild.map(weekdayOf)).toEqual([6, 0]);
    expect(wild.map(calendar.monthOf)).toEqual([11, 11]);
  });

  it('has a mapping and budgets that are read as files are, and comes close to one of them', () => {
    const mapping = readMapping('projects.csv', storyMapping());
    expect(mapping.problems).toEqual([]);
    expect(mapping.entries).toHaveLength(Object.keys(storyProjects).length);
    const { budgets, problems } = readBudgetFile('budgets.csv', storyBudgets, []);
    expect(problems).toEqual([]);
    expect(budgets).toHaveLength(5);
    const products: readonly string[] = ['Product search', 'Mobile app'];
    expect(spent(ofMonth(11).filter(({ project }) => products.includes(project))) / 5000).toBeGreaterThan(0.9);
    expect(spent(ofMonth(11).filter(({ project }) => products.includes(project))) / 5000).toBeLessThan(1);
  });
});
