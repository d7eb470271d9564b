import { InvalidArgumentError } from 'commander';

/** A parser of an option that takes a whole number. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most)) {
      throw new InvalidArgumentError(`accepted: a whole number from ${least} to ${most}`);
    }
    return number;
  };
}
