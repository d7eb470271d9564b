import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild, startChild } from '../../src/db/child-process.ts';

const source = join(import.meta.dirname, '../../src');

test('a child sees nothing of the environment of this process', async () => {
  process.env['OPENAI_ADMIN_KEY'] = 'sk-admin-not-for-children';
  try {
    const seen = await runChild('/usr/bin/env', [], { cwd: '/' });
    expect(seen.trim().split('\n').sort()).toEqual(['LC_ALL=C', 'PATH=/usr/bin:/bin', 'TZ=UTC']);
    const child = startChild('/usr/bin/env', [], { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    for await (const chunk of child.stdout ?? []) text += String(chunk);
    expect(text).toBe(seen);
  } finally {
    delete process.env['OPENAI_ADMIN_KEY'];
  }
});

test('no other file starts processes', async () => {
  const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const starting: string[] = [];
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8');
    if (/^import (?!type ).*'node:child_process'|import\('node:child_process'\)/m.test(text)) starting.push(file);
  }
  expect(starting).toEqual(['db/child-process.ts']);
});
