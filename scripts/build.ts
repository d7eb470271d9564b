import { execFile } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/**
 * Builds dist/ from nothing, with the list of all that is installed with it (CycloneDX), and checks that what package.json
 * calls a command can be run.
 */

const project = join(import.meta.dirname, '..');
const manifest = z
  .object({ bin: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()) })
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
// Not --omit=dev: npm then leaves out what users and developers both need.
const { stdout: bill } = await promisify(execFile)('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
  cwd: project,
  maxBuffer: 64 * 1024 * 1024,
});
const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});
const { components, dependencies, ...rest } = z
  .looseObject({
    bomFormat: z.literal('CycloneDX'),
    components: z.array(component),
    dependencies: z.array(z.looseObject({ ref: z.string() })),
  })
  .parse(JSON.parse(bill));
const isOfDevelopment = ({ properties = [] }: z.output<typeof component>) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
const shipped = components.filter((one) => !isOfDevelopment(one));
const names = new Set(shipped.map(({ name }) => name));
const forgotten = Object.keys(manifest.dependencies).filter((name) => !names.has(name));
if (forgotten.length > 0) throw new Error(`the bill of materials leaves out ${forgotten.join(', ')}`);
const left = new Set(components.filter(isOfDevelopment).map((one) => one['bom-ref']));
const document = { ...rest, components: shipped, dependencies: dependencies.filter(({ ref }) => !left.has(ref)) };
await writeFile(join(project, 'dist/sbom.cdx.json'), `${JSON.stringify(document, null, 2)}\n`);
console.log(`dist/sbom.cdx.json lists ${shipped.length} packages`);
console.log(`dist/ built; commands: ${Object.keys(manifest.bin).join(', ')}`);
