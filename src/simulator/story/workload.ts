import type { DayNumber } from '../world/activity.ts';
import type { ProjectKey } from './company.ts';

/** When a workload is busy. `office`: working hours of weekdays · `always`: day and night, less on days off · `night`: in batches. */
export type Rhythm = 'office' | 'always' | 'night';

/** What one caller does with one model of one dataset, through all the story. */
export interface Workload {
  readonly project: ProjectKey;
  /** A person by name, or `service`: the project's service account. */
  readonly caller: string;
  readonly dataset: string;
  readonly rhythm: Rhythm;
  /** The model on a day; null where the dataset has none. */
  readonly model: (day: DayNumber) => string | null;
  /** Requests on an ordinary working day of the first month. */
  readonly requests: number;
  /** What a request comes to beside the counts: tokens in and out, and the share of those in that come from the cache. */
  readonly tokens?: { readonly input: number; readonly output: number; readonly cached: (day: DayNumber) => number };
  /** Other dimensions than those of who and which model, such as `size`. */
  readonly dimensions?: Readonly<Record<string, string | boolean>>;
  /** Multiplies the requests of a day: growth, a launch, an accident. Default: the company's growth. */
  readonly volume?: (day: DayNumber) => number;
}
