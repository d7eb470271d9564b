import { expect, it } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { tablesPage } from './tables-page.ts';

it('docs/tables.md says what the database says of its views', async () => {
  const database = await testDatabase();
  try {
    await expect(await tablesPage(database.pool)).toMatchFileSnapshot('../../docs/tables.md');
  } finally {
    await database.close();
  }
});
