import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { liveThroughNights } from '../support/nights.ts';
import { openDuckDb } from './duckdb.ts';
import { exported, folderPlace, newFolder } from './places.ts';

it('the recipe for DuckDB in docs/export.md loads what the manifest names', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/export.md'), 'utf8');
  const recipe = /### DuckDB[^\n]*\n\n```sql\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const nights = await liveThroughNights({ datasets: [costs], days: 40 });
  try {
    await nights.sync();
    const folder = newFolder();
    const { rows } = await exported(nights, folderPlace(folder), { names: ['costs'] });
    const ask = await openDuckDb();
    for (const statement of recipe.split(/;\n/).filter((text) => text.trim() !== ''))
      await ask(statement.replaceAll('/lake/openai', folder));
    expect(await ask('select count(*) as n from costs')).toEqual([{ n: String(rows) }]);
  } finally {
    await nights.close();
  }
});
