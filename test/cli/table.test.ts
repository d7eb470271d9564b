import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStyle } from '../../src/cli/style.ts';
import { table, visibleLength } from '../../src/cli/table.ts';

const plain = (columns: number) => createStyle(false, columns);

describe('a table', () => {
  it('aligns its columns, numbers to the right', () => {
    const columns = [{ title: 'name' }, { title: 'rows', align: 'right' }] as const;
    expect(
      table(
        columns,
        [
          ['costs', '7'],
          ['images', '1,200'],
        ],
        plain(80),
      ),
    ).toBe(['name     rows', 'costs       7', 'images  1,200'].join('\n'));
  });

  it('cuts the columns that may give way, and never a number', () => {
    const columns = [{ title: 'dataset', shrinksTo: 5 }, { title: 'amount' }] as const;
    const lines = table(columns, [['code_interpreter_sessions', '12345.678']], plain(20)).split('\n');
    expect(lines).toEqual(['dataset    amount', 'code_int…  12345.678']);
  });

  it('leaves out what may be dropped when cutting is not enough', () => {
    const columns = [{ title: 'a' }, { title: 'b', droppable: true }, { title: 'c' }] as const;
    expect(table(columns, [['aaaa', 'bbbb', 'cccc']], plain(10))).toBe('a     c\naaaa  cccc');
  });

  it('counts what is seen, not the codes that colour it', () => {
    const colourful = createStyle(true, 80);
    const text = table([{ title: 'x' }, { title: 'y' }], [[colourful.bad('no'), '1']], colourful);
    expect(text.split('\n').map(visibleLength)).toEqual([5, 5]);
  });

  it('fits every screen that its fixed columns fit', () => {
    const word = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', 'b', '-', '1') });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 12, max: 120 }),
        (rows, width) => {
          const columns = [
            { title: 'first', shrinksTo: 4 },
            { title: 'second', shrinksTo: 6 },
          ] as const;
          const text = table(columns, rows, plain(width));
          expect(Math.max(...text.split('\n').map(visibleLength))).toBeLessThanOrEqual(width);
          expect(text.split('\n')).toHaveLength(rows.length + 1);
        },
      ),
    );
  });
});
