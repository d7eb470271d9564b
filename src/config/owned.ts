/**
 * Text that people own, in the one spelling in which it is kept and compared: the same letters may be written in several
 * ways (é as one character or as two), and a space at an end is nobody's intention.
 */
export function owned(text: string): string {
  return text.normalize('NFC').trim();
}
