import { styleText } from 'node:util';

/** How text for people is written on one stream. */
export interface Style {
  /** Columns a line may take; Infinity where nothing is to be cut. */
  readonly columns: number;
  readonly hasColour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** A style of so many columns, with or without colour. */
export function createStyle(colour: boolean, columns: number): Style {
  const paint = (format: Format) => (text: string) =>
    colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    columns,
    hasColour: colour,
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    warn: paint('yellow'),
    bad: paint('red'),
  };
}
