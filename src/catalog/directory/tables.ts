import type { DirectoryTable, ListedColumn } from './table.ts';

const id = (name: string, comment: string): ListedColumn => ({ name, type: 'text', nullable: false, comment });
const text = (name: string, comment: string): ListedColumn => ({ name, type: 'text', nullable: true, comment });
const instant = (name: string, comment: string): ListedColumn => ({
  name,
  type: 'timestamptz',
  nullable: true,
  comment,
});
const appended = (name: string, type: ListedColumn['type'], comment: string): ListedColumn => ({
  name,
  type,
  nullable: true,
  appended: true,
  comment,
});
const owned = (name: string, comment: string) => ({ name, type: 'text' as const, nullable: true, comment });

export const projects: DirectoryTable = {
  name: 'projects',
  doc: 'Projects of each organization, archived ones too. team, cost_center and environment are yours: usage-etl map writes them, nothing else does.',
  key: ['project_id'],
  listed: [
    id('project_id', 'Identity of the project, as usage and costs carry it.'),
    text('project_name', 'Current name; null for a stub.'),
    text('status', "'active' or 'archived' as the API says; an open list. Null for a stub."),
    text('residency', 'Where the data of the project is kept, as the API says; null when it does not.'),
    instant('created_at', 'When the project was created; null for a stub.'),
    instant('archived_at', 'When the project was archived; null while it is active.'),
  ],
  label: {
    column: 'project_label',
    from: ['project_name', 'project_id'],
    comment: 'What to show: the name, else the id.',
  },
  history: { entity: 'project', name: 'project_name', since: 'created_at' },
  stub: { dimension: 'project_id', values: {} },
  personal: null,
  owned: [
    owned('team', 'Team that answers for the project; null when nobody has said. Written by usage-etl map.'),
    owned('cost_center', 'Cost center that pays for it; null when nobody has said. Written by usage-etl map.'),
    owned('environment', 'Such as production or test; null when nobody has said. Written by usage-etl map.'),
  ],
};

export const users: DirectoryTable = {
  name: 'users',
  doc: 'People and service accounts of each organization, those that have left too.',
  key: ['user_id'],
  listed: [
    id('user_id', 'Identity of the person or service account, as usage carries it.'),
    text('user_name', 'Current name; null for a stub, and for people when personal data is switched off.'),
    text(
      'user_email',
      'E-mail address of a person; null for service accounts, and when personal data is switched off.',
    ),
    id('user_kind', "'user', 'service_account', or 'unknown' where no list says."),
    text('role', 'Role in the organization, of a service account in its project; an open list. Null for a stub.'),
    { ...text('project_id', 'Project a service account belongs to; null for people.'), sticky: true },
    instant('added_at', 'When the person joined or the service account was created; null for a stub.'),
    appended(
      'is_scim_managed',
      'boolean',
      'True where the identity provider manages the account, which is then removed there; null when the API does not say.',
    ),
    appended(
      'api_key_last_used_at',
      'timestamptz',
      'When the person last used any key, as the API says; null when never or unknown, and when personal data is switched off.',
    ),
  ],
  label: {
    column: 'user_label',
    from: ['user_name', 'user_email', 'user_id'],
    comment: 'What to show: the name, else the e-mail address, else the id.',
  },
  history: { entity: 'user', name: 'user_name', since: 'added_at' },
  stub: { dimension: 'user_id', values: { user_kind: 'unknown' } },
  personal: { columns: ['user_name', 'user_email', 'api_key_last_used_at'], except: { user_kind: 'service_account' } },
  owned: [],
};

export const apiKeys: DirectoryTable = {
  name: 'api_keys',
  doc: 'API keys of each organization, deleted ones too. Never a key itself.',
  key: ['api_key_id'],
  listed: [
    id('api_key_id', 'Identity of the key, as usage and costs carry it; not the key.'),
    text('api_key_name', 'Current name; null for a stub and for a key without one.'),
    text('redacted_value', 'The key with all but a few of its characters hidden by the API; null for a stub.'),
    id('key_kind', "'project', or 'admin' for one that cannot call models; 'project' for a stub."),
    text('project_id', 'Project the key belongs to; null for admin keys and stubs.'),
    text('owner_user_id', 'Person or service account that owns the key; null when the API does not say.'),
    text('owner_kind', "'user' or 'service_account' as the API says; an open list. Null when it does not say."),
    instant('created_at', 'When the key was created; null for a stub.'),
    instant('last_used_at', 'When the key was last used, as the API says; null when never or unknown.'),
    instant('expires_at', 'When the key ends by itself; null when it does not.'),
    appended(
      'owner_project_access',
      'text',
      "'active', or 'inactive' where the owner has lost access to the project and the key still works; an open list. Null for admin keys and stubs.",
    ),
  ],
  label: {
    column: 'api_key_label',
    from: ['api_key_name', 'redacted_value', 'api_key_id'],
    comment: 'What to show: the name, else the redacted value, else the id.',
  },
  history: { entity: 'api_key', name: 'api_key_name', since: 'created_at' },
  stub: { dimension: 'api_key_id', values: { key_kind: 'project' } },
  personal: null,
  owned: [],
};

export const projectMembers: DirectoryTable = {
  name: 'project_members',
  doc: 'Who belongs to which project, and who did.',
  key: ['project_id', 'user_id'],
  listed: [
    id('project_id', 'The project (openai.projects).'),
    id('user_id', 'The person (openai.users).'),
    text('role', 'Role in the project; an open list.'),
    instant('added_at', 'When the person was added to the project.'),
  ],
  label: null,
  history: null,
  stub: null,
  personal: null,
  owned: [],
};

export const groups: DirectoryTable = {
  name: 'groups',
  doc: 'Groups of people of each organization, deleted ones too.',
  key: ['group_id'],
  listed: [
    id('group_id', 'Identity of the group.'),
    text('group_name', 'Current name.'),
    text('group_type', 'Kind of group as the API says; an open list.'),
    instant('created_at', 'When the group was created.'),
    appended(
      'is_scim_managed',
      'boolean',
      'True where the identity provider says who belongs to it; null when the API does not say.',
    ),
  ],
  label: { column: 'group_label', from: ['group_name', 'group_id'], comment: 'What to show: the name, else the id.' },
  history: { entity: 'group', name: 'group_name', since: 'created_at' },
  stub: null,
  personal: null,
  owned: [],
};

export const groupMembers: DirectoryTable = {
  name: 'group_members',
  doc: 'Who belongs to which group, and who did. One person may be in several: sums over groups count such a person several times.',
  key: ['group_id', 'user_id'],
  listed: [id('group_id', 'The group (openai.groups).'), id('user_id', 'The person (openai.users).')],
  label: null,
  history: null,
  stub: null,
  personal: null,
  owned: [],
};

/** Every table of names. */
export const directoryTables: readonly DirectoryTable[] = [
  projects,
  users,
  apiKeys,
  projectMembers,
  groups,
  groupMembers,
];
