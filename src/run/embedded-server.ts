import type { Config } from '../config.ts';
import { type EmbeddedServer, type EmbeddedStatus, type EmbeddedStop, embeddedServer } from '../db/embedded.ts';
import { EtlError } from '../errors.ts';
import type { DatabaseContext } from './database.ts';

export type { EmbeddedStatus, EmbeddedStop };

/** The URL of the database in use: the configured one, or the embedded server's, which is started and kept for it. */
export function databaseUrlFor(context: DatabaseContext): Promise<string> {
  const { databaseUrl } = context.config;
  return databaseUrl === null ? serverOf(context).url() : Promise.resolve(databaseUrl);
}

/** Starts the embedded server and keeps it up until it is stopped. */
export async function startEmbedded(context: DatabaseContext): Promise<EmbeddedStatus> {
  requireEmbedded(context.config);
  const server = serverOf(context);
  await server.start(true);
  return server.status();
}

/** Stops the embedded server, or lets it stop with the last command that uses it. */
export async function stopEmbedded(context: DatabaseContext): Promise<EmbeddedStop> {
  requireEmbedded(context.config);
  return serverOf(context).stop();
}

function serverOf({ config, clock, log }: DatabaseContext): EmbeddedServer {
  return embeddedServer({ dataDir: config.dataDir, clock, log });
}

function requireEmbedded({ databaseUrl }: Pick<Config, 'databaseUrl'>): void {
  if (databaseUrl === null) return;
  throw new EtlError(
    'arguments_invalid',
    'DATABASE_URL names a server of its own; there is no embedded one to start or stop',
    {
      remedy: 'Unset DATABASE_URL (database_url in the file) to use the embedded server.',
    },
  );
}
