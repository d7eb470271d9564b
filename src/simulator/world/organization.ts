import { type Random, randomFrom } from './random.ts';

/** Who and what may act together: a key belongs to a project and to a person or service account. */
export interface Credential {
  readonly projectId: string | null;
  readonly userId: string | null;
  readonly apiKeyId: string | null;
}

/** The made-up organization whose usage is answered. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly userIds: readonly string[];
  readonly credentials: readonly Credential[];
  /** Vector stores by the id of their project. */
  readonly vectorStoreIds: ReadonlyMap<string, readonly string[]>;
  /** The project that shares its data, so that some models are free in it; null for none. */
  readonly sharingProjectId: string | null;
}

const projectNames = ['Support bot', 'Search', 'Research', 'Document intake', 'Voice assistant', 'Evaluation'];
const hexadecimal = '0123456789abcdef';

/**
 * The organization of a seed, with enough people and keys for about `groups` distinct groups a day. Some credentials
 * lack a key (dashboard use), a person or a project, because the API attributes some usage to nobody.
 */
export function organizationOf(seed: number, groups: number): Organization {
  const random = randomFrom(seed, 'organization');
  const count = (base: number, perGroup: number) => base + Math.floor(groups * perGroup);
  const projects = Array.from({ length: count(5, 1 / 60) }, (_, index) => ({
    id: `proj_${random.text(24)}`,
    name: projectNames[index] ?? `Project ${index + 1}`,
  }));
  const userIds = Array.from({ length: count(8, 1 / 20) }, () => `user-${random.text(24)}`);
  return {
    id: `org-${random.text(24)}`,
    name: 'Simulated organization',
    projects,
    userIds,
    credentials: credentialsOf(
      random,
      projects.map(({ id }) => id),
      userIds,
      count(14, 2),
    ),
    vectorStoreIds: new Map(
      projects.map(({ id }) => [id, Array.from({ length: 3 }, () => `vs_${random.text(32, hexadecimal)}`)]),
    ),
    sharingProjectId: projects[1]?.id ?? null,
  };
}

function credentialsOf(
  random: Random,
  projectIds: readonly string[],
  userIds: readonly string[],
  keys: number,
): readonly Credential[] {
  const keyed = Array.from({ length: keys }, () => ({
    projectId: random.pick(projectIds),
    userId: random.pick(userIds),
    apiKeyId: `key_${random.text(16)}`,
  }));
  return [
    ...keyed,
    { projectId: random.pick(projectIds), userId: random.pick(userIds), apiKeyId: null },
    { projectId: random.pick(projectIds), userId: null, apiKeyId: `key_${random.text(16)}` },
    { projectId: null, userId: null, apiKeyId: null },
  ];
}
