import { Refusal } from './refusal.ts';

/** Request parameters by name, each with all its values. */
export interface Parameters {
  /** The single value of a parameter; undefined when it is not there. Refuses a parameter that is there twice. */
  one(name: string): string | undefined;
  /** A whole number; undefined when the parameter is not there. Refuses anything else. */
  integer(name: string): number | undefined;
  /** The values of a list, however it was written: `a[]=x&a[]=y`, `a=x&a=y` or `a=x,y`. */
  list(name: string): readonly string[];
}

/** Reads parameters. Refuses those not among `singles` and `lists`. */
export function readParameters(
  search: URLSearchParams,
  singles: readonly string[],
  lists: readonly string[],
): Parameters {
  for (const name of search.keys()) {
    if (singles.includes(name) || lists.includes(name.replace(/\[\]$/, ''))) continue;
    throw new Refusal(400, `Unknown parameter: '${name}'.`, { param: name, code: 'unknown_parameter' });
  }
  const one = (name: string) => {
    const values = search.getAll(name);
    if (values.length < 2) return values[0];
    throw new Refusal(400, `Duplicate parameter: '${name}'.`, { param: name, code: 'duplicate_parameter' });
  };
  return {
    one,
    integer: (name) => {
      const value = one(name);
      if (value === undefined) return undefined;
      if (/^-?\d{1,12}$/.test(value)) return Number(value);
      const message = `Invalid type for '${name}': expected an integer, but got '${value}' instead.`;
      throw new Refusal(400, message, { param: name, code: 'invalid_type' });
    },
    list: (name) => [
      ...new Set(
        // A comma before a space belongs to the value: line items read 'gpt-5.6-sol, input'.
        [...search.getAll(`${name}[]`), ...search.getAll(name)].flatMap((value) => value.split(/,(?! )/)),
      ),
    ],
  };
}
