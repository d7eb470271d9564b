/**
 * The form a decimal column has in Parquet, the same in all files of a stream: the number of decimals of a
 * `DECIMAL(38, scale)`, or text where 38 digits are too few.
 */
export type DecimalForm = 18 | 24 | 30 | 36 | 'text';

/** From the usual form to the widest. A column moves on only, so that a warehouse's column is widened and never narrowed. */
export const decimalForms: readonly DecimalForm[] = [18, 24, 30, 36, 'text'];

/** All digits of a `DECIMAL(38, …)`. */
export const decimalPrecision = 38;

/**
 * The first form, from `known` on, that holds values with up to `decimals` digits after the point and up to `integers`
 * before it, without rounding.
 */
export function formFor(known: DecimalForm, decimals: number, integers: number): DecimalForm {
  const holds = (form: DecimalForm) => form === 'text' || (decimals <= form && integers <= decimalPrecision - form);
  return decimalForms.slice(decimalForms.indexOf(known)).find(holds) ?? 'text';
}
