import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { focusViews } from './check.ts';
import { type FocusColumn, focusColumns } from './columns.ts';
import { quoted } from './rule.ts';

/** The version of the specification that the views follow. */
export const focusVersion = '1.4';

/** The least that decimals are declared with; a column whose values need more is declared with more. */
const leastDigits = { precision: 38, scale: 18 };

interface Digits {
  readonly precision: number;
  readonly scale: number;
}

/** One column, under the names that FOCUS gives its metadata. */
interface ColumnDefinition {
  readonly ColumnName: string;
  readonly DataType: string;
  readonly NumericPrecision?: number;
  readonly NumberScale?: number;
  readonly StringEncoding?: 'UTF-8';
  readonly Description: string;
}

/** What FOCUS wants to be told beside the data: who made it, the schema of each data set, how far it goes. */
export interface FocusMetadata {
  readonly DataGenerator: { readonly DataGenerator: string };
  readonly DatasetInstance: readonly {
    readonly DatasetInstanceId: string;
    readonly DatasetInstanceName: string;
    readonly FocusDataset: 'CostAndUsage';
    readonly Recency: { readonly DatasetInstanceLastUpdated: string | null };
    readonly Schema: {
      readonly SchemaId: string;
      readonly FocusVersion: string;
      readonly DataGeneratorVersion: string;
      readonly CreationDate: string;
      readonly ColumnDefinition: readonly ColumnDefinition[];
    };
    readonly Delivery: { readonly Mechanism: 'Overwrite'; readonly Scope: string; readonly Correction: 'Replacement' };
  }[];
}

const names = {
  charges: 'Cost and Usage',
  allocated: 'Cost and Usage, split over users',
} as const;

/**
 * The metadata document of both views. `createdAt` is when it is made; the id of a schema changes with its columns and
 * with nothing else. Rejects with what the database raises.
 */
export async function focusMetadata(pool: Pool, version: string, createdAt: Date): Promise<FocusMetadata> {
  const updated = await pool.query<{ at: Date | null }>('select max(updated_at) as at from openai_bi.cost_daily');
  const lastUpdated = updated.rows[0]?.at?.toISOString() ?? null;
  const instances: FocusMetadata['DatasetInstance'][number][] = [];
  for (const view of ['charges', 'allocated'] as const) {
    const digits = await digitsOf(pool, focusViews[view]);
    const definition = focusColumns.map((column) => defined(column, digits.get(column.name)));
    const id = focusViews[view];
    const hash = createHash('sha256')
      .update(JSON.stringify([id, definition]))
      .digest('hex')
      .slice(0, 16);
    instances.push({
      DatasetInstanceId: id,
      DatasetInstanceName: names[view],
      FocusDataset: 'CostAndUsage',
      Recency: { DatasetInstanceLastUpdated: lastUpdated },
      Schema: {
        SchemaId: `openai-usage-etl-${hash}`,
        FocusVersion: focusVersion,
        DataGeneratorVersion: version,
        CreationDate: createdAt.toISOString(),
        ColumnDefinition: definition,
      },
      Delivery: { Mechanism: 'Overwrite', Scope: 'Billing period (UTC month)', Correction: 'Replacement' },
    });
  }
  return { DataGenerator: { DataGenerator: 'openai-usage-etl' }, DatasetInstance: instances };
}

function defined({ name, type, value }: FocusColumn, digits: Digits | undefined): ColumnDefinition {
  return {
    ColumnName: name,
    DataType: type.toUpperCase(),
    ...(digits === undefined ? {} : { NumericPrecision: digits.precision, NumberScale: digits.scale }),
    ...(type === 'String' ? { StringEncoding: 'UTF-8' as const } : {}),
    Description: value,
  };
}

/** How many digits the decimals of a view have: what is declared must hold every value without rounding. */
async function digitsOf(pool: Pool, view: string): Promise<ReadonlyMap<string, Digits>> {
  const decimals = focusColumns.filter(({ type }) => type === 'Decimal').map(({ name }) => name);
  const most = decimals.flatMap((name) => [
    `max(length(trunc(abs(${quoted(name)}))::text))`,
    `max(scale(${quoted(name)}))`,
  ]);
  const columns = most.join(', ');
  const { rows } = await pool.query<{ most: (number | null)[] }>(`select array[${columns}] as most from ${view}`);
  return new Map(
    decimals.map((name, index) => {
      const whole = rows[0]?.most[2 * index] ?? 1;
      const scale = Math.max(rows[0]?.most[2 * index + 1] ?? 0, leastDigits.scale);
      return [name, { precision: Math.max(whole + scale, leastDigits.precision), scale }];
    }),
  );
}
