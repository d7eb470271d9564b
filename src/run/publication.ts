import { createPublication, dropPublication, type PublicationStatus, publicationStatus } from '../db/publication.ts';
import type { Store } from '../db/store.ts';
import { streams } from '../feed/streams.ts';

export type { PublicationStatus };

const tables = streams.map(({ table }) => table);

/** Publishes every table that the feed follows. Gives what there is then. Rejects with errors of the database. */
export async function publish({ pool }: Pick<Store, 'pool'>, name: string): Promise<PublicationStatus> {
  await createPublication(pool, name, tables);
  return await publicationStatus(pool, name, tables);
}

/** Drops a publication. Gives whether there was one. */
export function unpublish({ pool }: Pick<Store, 'pool'>, name: string): Promise<boolean> {
  return dropPublication(pool, name);
}

/** What there is of a publication. Changes nothing. */
export function readPublication({ pool }: Pick<Store, 'pool'>, name: string): Promise<PublicationStatus> {
  return publicationStatus(pool, name, tables);
}
