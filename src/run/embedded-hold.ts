import { openStore, type Store } from '../db/store.ts';
import type { DatabaseContext } from './database.ts';

/** Keeps the private server up between uses. */
export interface EmbeddedHold {
  /** Takes hold, anew where the server has died in between. Rejects when it cannot be started. */
  renew(): Promise<void>;
  /** Lets go: the server stops when nobody else uses it. */
  close(): Promise<void>;
}

/** A hold on the private server, for a process that uses it now and then. Does nothing where DATABASE_URL names a database. */
export function createEmbeddedHold({ config, clock, log }: DatabaseContext): EmbeddedHold {
  let held: Store | null = null;
  return {
    renew: async () => {
      if (config.databaseUrl !== null) return;
      const before = held;
      // Opened before the old one is let go: in between the server would stop.
      held = await openStore({ ...config, clock, log, maxConnections: 1 });
      await before?.close();
    },
    close: async () => {
      await held?.close();
      held = null;
    },
  };
}
