import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { createSeriesCache, type SeriesValue, seriesId } from '../../src/parse/series.ts';

const idOf = (names: readonly string[], values: readonly SeriesValue[]) =>
  seriesId('acme', 'completions', '1d', names, values).toString('hex');

describe('the identity of a series', () => {
  // Computed apart from the program; stored rows carry these ids, so a change of them would orphan every row.
  it('is what it always was', () => {
    expect(idOf([], [])).toBe('3d84050dfcb0879c9d974404f521dc47');
    expect(idOf(['project_id', 'user_id', 'model', 'batch'], ['proj_abc', null, 'gpt-5-2025-08-07', false])).toBe(
      'ad6cb5a48baa8108a4b65127799e3372',
    );
    expect(
      seriesId(
        'Grün & Söhne',
        'costs',
        '1d',
        ['line_item', 'amount_currency', 'quantity_unit'],
        ['web search, 2', 'usd', 'calls'],
      ).toString('hex'),
    ).toBe('395e608c88218183916218debcee3e1e');
  });

  it('stays the same when the API adds a dimension that older groups have no value of', () => {
    const before = idOf(['project_id', 'model'], ['proj_abc', 'gpt-5']);
    expect(idOf(['project_id', 'model', 'api_source'], ['proj_abc', 'gpt-5', null])).toBe(before);
    expect(idOf(['api_source', 'project_id', 'model'], [null, 'proj_abc', 'gpt-5'])).toBe(before);
    expect(idOf(['project_id', 'model', 'api_source'], ['proj_abc', 'gpt-5', 'agents_api'])).not.toBe(before);
  });

  it('does not depend on the order of the columns', () => {
    expect(idOf(['model', 'batch'], ['gpt-5', true])).toBe(idOf(['batch', 'model'], [true, 'gpt-5']));
  });

  it('tells apart values that read the same one after the other', () => {
    const names = ['model', 'user_id'];
    expect(idOf(names, ['ab', 'c'])).not.toBe(idOf(names, ['a', 'bc']));
    expect(idOf(names, ['a', null])).not.toBe(idOf(names, [null, 'a']));
    expect(idOf(names, ['', null])).not.toBe(idOf(names, [null, null]));
    expect(idOf(['model'], ['auser_idb'])).not.toBe(idOf(names, ['a', 'b']));
    expect(idOf(['model'], ['a7:user_id1:b'])).not.toBe(idOf(names, ['a', 'b']));
  });

  it('tells apart organizations, datasets and widths', () => {
    const ids = [
      seriesId('acme', 'costs', '1d', ['project_id'], ['p']),
      seriesId('acme', 'costs_by_user', '1d', ['project_id'], ['p']),
      seriesId('acme', 'costs', '1h', ['project_id'], ['p']),
      seriesId('acm', 'ecosts', '1d', ['project_id'], ['p']),
    ].map((id) => id.toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), (values) => {
        const hex = idOf(
          values.map((_, index) => `dimension_${index}`),
          values,
        );
        expect(hex).toMatch(/^[0-9a-f]{12}8[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
      }),
    );
  });

  it('differs whenever a value differs', () => {
    const names = ['project_id', 'user_id', 'model'];
    // Few letters, so that values which differ by their delimiting only are common.
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '1', ':', 'é') }),
      fc.string({ unit: 'grapheme' }),
    );
    const values = fc.tuple(fc.option(text), fc.option(text), fc.option(text));
    fc.assert(
      fc.property(values, values, (a, b) => {
        const equal = a.every((value, index) => value === b[index]);
        expect(idOf(names, a) === idOf(names, b)).toBe(equal);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the cache of series', () => {
  const names = embeddings.columns.filter(({ role }) => role === 'dimension').map(({ name }) => name);

  it('gives one series for equal values, with the identity that the values have', () => {
    const seriesOf = createSeriesCache('acme', embeddings, '1h');
    const series = seriesOf(['proj', 'user', null, 'small']);
    expect(seriesOf(['proj', 'user', null, 'small'])).toBe(series);
    expect(series.id).toEqual(seriesId('acme', 'embeddings', '1h', names, ['proj', 'user', null, 'small']));
    expect(series.values).toEqual(['proj', 'user', null, 'small']);
  });

  it('never takes different values for one another', () => {
    const seriesOf = createSeriesCache('acme', embeddings, '1h');
    const text = fc.string({ unit: fc.constantFrom('a', '1', ':', '-', '+', '!'), maxLength: 4 });
    const value = fc.oneof(fc.constantFrom(null, true, false), text);
    fc.assert(
      fc.property(fc.tuple(value, value, value, value), (values) => {
        expect(seriesOf(values).values).toEqual(values);
      }),
      { numRuns: 2000 },
    );
  });

  it('has keys that sort as the ids do in the database', () => {
    const seriesOf = createSeriesCache('acme', embeddings, '1h');
    const series = Array.from({ length: 200 }, (_, index) => seriesOf([`proj_${index}`, null, null, null]));
    const byKey = series.toSorted((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
    const byBytes = series.toSorted((a, b) => Buffer.compare(a.id, b.id));
    expect(byKey).toEqual(byBytes);
  });
});
