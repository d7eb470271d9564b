import type { TestProject } from 'vitest/node';
import { prepareServer } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a database that may create others, and the name of the migrated one they are cloned from. */
    postgres: { readonly url: string; readonly template: string };
  }
}

/** Vitest calls it once a run, before any test file; what it returns is called after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await prepareServer();
  project.provide('postgres', { url: server.url, template: server.template });
  return server.close;
}
