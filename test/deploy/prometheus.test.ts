import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricDefinitions, serviceMetrics } from '../../src/serve/metric-definitions.ts';
import { at, isMapping, readYaml, texts, type YamlMapping, type YamlValue } from './yaml.ts';

const root = join(import.meta.dirname, '../..');
const rules = (await readYaml('deploy/prometheus/usage-etl.rules.yml'))[0] ?? {};
const tests = (await readYaml('deploy/prometheus/usage-etl.rules.test.yml'))[0] ?? {};

function mappings(value: YamlValue): readonly YamlMapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

const alerts = mappings(at(rules, 'groups', 0, 'rules')).map((rule) => ({
  name: String(at(rule, 'alert')),
  expression: String(at(rule, 'expr')),
  severity: String(at(rule, 'labels', 'severity')),
  summary: String(at(rule, 'annotations', 'summary')),
  runbook: String(at(rule, 'annotations', 'runbook')),
}));

/** Anchors of a page, as the web shows them. */
async function anchorsOf(page: string): Promise<readonly string[]> {
  const text = await readFile(join(root, page), 'utf8');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the rules for Prometheus', () => {
  test.each(alerts)('$name asks for metrics that there are', ({ expression }) => {
    const defined = [...metricDefinitions, ...Object.values(serviceMetrics)].map(({ name }) => name);
    const asked = expression.match(/\b(?:usage_etl_\w+|up)\b/g) ?? [];
    expect(asked).not.toEqual([]);
    expect([...defined, 'up']).toEqual(expect.arrayContaining(asked));
  });

  test.each(alerts)('$name says how bad it is, what happened and where to read on', async (alert) => {
    expect(['critical', 'warning', 'notice']).toContain(alert.severity);
    expect(alert.summary).toMatch(/\.$/);
    const [page = '', anchor] = alert.runbook.split('#');
    const anchors = await anchorsOf(page);
    if (anchor !== undefined) expect(anchors).toContain(anchor);
  });

  test.each(alerts)('$name is seen to fire and to be silent by its own tests', ({ name }) => {
    const shown = mappings(at(tests, 'tests')).flatMap((one) => mappings(at(one, 'alert_rule_test')));
    const mine = shown
      .filter((one) => at(one, 'alertname') === name)
      .map((one) => mappings(at(one, 'exp_alerts')).length);
    expect(mine.some((fired) => fired > 0)).toBe(true);
    expect(mine.some((fired) => fired === 0)).toBe(true);
  });

  test('are the file that its tests and the page on monitoring name', async () => {
    expect(texts(at(tests, 'rule_files'))).toEqual(['usage-etl.rules.yml']);
    expect(await readFile(join(root, 'docs/monitoring.md'), 'utf8')).toContain('  - usage-etl.rules.yml');
  });
});
