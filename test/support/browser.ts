import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** A Chromium inside a registry package: as large as all else that is installed, so fetched only where none is found. */
const packaged = '@sparticuz/chromium@153.0.0';
const cache = join(import.meta.dirname, '../../node_modules/.cache', packaged.replaceAll(/[^\w.]+/g, '-'));

/** What makes the package unpack the libraries that a bare machine lacks, beside the browser. */
const bareMachine = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };

/**
 * A headless Chromium: CHROMIUM_PATH, else what PATH has, else one from the npm registry, kept for the next time. Tests
 * are never skipped.
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = installedBrowser() ?? (await packagedBrowser());
  const libraries = { LD_LIBRARY_PATH: join(cache, 'al2023/lib') };
  // Containers run tests as root and forbid the sandbox its namespaces; the pages come from this process alone.
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    ...(executablePath.startsWith(cache) && { env: { ...definedEnvironment(), ...libraries } }),
  });
}

function installedBrowser(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

async function packagedBrowser(): Promise<string> {
  const browser = join(cache, 'chromium');
  if (!existsSync(browser)) await unpackBrowser();
  return browser;
}

/** Unpacks aside and renames, so that two test files at once do not see half of it. */
async function unpackBrowser(): Promise<void> {
  const run = promisify(execFile);
  await mkdir(dirname(cache), { recursive: true });
  const aside = await mkdtemp(`${cache}-`);
  try {
    const install = ['install', '--prefix', aside, '--ignore-scripts', '--no-audit', '--no-fund', packaged];
    await run('npm', install, { cwd: aside });
    const unpacked = join(aside, 'unpacked');
    await mkdir(unpacked);
    const unpack =
      "const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath();";
    await run(process.execPath, ['--input-type=module', '--eval', unpack], {
      cwd: aside,
      env: { ...process.env, ...bareMachine, TMPDIR: unpacked },
    });
    // The other test file may have been quicker.
    await rename(unpacked, cache).catch((failure: unknown) => {
      if (!existsSync(join(cache, 'chromium'))) throw failure;
    });
  } catch (failure) {
    throw new Error(
      `No browser for the tests: PATH has none of ${names.join(', ')}, and ${packaged} could not be had from the npm ` +
        'registry. Install one (apt-get install chromium), or set CHROMIUM_PATH.',
      { cause: failure },
    );
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
