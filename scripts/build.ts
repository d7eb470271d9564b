import { execFile } from 'node:child_process';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Builds dist/ from nothing and checks that what package.json calls a command can be run. */

const project = join(import.meta.dirname, '..');
const manifest = z
  .object({ bin: z.record(z.string(), z.string()) })
  .parse(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')));

await rm(join(project, 'dist'), { recursive: true, force: true });
await promisify(execFile)(join(project, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: project,
}).catch((failure: { stdout: string }) => {
  process.stderr.write(failure.stdout);
  process.exit(1);
});

for (const [command, path] of Object.entries(manifest.bin)) {
  const file = join(project, path);
  const [first] = (await readFile(file, 'utf8')).split('\n', 1);
  if (first !== '#!/usr/bin/env node') throw new Error(`${path} (${command}) starts with ${first}, not with a shebang`);
  await chmod(file, 0o755);
}
console.log(`dist/ built; commands: ${Object.keys(manifest.bin).join(', ')}`);
