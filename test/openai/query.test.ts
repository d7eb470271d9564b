import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { datasets } from '../../src/catalog/index.ts';
import { type PageQuery, queryString } from '../../src/openai/query.ts';

const asked: PageQuery = {
  dataset: costs,
  width: '1d',
  start: new Date('2026-11-01T00:00:00Z'),
  end: new Date('2026-11-08T00:00:00Z'),
  limit: 7,
  groupBy: ['project_id', 'line_item'],
  filters: {},
};

describe('a query string', () => {
  test('holds Unix seconds, width, limit and the grouping with brackets', () => {
    expect(queryString(asked)).toBe(
      'start_time=1793491200&end_time=1794096000&bucket_width=1d&limit=7&group_by%5B%5D=project_id&group_by%5B%5D=line_item',
    );
  });

  test('has no group_by where nothing is grouped', () => {
    expect(queryString({ ...asked, groupBy: [] })).not.toContain('group_by');
  });

  test('repeats an array filter with brackets and keeps commas inside a value', () => {
    const query = queryString({ ...asked, filters: { line_items: ['gpt-5.4, input', 'a&b=c'], project_ids: ['p'] } });
    const parameters = new URLSearchParams(query);
    expect(parameters.getAll('line_items[]')).toEqual(['gpt-5.4, input', 'a&b=c']);
    expect(parameters.getAll('project_ids[]')).toEqual(['p']);
  });

  test('writes a boolean as true or false', () => {
    const usage = { ...asked, dataset: completions };
    expect(queryString({ ...usage, filters: { batch: true } })).toContain('&batch=true');
    expect(queryString({ ...usage, filters: { batch: false } })).toContain('&batch=false');
  });

  test('carries every parameter again beside the cursor', () => {
    const page = 'page_AAAAAGdGxdEiJdKOAAAAAGcqsYA=+/';
    const query = queryString({ ...asked, page });
    expect(query.startsWith(queryString(asked))).toBe(true);
    expect(new URLSearchParams(query).get('page')).toBe(page);
  });

  test('refuses a filter the dataset lacks, because the API would ignore it', () => {
    expect(() => queryString({ ...asked, filters: { user_ids: ['u'] } })).toThrow(RangeError);
  });

  test.each(datasets.map((dataset) => [dataset.name, dataset] as const))(
    'gives back what was asked of %s',
    (_, dataset) => {
      const value = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 3 });
      const names = dataset.filters.filter(({ type }) => type === 'text[]').map(({ name }) => name);
      const filters = fc.record(Object.fromEntries(names.map((name) => [name, value])));
      fc.assert(
        fc.property(filters, fc.array(fc.string()), (wanted, groupBy) => {
          const parameters = new URLSearchParams(queryString({ ...asked, dataset, groupBy, filters: wanted }));
          expect(parameters.getAll('group_by[]')).toEqual(groupBy);
          for (const name of names) expect(parameters.getAll(`${name}[]`)).toEqual(wanted[name]);
        }),
        { numRuns: 20 },
      );
    },
  );
});
