import { constant, type DirectoryList, instant, scope, text } from './list.ts';
import { apiKeys, groupMembers, groups, projectMembers, projects, users } from './tables.ts';

/**
 * Every list the program reads, those first whose entries have lists of their own. Where two give the same id, the later
 * one is believed: it is nearer to the id.
 */
export const directoryLists: readonly DirectoryList[] = [
  {
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
    doc: 'Projects, archived ones too: old spend has no other name.',
  },
  {
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
    ],
    doc: 'People of the organization.',
  },
  {
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
    doc: 'Keys that administer the organization, such as the one this program uses.',
  },
  {
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
    ],
    doc: 'Groups of people.',
  },
  {
    name: 'project_users',
    path: '/organization/projects/{scope}/users',
    per: 'projects',
    cursor: 'last_id',
    pageEntries: 100,
    parameters: {},
    table: projectMembers,
    scopeColumn: 'project_id',
    fields: [scope('project_id'), text('user_id', ['id']), text('role', ['role']), instant('added_at', ['added_at'])],
    doc: 'Members of each project.',
  },
  {
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
    doc: 'Service accounts of each project, whose ids stand among the user ids of usage.',
  },
  {
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
    ],
    doc: 'Keys of each project, those whose owner has lost access too.',
  },
  {
    name: 'group_users',
    path: '/organization/groups/{scope}/users',
    per: 'groups',
    cursor: 'next',
    pageEntries: 1000,
    parameters: {},
    table: groupMembers,
    scopeColumn: 'group_id',
    fields: [scope('group_id'), text('user_id', ['id'])],
    doc: 'Members of each group.',
  },
];

/** The path of a list, of the given project or group where it has one. */
export function listPath({ path }: DirectoryList, scopeId: string | null): string {
  return path.replace('{scope}', encodeURIComponent(scopeId ?? ''));
}

/** The id of an entry stands here on the wire, in every list. */
export const entryId = 'id';
