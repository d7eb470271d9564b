/** A Markdown table. Cells are escaped; null is an empty cell. */
export function table(header: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const line = (cells: readonly (string | null)[]) =>
    `| ${cells.map((cell) => (cell ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** Inline code. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** Several inline codes, separated by spaces; a dash for none. */
export function codes(texts: readonly string[]): string {
  return texts.length === 0 ? '–' : texts.map(code).join(' ');
}

/** Sections separated by blank lines. */
export function sections(...parts: readonly string[]): string {
  return parts.join('\n\n');
}
