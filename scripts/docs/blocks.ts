/** What is written between the markers, by the name in the marker. */
export type Blocks = Readonly<Record<string, () => string | Promise<string>>>;

const marked = /(<!-- generated:([\w-]+) -->\n)([\s\S]*?)(<!-- \/generated -->)/g;

/** The names of the generated blocks of a document, in order. */
export function blockNames(document: string): readonly string[] {
  return [...document.matchAll(marked)].map(([, , name = '']) => name);
}

/**
 * The document with its generated blocks written anew. Throws when a marker names no block, or when markers are not
 * paired: text would silently go stale.
 */
export async function fillBlocks(document: string, blocks: Blocks): Promise<string> {
  const opened = document.split('<!-- generated:').length - 1;
  if (opened !== blockNames(document).length) throw new Error('a generated block is opened and never closed');
  const contents = new Map<string, string>();
  for (const name of new Set(blockNames(document))) {
    const block = blocks[name];
    if (block === undefined)
      throw new Error(`no generated block is called ${name}; there are: ${Object.keys(blocks).join(', ')}`);
    contents.set(name, await block());
  }
  return document.replace(
    marked,
    (_, open: string, name: string, __, close: string) => `${open}\n${contents.get(name)}\n\n${close}`,
  );
}
