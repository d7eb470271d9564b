import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Packs dist/, installs the tarball in an empty folder and runs the program from there, as a user would. */

const project = join(import.meta.dirname, '..');
const run = promisify(execFile);
// The system's own node may be older than the program needs: npm and the commands run under this one.
const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
const packed = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

/** Packs into the folder and returns the tarball's path; throws when it holds too much or too little. */
async function pack(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: project, env });
  const [{ filename, files }] = packed.parse(JSON.parse(stdout));
  const paths = files.map(({ path }) => path);
  const strangers = paths.filter(
    (path) => !/^(dist|migrations)\/|^(README\.md|LICENSE|package\.json|docs\/roles\.sql)$/.test(path),
  );
  if (strangers.length > 0) throw new Error(`the package should not hold ${strangers.join(', ')}`);
  const migrations = (await readdir(join(project, 'migrations'))).map((name) => `migrations/${name}`);
  const wanted = [
    'dist/cli/main.js',
    'dist/sbom.cdx.json',
    'README.md',
    'LICENSE',
    'package.json',
    'docs/roles.sql',
    ...migrations,
  ];
  const missing = wanted.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(', ')}`);
  console.log(`packed ${filename}: ${paths.length} files`);
  return join(folder, filename);
}

async function install(tarball: string, folder: string): Promise<string> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: folder, env });
  return join(folder, 'node_modules/.bin/usage-etl');
}

async function expectOutput(command: string, args: readonly string[], cwd: string, wanted: RegExp): Promise<void> {
  const started = performance.now();
  const options = { cwd, env: withoutConfiguration(), maxBuffer: 64 * 1024 * 1024, timeout: 180_000 };
  const { stdout } = await run(command, args, options).catch((failure: { stderr: string }) => {
    throw new Error(`usage-etl ${args.join(' ')} failed:\n${failure.stderr}`);
  });
  if (!wanted.test(stdout)) throw new Error(`usage-etl ${args.join(' ')} printed: ${stdout.slice(0, 2000)}`);
  console.log(`usage-etl ${args.join(' ')}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** The caller's own organization and database have no place in this trial. */
function withoutConfiguration(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(OPENAI_|USAGE_ETL_|DATABASE_URL$)/.test(name)));
}

const folder = await mkdtemp(join(tmpdir(), 'usage-etl-package-'));
try {
  // mkdtemp makes the folder private; the embedded server of a root user runs as somebody else and must get in.
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  await mkdir(home);
  const command = await install(await pack(folder), home);
  await expectOutput(command, ['--version'], home, /^\d+\.\d+\.\d+\n$/);
  await expectOutput(command, ['--help'], home, /sync[\s\S]*verify/);
  await expectOutput(command, ['demo'], home, /completions/);
} finally {
  await rm(folder, { recursive: true, force: true });
}
