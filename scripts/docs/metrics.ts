import { type MetricDefinition, metricDefinitions, serviceMetrics } from '../../src/serve/metric-definitions.ts';
import { code, codes, table } from './markdown.ts';

/** Every metric of the program's own. */
export function metricsTable(): string {
  const all: readonly Omit<MetricDefinition, 'samples'>[] = [...Object.values(serviceMetrics), ...metricDefinitions];
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    all.map(({ name, type, labels, help }) => [code(name), type, codes(labels), help]),
  );
}
