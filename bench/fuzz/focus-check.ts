import type pg from 'pg';
import { runFocusCheck } from '../../src/run/focus.ts';
import type { Bill, Part } from './cost-check.ts';
import { currencyOf } from './cost-check.ts';
import { expectLines, expectThat } from './difference.ts';
import { tallied } from './tally.ts';

interface Charge {
  readonly organization: string;
  readonly day: string;
  readonly currency: string;
  readonly series: string;
  readonly project: string | null;
  readonly item: string | null;
  readonly description: string;
  readonly user: string | null;
  readonly amount: string;
}

const columns = `"BillingAccountId" as organization, to_char("ChargePeriodStart" at time zone 'UTC', 'YYYY-MM-DD') as day,
  "BillingCurrency" as currency, "x_SourceRecordId" as series, "SubAccountId" as project, "x_LineItem" as item,
  "ChargeDescription" as description, "AllocatedResourceId" as user, "BilledCost"::text as amount`;

/** Holds the charges in FOCUS against the bills as stored. Throws Difference. */
export async function checkFocus(pool: pg.Pool, bills: readonly Bill[], parts: readonly Part[]): Promise<void> {
  const expected = tallied(
    bills,
    (bill) => [bill.organization, bill.day, currencyOf(bill).toUpperCase(), bill.series, bill.fields['project_id']],
    ({ fields }) => fields['amount_value'] ?? '0',
  );
  for (const view of ['cost_and_usage', 'cost_and_usage_allocated']) {
    const { rows } = await pool.query<Charge>(`select ${columns} from openai_focus.${view}`);
    const key = ({ organization, day, currency, series, project }: Charge) => [
      organization,
      day,
      currency,
      series,
      project,
    ];
    expectLines(
      () => `openai_focus.${view}`,
      expected,
      tallied(rows, key, ({ amount }) => amount),
    );
    const empty = rows.find(({ project, item, description }) => [project, item, description].includes(''));
    expectThat(
      empty === undefined,
      () => `openai_focus.${view}: an empty text on ${empty?.day} of ${empty?.organization}`,
    );
    if (view === 'cost_and_usage') continue;
    expectLines(
      () => `openai_focus.${view} by user`,
      tallied(
        parts,
        ({ organization, day, user }) => [organization, day, user],
        ({ amount }) => amount,
      ),
      tallied(
        rows,
        ({ organization, day, user }) => [organization, day, user],
        ({ amount }) => amount,
      ),
    );
  }
}

/** Holds the charges against the rules of FOCUS, as the program itself does. Throws Difference. */
export async function checkFocusRules(pool: pg.Pool): Promise<void> {
  const report = await runFocusCheck({ pool });
  const broken = report.rules.filter(({ verdict }) => verdict === 'violation').map(({ rule }) => rule);
  expectThat(report.exit_code === 0, () => `check focus: ${broken.join(', ')}`);
}
