import type { FormedColumn } from './column.ts';
import { type DecimalForm, decimalForms, formFor } from './decimal-form.ts';
import type { ManifestStream } from './manifest.ts';
import type { Statistics } from './partition.ts';
import type { Format } from './select-sql.ts';
import type { Source } from './source.ts';

/** The columns of a source as a manifest has described them, where it has: a form once widened stays wide. */
export function knownForms(source: Source, known: ManifestStream | null): readonly FormedColumn[] {
  return source.columns.map((column) => {
    const type = known?.columns.find(({ name }) => name === column.name)?.type;
    const form = decimalForms.find(
      (candidate) => type === typeName({ ...column, form: candidate, roundedFrom: null }, 'parquet'),
    );
    return { ...column, form: column.kind === 'decimal' ? (form ?? usual) : usual, roundedFrom: null };
  });
}

const usual: DecimalForm = 18;

/** The columns in forms that hold every value counted. */
export function widened(columns: readonly FormedColumn[], counted: readonly Statistics[]): readonly FormedColumn[] {
  return columns.map((column) => {
    const digits = counted.flatMap((statistics) => statistics.digits[column.name] ?? []);
    const decimals = Math.max(0, ...digits.map((own) => own.decimals));
    const integers = Math.max(0, ...digits.map((own) => own.integers));
    return { ...column, form: formFor(column.form, decimals, integers) };
  });
}

/**
 * The columns as they are written: beside every decimal that only text holds stands a copy rounded to 18 decimals, for
 * tools that add up. A column of the source that has the copy's name is one already.
 */
export function writtenColumns(columns: readonly FormedColumn[], format: Format): readonly FormedColumn[] {
  if (format !== 'parquet') return columns;
  const taken = new Set(columns.map(({ name }) => name));
  return columns.flatMap((column) => {
    const name = `${column.name}_rounded`;
    if (column.kind !== 'decimal' || column.form !== 'text' || taken.has(name)) return [column];
    return [column, { ...column, name, nullable: true, form: usual, roundedFrom: column.name }];
  });
}

/** What a manifest calls the type of a column. */
function typeName({ kind, form }: FormedColumn, format: Format): string {
  if (kind !== 'decimal' || format !== 'parquet') return kind;
  return form === 'text' ? 'text' : `decimal(38,${form})`;
}

/** The columns as a manifest describes them. */
export function describedColumns(columns: readonly FormedColumn[], format: Format): ManifestStream['columns'] {
  return writtenColumns(columns, format).map((column) => ({
    name: column.name,
    type: typeName(column, format),
    store_type: column.storeType,
    nullable: column.nullable,
    rounded_from: column.roundedFrom,
  }));
}
