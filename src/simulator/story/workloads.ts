import type { DayNumber } from '../world/activity.ts';
import { type StoryCalendar, weekdayOf } from './calendar.ts';
import { type ProjectKey, storyProjects } from './company.ts';
import type { Rhythm, Workload } from './workload.ts';

const large = 'gpt-5.6-sol';
const middle = 'gpt-5.4-2026-03-05';
const small = 'gpt-5.4-mini-2026-03-17';
const older = 'gpt-4.1-2025-04-14';

/** The company asks for 3 % more each month. */
const monthlyGrowth = 1.03;

/** The turns of the story, by month and day of the month. */
const migration = { month: 5, day: 12 };
const launch = { month: 8, day: 10 };
/** A weekend, from the first Saturday after that. */
const accident = { month: 11, day: 8, days: 2 };

/** What happens at the company, told by everything it asks of the API. */
export function workloadsOf(calendar: StoryCalendar): readonly Workload[] {
  const growth = (day: DayNumber) => monthlyGrowth ** ((day - calendar.firstDay) / 30);
  const from = (month: number, dayOfMonth: number) => calendar.dayIn(month, dayOfMonth);
  const always = (name: string) => () => name;
  const steady = (share: number) => () => share;
  /** Prompts are put into an order that the cache can use, month by month. */
  const improving = (first: number, last: number) => (day: DayNumber) => {
    const progress = Math.min(1, Math.max(0, (day - from(3, 1)) / (from(9, 1) - from(3, 1))));
    return first + (last - first) * progress;
  };
  const people = (project: ProjectKey, of: Omit<Workload, 'project' | 'caller' | 'rhythm'>): readonly Workload[] =>
    storyProjects[project].people.map((caller, index) => ({
      ...of,
      project,
      caller,
      rhythm: 'office',
      // Some use it all day, others now and then.
      requests: Math.ceil(of.requests / (1 + 0.45 * index)),
    }));
  const service = (project: ProjectKey, rhythm: Rhythm, of: Omit<Workload, 'project' | 'caller' | 'rhythm'>) => ({
    ...of,
    project,
    rhythm,
    caller: 'service',
  });

  const migrated = (day: DayNumber) => (day < from(migration.month, migration.day) ? older : small);
  const launched = (day: DayNumber) => {
    const days = day - from(launch.month, launch.day);
    if (days < 0) return 0.015;
    // A week of curiosity, then what stays, growing.
    return (1 - Math.exp(-(days + 1) / 9)) * (1 + 0.5 * Math.exp(-days / 6)) * 1.06 ** (days / 30);
  };
  const earliest = from(accident.month, accident.day);
  const firstSaturday = earliest + ((6 - weekdayOf(earliest) + 7) % 7);
  const loose = (day: DayNumber) => {
    const days = day - firstSaturday;
    return days >= 0 && days < accident.days ? 55 : 0;
  };

  return [
    service('support', 'always', {
      dataset: 'completions',
      model: migrated,
      requests: 19_000,
      tokens: { input: 3400, output: 310, cached: improving(0.18, 0.52) },
      volume: growth,
    }),
    service('support', 'always', {
      dataset: 'moderations',
      model: always('omni-moderation-2024-09-26'),
      requests: 19_000,
      tokens: { input: 120, output: 0, cached: steady(0) },
      volume: growth,
    }),
    service('support', 'always', { dataset: 'file_search_calls', model: always(''), requests: 5200, volume: growth }),
    service('support', 'always', { dataset: 'vector_stores', model: always(''), requests: 3200, volume: growth }),
    ...people('support', {
      dataset: 'completions',
      model: always(middle),
      requests: 90,
      tokens: { input: 2600, output: 420, cached: steady(0.2) },
      volume: growth,
    }),
    service('studio', 'office', {
      dataset: 'images',
      model: always('gpt-image-2-2026-04-21'),
      requests: 900,
      dimensions: { size: '1024x1024', source: 'image.generation' },
      volume: growth,
    }),
    ...people('studio', {
      dataset: 'completions',
      model: always(large),
      requests: 160,
      tokens: { input: 1900, output: 850, cached: steady(0.1) },
      volume: growth,
    }),
    service('studio', 'office', {
      dataset: 'audio_speeches',
      model: always('tts-1-hd'),
      requests: 240,
      volume: growth,
    }),
    service('search', 'night', {
      dataset: 'embeddings',
      model: always('text-embedding-3-large'),
      requests: 62_000,
      tokens: { input: 610, output: 0, cached: steady(0) },
      volume: growth,
    }),
    service('search', 'always', {
      dataset: 'completions',
      model: always(small),
      requests: 88_000,
      tokens: { input: 1500, output: 60, cached: steady(0.45) },
      volume: growth,
    }),
    ...people('search', {
      dataset: 'completions',
      model: always(middle),
      requests: 80,
      tokens: { input: 3800, output: 520, cached: steady(0.25) },
      volume: growth,
    }),
    service('mobile', 'always', {
      dataset: 'completions',
      model: always('gpt-5.6-luna'),
      requests: 31_000,
      tokens: { input: 2100, output: 360, cached: steady(0.4) },
      volume: launched,
    }),
    service('mobile', 'always', {
      dataset: 'audio_transcriptions',
      model: always('whisper-1'),
      requests: 5400,
      volume: launched,
    }),
    service('mobile', 'always', { dataset: 'web_search_calls', model: always(large), requests: 900, volume: launched }),
    ...people('mobile', {
      dataset: 'completions',
      model: always(large),
      requests: 110,
      tokens: { input: 4200, output: 600, cached: steady(0.3) },
      volume: growth,
    }),
    service('documents', 'night', {
      dataset: 'completions',
      model: always(middle),
      requests: 7200,
      tokens: { input: 5600, output: 640, cached: steady(0.08) },
      dimensions: { batch: true },
      volume: growth,
    }),
    service('documents', 'night', { dataset: 'vector_stores', model: always(''), requests: 8200, volume: growth }),
    ...people('documents', {
      dataset: 'completions',
      model: always(large),
      requests: 60,
      tokens: { input: 5200, output: 700, cached: steady(0.2) },
      volume: growth,
    }),
    ...people('analytics', {
      dataset: 'completions',
      model: always(large),
      requests: 210,
      tokens: { input: 7400, output: 1100, cached: steady(0.22) },
      volume: growth,
    }),
    ...people('analytics', {
      dataset: 'code_interpreter_sessions',
      model: always(''),
      requests: 40,
      volume: growth,
    }),
    {
      project: 'analytics',
      caller: 'Ben Whitfield',
      dataset: 'completions',
      rhythm: 'always',
      model: always(middle),
      requests: 240,
      tokens: { input: 7800, output: 900, cached: steady(0.02) },
      volume: loose,
    },
    service('developers', 'office', {
      dataset: 'completions',
      model: always(large),
      requests: 620,
      tokens: { input: 15_500, output: 900, cached: improving(0.15, 0.66) },
      volume: growth,
    }),
    ...people('developers', {
      dataset: 'completions',
      model: always(large),
      requests: 230,
      tokens: { input: 11_000, output: 750, cached: improving(0.2, 0.7) },
      volume: growth,
    }),
  ];
}
