import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ConfigError } from '../../src/config/problem.ts';
import { type ConfigSources, loadConfig } from '../../src/config.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** The instant every test of this room happens at. */
const now = '2026-11-23T12:00:00Z';

/** A key that looks like one and opens nothing. */
export const adminKey = 'sk-admin-TEST0123456789abcdef';

/** A folder of a test's own with the given files, removed afterwards. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'usage-etl-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return folder;
}

/** Loads with a key and without a file, unless told otherwise. */
export function load(sources: Partial<ConfigSources> = {}) {
  return loadConfig({ cwd: folderWith(), env: { OPENAI_ADMIN_KEY: adminKey }, clock: fakeClock(now), ...sources });
}

/** Loads the YAML text as the usual file. */
export function loadYaml(yaml: string, env: ConfigSources['env'] = {}) {
  return load({ cwd: folderWith({ 'usage-etl.yaml': yaml }), env: { OPENAI_ADMIN_KEY: adminKey, ...env } });
}

/** The error a load ends with. */
export function refusal(attempt: () => unknown): ConfigError {
  try {
    attempt();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown;
    throw thrown;
  }
  throw new Error('was not refused');
}
