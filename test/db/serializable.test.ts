import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import { moderations } from '../../src/catalog/datasets/moderations.ts';
import { daysBack, expectTruth, liveThroughNights, type Nights } from '../support/nights.ts';
import { testDatabase } from '../support/postgres.ts';

describe.each(['serializable', 'repeatable read'])(
  'in a database whose transactions are %s by default',
  (isolation) => {
    let nights: Nights;
    beforeEach(async () => {
      nights = await liveThroughNights({
        datasets: [completions, embeddings, moderations, costs, costsByUser],
        days: 40,
        database: async () => {
          const database = await testDatabase();
          const name = new URL(database.url).pathname.slice(1);
          await database.pool.query(`alter database "${name}" set default_transaction_isolation = '${isolation}'`);
          return database;
        },
      });
    });
    afterEach(() => nights.close());

    it('a night and its proof go through, although transactions of one run meet', async () => {
      expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0 });
      await expectTruth(nights, completions, '1d', daysBack(nights, 40));
      expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0 });
      const report = await nights.verify();
      expect(report.checked.flatMap(({ errors }) => errors)).toEqual([]);
      expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
    });
  },
);
