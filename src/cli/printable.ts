/**
 * What acts on a terminal instead of being shown, or makes text look like other text: control codes (C0, DEL, C1),
 * separators of lines, marks of direction and what cannot be seen. The two joiners stay, without which emoji and some
 * scripts fall apart.
 */
const acting = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** The same but for what lays out a text of several lines. */
const actingInText = /(?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Colours, which the program itself puts around its words. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is looked for.
const colour = /(\u001b\[[\d;]*m)/;

/** A value on one line of a terminal: what would act there stands as an escape. */
export function printableValue(text: string): string {
  return text.replace(acting, escaped);
}

/** A text for people as the terminal gets it; colours stay only where they are wanted. */
export function printableText(text: string, coloured: boolean): string {
  if (!coloured) return text.replace(actingInText, escaped);
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(actingInText, escaped)))
    .join('');
}

/** JSON that means the same and holds nothing that would act on a terminal. Line breaks between its values stay. */
export function printableJson(json: string): string {
  return json.replace(actingInText, (character) =>
    character
      .split('')
      .map((unit) => escaped(unit))
      .join(''),
  );
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
