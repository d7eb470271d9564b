import type { Parameters } from '../request/parameters.ts';
import { Refusal } from '../request/refusal.ts';
import {
  type Directory,
  isThere,
  nameAt,
  type SimulatedKey,
  type SimulatedProject,
  type SimulatedUser,
} from './directory.ts';
import type { ListTarget } from './respond.ts';

/** One object of a list, as it goes over the wire. */
export interface Entry {
  readonly id: string;
  readonly [field: string]: unknown;
}

interface Asked {
  readonly directory: Directory;
  readonly scopeId: string;
  readonly parameters: Parameters;
  readonly now: number;
}

const daySeconds = 86_400;

/** Everything a list holds at an instant (Unix seconds). Throws a Refusal for a project or group that has none. */
export function entriesOf(
  directory: Directory,
  { list, scopeId }: ListTarget,
  parameters: Parameters,
  now: number,
): readonly Entry[] {
  const asked = { directory, scopeId: scopeId ?? '', parameters, now };
  if (list.per === 'projects') checkProject(asked);
  if (list.per === 'groups' && !directory.groups.some((group) => group.id === scopeId && isThere(group, now))) {
    throw new Refusal(404, `Group '${scopeId}' not found.`);
  }
  return answers[list.name]?.(asked) ?? [];
}

/** By the name of the list. */
const answers: Readonly<Record<string, (asked: Asked) => readonly Entry[]>> = {
  projects: ({ directory, parameters, now }) => {
    const archivedToo = parameters.one('include_archived') === 'true';
    return directory.projects
      .filter((project) => isThere(project, now) && (archivedToo || !isArchived(project, now)))
      .map((project) => projectEntry(project, now));
  },
  users: ({ directory, now }) =>
    directory.users.filter((user) => isThere(user, now) && user.projectId === null).map((user) => userEntry(user, now)),
  admin_api_keys: ({ directory, now }) =>
    directory.apiKeys
      .filter((key) => isThere(key, now) && key.projectId === null)
      .map((key) => ({
        ...keyEntry(key, now),
        object: 'organization.admin_api_key',
        owner: { type: 'user', object: 'organization.user', id: key.ownerId, role: 'owner', created_at: key.created },
      })),
  groups: ({ directory, now }) =>
    directory.groups
      .filter((group) => isThere(group, now))
      .map((group) => ({
        object: 'group',
        id: group.id,
        name: nameAt(group, now),
        created_at: group.created,
        group_type: 'group',
        is_scim_managed: false,
      })),
  project_users: ({ directory, scopeId, now }) =>
    membersOf(directory, scopeId)
      .filter((user) => isThere(user, now))
      .map((user) => ({
        object: 'organization.project.user',
        id: user.id,
        name: nameAt(user, now),
        email: user.email,
        role: 'member',
        added_at: user.created,
      })),
  project_service_accounts: ({ directory, scopeId, now }) =>
    directory.users
      .filter((user) => isThere(user, now) && user.projectId === scopeId)
      .map((user) => ({
        object: 'organization.project.service_account',
        id: user.id,
        name: nameAt(user, now),
        role: 'member',
        created_at: user.created,
      })),
  project_api_keys: ({ directory, scopeId, parameters, now }) => {
    const access = parameters.one('owner_project_access') ?? 'active';
    return directory.apiKeys
      .filter((key) => isThere(key, now) && key.projectId === scopeId)
      .map((key) => projectKeyEntry(directory, key, now))
      .filter((entry) => access === 'any' || entry['owner_project_access'] === access);
  },
  group_users: ({ directory, scopeId, now }) => {
    const group = directory.groups.find(({ id }) => id === scopeId);
    return directory.users
      .filter((user) => isThere(user, now) && group?.memberIds.includes(user.id))
      .map((user) => ({ object: 'group.user', id: user.id, name: nameAt(user, now), email: user.email }));
  },
};

function checkProject({ directory, scopeId, now }: Asked): void {
  const project = directory.projects.find(({ id }) => id === scopeId);
  if (project === undefined || !isThere(project, now)) throw new Refusal(404, `Project '${scopeId}' not found.`);
  if (isArchived(project, now)) throw new Refusal(400, `Project '${scopeId}' is archived.`, { code: 'archived' });
}

function isArchived({ archived }: SimulatedProject, now: number): boolean {
  return archived !== null && archived <= now;
}

function membersOf({ apiKeys, users }: Directory, projectId: string): readonly SimulatedUser[] {
  const owners = new Set(apiKeys.filter((key) => key.projectId === projectId).map(({ ownerId }) => ownerId));
  return users.filter((user) => user.projectId === null && owners.has(user.id));
}

function projectEntry(project: SimulatedProject, now: number): Entry {
  const archived = isArchived(project, now);
  return {
    object: 'organization.project',
    id: project.id,
    name: nameAt(project, now),
    created_at: project.created,
    archived_at: archived ? project.archived : null,
    status: archived ? 'archived' : 'active',
    external_key_id: null,
    residency: null,
  };
}

/** Beyond what anybody stores, as the API sends it. */
function userEntry(user: SimulatedUser, now: number): Entry {
  const { id, email, created } = user;
  const name = nameAt(user, now);
  return {
    object: 'organization.user',
    id,
    name,
    email,
    role: 'reader',
    added_at: created,
    created,
    is_service_account: false,
    is_default: false,
    is_scim_managed: created % 2 === 0,
    api_key_last_used_at: Math.floor(now / daySeconds) * daySeconds,
    developer_persona: null,
    technical_level: null,
    user: { object: 'user', id, name, email, enabled: true, banned: false, picture: null },
  };
}

/** Keys are used every day; which second of it the API does not tell the same twice. */
function keyEntry(key: SimulatedKey, now: number): Entry {
  return {
    id: key.id,
    name: nameAt(key, now),
    redacted_value: key.redactedValue,
    created_at: key.created,
    last_used_at: Math.floor(now / daySeconds) * daySeconds,
    expires_at: null,
  };
}

function projectKeyEntry({ users }: Directory, key: SimulatedKey, now: number): Entry {
  const owner = users.find(({ id }) => id === key.ownerId);
  const kind = owner?.projectId === null || owner === undefined ? 'user' : 'service_account';
  const hasAccess = owner !== undefined && isThere(owner, now);
  const details = { id: key.ownerId, name: owner && nameAt(owner, now), role: 'member', created_at: owner?.created };
  return {
    ...keyEntry(key, now),
    object: 'organization.project.api_key',
    owner_project_access: hasAccess ? 'active' : 'inactive',
    owner: { type: kind, [kind]: kind === 'user' ? { ...details, email: owner?.email } : details },
  };
}
