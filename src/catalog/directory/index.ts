import { constant, type DirectoryList, flag, instant, scope, text } from './list.ts';
import { apiKeys, groupMembers, groups, projectMembers, projects, users } from './tables.ts';

export const projectList = {
  name: 'projects',
  path: '/organization/projects',
  per: null,
  cursor: 'last_id',
  pageEntries: 100,
  parameters: { include_archived: 'true' },
  table: projects,
  scopeColumn: null,
  fields: [
    text('project_id', ['id']),
    text('project_name', ['name']),
    text('status', ['status']),
    text('residency', ['residency']),
    instant('created_at', ['created_at']),
    instant('archived_at', ['archived_at']),
  ],
  ignored: ['external_key_id'],
  doc: 'Projects, archived ones too: old spend has no other name.',
} as const satisfies DirectoryList;

export const userList = {
  name: 'users',
  path: '/organization/users',
  per: null,
  cursor: 'last_id',
  pageEntries: 100,
  parameters: {},
  table: users,
  scopeColumn: 'project_id',
  fields: [
    text('user_id', ['id']),
    text('user_name', ['name'], ['user', 'name']),
    text('user_email', ['email'], ['user', 'email']),
    {
      column: 'user_kind',
      from: {
        kind: 'flag',
        path: ['is_service_account'],
        values: { true: 'service_account', false: 'user', null: 'unknown' },
      },
    },
    text('role', ['role']),
    instant('added_at', ['added_at']),
    flag('is_scim_managed', ['is_scim_managed']),
    instant('api_key_last_used_at', ['api_key_last_used_at']),
  ],
  ignored: [
    'created',
    'is_default',
    'is_scale_tier_authorized_purchaser',
    'developer_persona',
    'technical_level',
    'projects',
    'user.id',
    'user.object',
    'user.enabled',
    'user.banned',
    'user.banned_at',
    'user.picture',
  ],
  doc: 'People of the organization.',
} as const satisfies DirectoryList;

export const adminApiKeyList = {
  name: 'admin_api_keys',
  path: '/organization/admin_api_keys',
  per: null,
  cursor: 'last_entry',
  pageEntries: 20,
  parameters: {},
  table: apiKeys,
  scopeColumn: 'project_id',
  fields: [
    text('api_key_id', ['id']),
    text('api_key_name', ['name']),
    text('redacted_value', ['redacted_value']),
    constant('key_kind', 'admin'),
    text('owner_user_id', ['owner', 'id']),
    text('owner_kind', ['owner', 'type']),
    instant('created_at', ['created_at']),
    instant('last_used_at', ['last_used_at']),
    instant('expires_at', ['expires_at']),
  ],
  ignored: ['value', 'owner.object', 'owner.name', 'owner.role', 'owner.created_at'],
  doc: 'Keys that administer the organization, such as the one this program uses.',
} as const satisfies DirectoryList;

export const groupList = {
  name: 'groups',
  path: '/organization/groups',
  per: null,
  cursor: 'next',
  pageEntries: 1000,
  parameters: {},
  table: groups,
  scopeColumn: null,
  fields: [
    text('group_id', ['id']),
    text('group_name', ['name']),
    text('group_type', ['group_type']),
    instant('created_at', ['created_at']),
    flag('is_scim_managed', ['is_scim_managed']),
  ],
  ignored: [],
  doc: 'Groups of people.',
} as const satisfies DirectoryList;

export const projectUserList = {
  name: 'project_users',
  path: '/organization/projects/{scope}/users',
  per: 'projects',
  cursor: 'last_id',
  pageEntries: 100,
  parameters: {},
  table: projectMembers,
  scopeColumn: 'project_id',
  fields: [scope('project_id'), text('user_id', ['id']), text('role', ['role']), instant('added_at', ['added_at'])],
  ignored: ['name', 'email'],
  doc: 'Members of each project.',
} as const satisfies DirectoryList;

export const projectServiceAccountList = {
  name: 'project_service_accounts',
  path: '/organization/projects/{scope}/service_accounts',
  per: 'projects',
  cursor: 'last_id',
  pageEntries: 100,
  parameters: {},
  table: users,
  scopeColumn: 'project_id',
  fields: [
    text('user_id', ['id']),
    text('user_name', ['name']),
    constant('user_kind', 'service_account'),
    text('role', ['role']),
    scope('project_id'),
    instant('added_at', ['created_at']),
  ],
  ignored: [],
  doc: 'Service accounts of each project, whose ids stand among the user ids of usage.',
} as const satisfies DirectoryList;

export const projectApiKeyList = {
  name: 'project_api_keys',
  path: '/organization/projects/{scope}/api_keys',
  per: 'projects',
  cursor: 'last_id',
  pageEntries: 100,
  // Without it the API leaves out enabled keys whose owner has no access any more.
  parameters: { owner_project_access: 'any' },
  table: apiKeys,
  scopeColumn: 'project_id',
  fields: [
    text('api_key_id', ['id']),
    text('api_key_name', ['name']),
    text('redacted_value', ['redacted_value']),
    constant('key_kind', 'project'),
    scope('project_id'),
    text('owner_user_id', ['owner', 'user', 'id'], ['owner', 'service_account', 'id']),
    text('owner_kind', ['owner', 'type']),
    instant('created_at', ['created_at']),
    instant('last_used_at', ['last_used_at']),
    instant('expires_at', ['expires_at']),
    text('owner_project_access', ['owner_project_access']),
  ],
  ignored: [
    'owner.user.name',
    'owner.user.email',
    'owner.user.role',
    'owner.user.created_at',
    'owner.service_account.name',
    'owner.service_account.role',
    'owner.service_account.created_at',
  ],
  doc: 'Keys of each project, those whose owner has lost access too.',
} as const satisfies DirectoryList;

export const groupUserList = {
  name: 'group_users',
  path: '/organization/groups/{scope}/users',
  per: 'groups',
  cursor: 'next',
  pageEntries: 1000,
  parameters: {},
  table: groupMembers,
  scopeColumn: 'group_id',
  fields: [scope('group_id'), text('user_id', ['id'])],
  ignored: ['name', 'email'],
  doc: 'Members of each group.',
} as const satisfies DirectoryList;

/**
 * Every list the program reads, those first whose entries have lists of their own. Where two give the same id, the later
 * one is believed: it is nearer to the id.
 */
export const directoryLists: readonly DirectoryList[] = [
  projectList,
  userList,
  adminApiKeyList,
  groupList,
  projectUserList,
  projectServiceAccountList,
  projectApiKeyList,
  groupUserList,
];

/** The path of a list, of the given project or group where it has one. */
export function listPath({ path }: DirectoryList, scopeId: string | null): string {
  return path.replace('{scope}', encodeURIComponent(scopeId ?? ''));
}

/** The id of an entry stands here on the wire, in every list. */
export const entryId = 'id';
