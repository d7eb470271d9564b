import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ScheduleState } from '../schedule/state.ts';
import { version } from '../version.ts';
import { type MetricDefinition, metricDefinitions, serviceMetrics } from './metric-definitions.ts';
import type { Observed } from './observed.ts';
import type { Sample } from './samples.ts';

/** Writes the metrics in the text format of Prometheus. */
export interface MetricsPage {
  readonly contentType: string;
  text(observed: Observed, schedules: readonly ScheduleState[]): Promise<string>;
}

/** Gauges that bear the names of counters; those without _total tell the same by type. */
const misnamed = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** Starts measuring the process; what is read from the database is handed in at every scrape. */
export function createMetricsPage(): MetricsPage {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of misnamed) ofProcess.removeSingleMetric(name);
  return {
    contentType: ofProcess.contentType,
    text: async (observed, schedules) => {
      // Made anew each time, so that what is gone is absent and not as it was last.
      const ofStore = new Registry();
      fillService(ofStore, observed, schedules);
      fillStore(ofStore, observed);
      const text = `${await ofStore.metrics()}${await ofProcess.metrics()}`;
      // prom-client spells it in a way that only lenient readers take for a number.
      return text.replace(/ Nan$/gm, ' NaN');
    },
  };
}

function fillService(registry: Registry, { observation }: Observed, schedules: readonly ScheduleState[]): void {
  const { build, databaseUp, schemaCurrent, scheduleNext, scheduleRunning, scheduleLastExit } = serviceMetrics;
  const one = (value: number): readonly Sample[] => [{ labels: {}, value }];
  const perSchedule = (value: (schedule: ScheduleState) => number | null) =>
    schedules.flatMap((schedule) => {
      const found = value(schedule);
      return found === null ? [] : [{ labels: { name: schedule.name }, value: found }];
    });
  fill(registry, build, [{ labels: { version }, value: 1 }]);
  fill(registry, databaseUp, one(observation === null ? 0 : 1));
  fill(registry, schemaCurrent, observation === null ? [] : one(observation.stored === null ? 0 : 1));
  fill(
    registry,
    scheduleNext,
    perSchedule(({ next_at }) => (next_at === null ? null : Date.parse(next_at) / 1000)),
  );
  fill(
    registry,
    scheduleRunning,
    perSchedule(({ running }) => (running ? 1 : 0)),
  );
  fill(
    registry,
    scheduleLastExit,
    perSchedule(({ last_exit_code }) => last_exit_code),
  );
}

function fillStore(registry: Registry, { observation }: Observed): void {
  if (observation === null || observation.stored === null) return;
  for (const definition of metricDefinitions) {
    fill(registry, definition, definition.samples(observation.stored, observation));
  }
}

function fill(registry: Registry, definition: Omit<MetricDefinition, 'samples'>, samples: readonly Sample[]): void {
  // Without labels prom-client would say 0 of what nobody knows.
  if (samples.length === 0 && definition.labels.length === 0) return;
  const options = {
    name: definition.name,
    help: definition.help,
    labelNames: definition.labels,
    registers: [registry],
  };
  if (definition.type === 'counter') {
    const counter = new Counter(options);
    for (const { labels, value } of samples) counter.inc(labels, value);
  } else {
    const gauge = new Gauge(options);
    for (const { labels, value } of samples) gauge.set(labels, value);
  }
}
