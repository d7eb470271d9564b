/** An exact decimal: `units` × 10^-`scale`. */
export interface Amount {
  readonly units: bigint;
  readonly scale: number;
}

export const nothing: Amount = { units: 0n, scale: 0 };

/** Reads plain and scientific notation. Throws TypeError for anything else. */
export function amountOf(text: string): Amount {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new TypeError(`${text.slice(0, 40)} is no decimal`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return scale < 0 ? { units: digits * 10n ** BigInt(-scale), scale: 0 } : { units: digits, scale };
}

export function plus(a: Amount, b: Amount): Amount {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

function unitsAt({ units, scale }: Amount, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}

/** Plain digits without trailing zeros, in which equal amounts are equal texts. */
export function amountText({ units, scale }: Amount): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = scale === 0 ? digits : digits.slice(0, -scale);
  const fraction = scale === 0 ? '' : digits.slice(-scale).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
