import { decimalText, paddedText } from '../world/decimal.ts';
import { hash32 } from '../world/random.ts';

/** How amounts are written: as JSON numbers, as strings, or both in one answer as the real API has done. */
export type AmountStyle = 'number' | 'string' | 'mixed';

/** The most digits a JSON number of the real API has: what a double prints. */
const doubleDigits = 17;

/** The JSON text of an amount. Every form has all digits; `salt` decides between forms and is the same for the same row. */
export function amountText(value: bigint, style: AmountStyle, salt: string): string {
  if (style === 'string' || (style === 'mixed' && isString(value, salt))) return stringText(value);
  return numberText(value);
}

function isString(value: bigint, salt: string): boolean {
  const digits = decimalText(value).replace(/^-?0*\.?0*|\./g, '').length;
  return digits > doubleDigits || hash32(salt) % 2 === 0;
}

/** Padded to all decimals, and zero as the decimal128 that captures show. */
function stringText(value: bigint): string {
  return value === 0n ? '"0E-6176"' : `"${paddedText(value)}"`;
}

/** A double as Python writes it: exponents below 0.0001, and a fraction always. */
export function numberText(value: bigint): string {
  const plain = decimalText(value);
  const small = /^(-?)0\.(0{4,})(\d)(\d*)$/.exec(plain);
  if (small === null) return plain.includes('.') ? plain : `${plain}.0`;
  const [, sign = '', zeros = '', first = '', rest = ''] = small;
  const exponent = String(zeros.length + 1).padStart(2, '0');
  return `${sign}${first}${rest === '' ? '' : `.${rest}`}e-${exponent}`;
}
