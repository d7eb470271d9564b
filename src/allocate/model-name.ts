/** How a line item's model and a usage row's come to be the same, surest first. */
export const modelRungs = ['model', 'model_alias', 'fine_tune'] as const;

/** One way for two model names to mean the same. */
export type ModelRung = (typeof modelRungs)[number];

/** True when the names mean the same model in that way. */
export function isSameModel(rung: ModelRung, billed: string, used: string): boolean {
  switch (rung) {
    case 'model':
      return billed === used;
    case 'model_alias':
      return isDatedForm(billed, used) || isDatedForm(used, billed);
    case 'fine_tune':
      return isFineTuneOf(billed, used);
  }
}

/** `gpt-4o-2024-08-06` is a dated form of `gpt-4o`. */
export function isDatedForm(name: string, dated: string): boolean {
  return dated.startsWith(name) && /^-\d{4}-\d{2}-\d{2}$/.test(dated.slice(name.length));
}

/** The bill names the base model, `ft-gpt-4o-2024-08-06`; usage the model itself, `ft:gpt-4o-2024-08-06:acme::id`. */
function isFineTuneOf(billed: string, used: string): boolean {
  const [prefix, base] = used.split(':');
  return prefix === 'ft' && base !== undefined && (billed === `ft-${base}` || billed === `ft:${base}`);
}
