import { EtlError } from '../../errors.ts';
import type { Directory, Named } from './directory.ts';

/** What happens to one project, person, key or group. */
export interface DirectoryChange {
  readonly entity: keyof Directory;
  readonly id: string;
  readonly name?: string;
  /** False: it is back. */
  readonly removed?: boolean;
  /** Projects only. */
  readonly archived?: boolean;
}

/** The directory after changes at an instant (Unix seconds). Throws `arguments_invalid` for an id that is not there. */
export function changedDirectory(directory: Directory, changes: readonly DirectoryChange[], now: number): Directory {
  return changes.reduce((changed, change) => withChange(changed, change, now), directory);
}

function withChange(directory: Directory, change: DirectoryChange, now: number): Directory {
  const list: readonly Named[] = directory[change.entity];
  if (!list.some(({ id }) => id === change.id)) {
    throw new EtlError('arguments_invalid', `the simulator has no ${change.id} among its ${change.entity}`);
  }
  const { name, removed, archived } = change;
  const apply = <T extends Named>(one: T): T =>
    one.id !== change.id
      ? one
      : {
          ...one,
          ...(name === undefined ? {} : { names: [...one.names, { since: now, name }] }),
          ...(removed === undefined ? {} : { removed: removed ? now : null }),
          ...(archived === undefined ? {} : { archived: archived ? now : null }),
        };
  return { ...directory, [change.entity]: list.map(apply) };
}
