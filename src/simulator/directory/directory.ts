import type { Organization } from '../world/organization.ts';
import { randomFrom } from '../world/random.ts';

/** A name and since when (Unix seconds) something bears it. */
interface NamePeriod {
  readonly since: number;
  readonly name: string;
}

/** Something with an id, names through time, and an end where it has one. Instants are Unix seconds. */
export interface Named {
  readonly id: string;
  readonly names: readonly NamePeriod[];
  readonly created: number;
  /** From then on no list has it; null: it stays. */
  readonly removed: number | null;
}

export interface SimulatedProject extends Named {
  readonly archived: number | null;
}

export interface SimulatedUser extends Named {
  readonly email: string;
  /** The project of a service account; null for a person. */
  readonly projectId: string | null;
}

export interface SimulatedKey extends Named {
  readonly redactedValue: string;
  /** Null for an admin key. */
  readonly projectId: string | null;
  readonly ownerId: string;
}

export interface SimulatedGroup extends Named {
  readonly memberIds: readonly string[];
}

/** Who and what the ids of the simulated usage belong to. */
export interface Directory {
  readonly projects: readonly SimulatedProject[];
  readonly users: readonly SimulatedUser[];
  readonly apiKeys: readonly SimulatedKey[];
  readonly groups: readonly SimulatedGroup[];
}

const day = 86_400;
const founded = Date.UTC(2024, 0, 15) / 1000;
/** Before all usage that anybody asks for. */
const longAgo = Date.UTC(2024, 5, 1) / 1000;
const renamedAt = Date.UTC(2026, 9, 1, 9) / 1000;

const people = [
  'Ada Example',
  'Bo Sample',
  'Cleo Specimen',
  'Dai Instance',
  'Edda Muster',
  'Finn Beispiel',
  'Gus Modelo',
];

/** One person in so many has left, one is a service account; one key in so many has been deleted. */
const leftIn = 8;
const serviceAccountIn = 5;
const deletedKeyIn = 7;

/**
 * The directory of an organization, from the same seed. Some ids of its usage are in no list any more: keys that were
 * deleted and people who have left. One project was renamed, and two without usage are archived.
 */
export function directoryOf(seed: number, organization: Organization): Directory {
  const random = randomFrom(seed, 'directory');
  const createdAt = () => founded + random.below(120) * day + random.below(day);
  const named = (id: string, name: string, removed: number | null = null): Named => {
    const created = createdAt();
    return { id, names: [{ since: created, name }], created, removed };
  };
  const projects: SimulatedProject[] = organization.projects.map(({ id, name }) => ({
    ...named(id, name),
    archived: null,
  }));
  const [, second] = projects;
  if (second !== undefined) {
    const renamed = { since: renamedAt, name: `${second.names[0]?.name ?? ''} and ranking` };
    projects[1] = { ...second, names: [...second.names, renamed] };
  }
  for (const name of ['Prototype', 'Hackathon']) {
    projects.push({ ...named(`proj_${random.text(24)}`, name), archived: longAgo + random.below(100) * day });
  }
  const firstProject = organization.projects[0]?.id ?? '';
  const isServiceAccount = (index: number) => index % serviceAccountIn === serviceAccountIn - 1;
  const owners = organization.credentials.map(({ userId }) => organization.userIds.indexOf(userId ?? ''));
  // Whose key is still there: such keys are listed only when asked for.
  const leaver = owners.find((index) => index > 0 && !isServiceAccount(index));
  const users = organization.userIds.map((id, index): SimulatedUser => {
    const isService = isServiceAccount(index);
    const email = isService ? '' : `person${index + 1}@example.com`;
    const own = organization.credentials.find((credential) => credential.userId === id)?.projectId ?? firstProject;
    const round = Math.floor(index / people.length);
    const person = `${people[index % people.length] ?? ''}${round === 0 ? '' : ` ${round + 1}`}`;
    const removed = index === leaver || (index % leftIn === 3 && !isService) ? longAgo : null;
    return {
      ...named(id, isService ? `service ${index + 1}` : person, removed),
      email,
      projectId: isService ? own : null,
    };
  });
  const serviceId = users.find(({ projectId }) => projectId !== null)?.id ?? '';
  const credentials = organization.credentials.filter(({ apiKeyId }) => apiKeyId !== null);
  const keys = credentials.map(({ apiKeyId, projectId, userId }, index): SimulatedKey => {
    const redactedValue = `sk-proj-********************${random.text(4)}`;
    const removed = index % deletedKeyIn === deletedKeyIn - 1 ? longAgo : null;
    const name = `${['nightly', 'web', 'batch', 'notebook'][index % 4]} ${index + 1}`;
    return { ...named(apiKeyId ?? '', name, removed), redactedValue, projectId, ownerId: userId ?? serviceId };
  });
  const admins = ['usage-etl', 'terraform'].map((name): SimulatedKey => {
    const redactedValue = `sk-admin-******************${random.text(4)}`;
    return { ...named(`key_${random.text(16)}`, name), redactedValue, projectId: null, ownerId: users[0]?.id ?? '' };
  });
  const members = users.filter(({ projectId, removed }) => projectId === null && removed === null).map(({ id }) => id);
  const groups = ['Engineering', 'Finance'].map((name, index) => ({
    ...named(`group_${random.text(16)}`, name),
    memberIds: members.filter((_, member) => member % 2 === index),
  }));
  return { projects, users, apiKeys: [...keys, ...admins], groups };
}

/** The name something bears at an instant (Unix seconds). */
export function nameAt({ names }: Named, now: number): string {
  return names.findLast(({ since }) => since <= now)?.name ?? names[0]?.name ?? '';
}

/** True for what the lists hold at an instant (Unix seconds). */
export function isThere({ created, removed }: Named, now: number): boolean {
  return created <= now && (removed === null || removed > now);
}
