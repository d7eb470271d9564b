import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fillBlocks } from '../../scripts/docs/blocks.ts';

const project = join(import.meta.dirname, '../..');

/** Every Markdown page a reader can get to, relative to the project. */
async function pages(): Promise<readonly string[]> {
  const top = (await readdir(project)).filter((name) => name.endsWith('.md'));
  const docs = (await readdir(join(project, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md'));
  return [...top, ...docs.map((name) => join('docs', name))];
}

interface Link {
  readonly text: string;
  /** Relative to the project. */
  readonly file: string;
  readonly anchor: string | undefined;
}

async function linksOf(page: string): Promise<readonly Link[]> {
  const markdown = (await readFile(join(project, page), 'utf8')).replace(/```[\s\S]*?```/g, '');
  return [...markdown.matchAll(/\[([^\]]+)\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
    ([, text = '', path = '', anchor]) => ({
      text,
      file: path === '' ? page : relative(project, join(project, dirname(page), path)),
      anchor,
    }),
  );
}

/** The anchors GitHub gives the headings of a page. */
async function anchorsOf(page: string): Promise<readonly string[]> {
  const markdown = await readFile(join(project, page), 'utf8');
  const headings = markdown.matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(await pages())('%s', (page) => {
  test('links only to what exists', async () => {
    for (const { file, anchor } of await linksOf(page)) {
      await expect(access(join(project, file)), file).resolves.toBeUndefined();
      if (anchor !== undefined) expect(await anchorsOf(file)).toContain(anchor);
    }
  });
});

test('every surprise of docs/api.md names tests that exist under that title', async () => {
  const links = (await linksOf('docs/api.md')).filter(({ file }) => file.startsWith('test/'));
  expect(links.length).toBeGreaterThan(30);
  for (const { text, file } of links) expect(await readFile(join(project, file), 'utf8'), file).toContain(text);
});

test('a generated block is written anew, and what stands around it stays', async () => {
  const document = 'before\n<!-- generated:numbers -->\nstale\n<!-- /generated -->\nafter $1\n';
  const filled = await fillBlocks(document, { numbers: () => 'costs $1 and $&' });
  expect(filled).toBe('before\n<!-- generated:numbers -->\n\ncosts $1 and $&\n\n<!-- /generated -->\nafter $1\n');
  expect(await fillBlocks(filled, { numbers: () => 'costs $1 and $&' })).toBe(filled);
});

test('a marker that names no block, or is never closed, is refused', async () => {
  const block = (name: string) => `<!-- generated:${name} -->\n<!-- /generated -->\n`;
  await expect(fillBlocks(block('letters'), { numbers: () => '1' })).rejects.toThrow('letters');
  await expect(fillBlocks('<!-- generated:numbers -->\n', { numbers: () => '1' })).rejects.toThrow('never closed');
});
