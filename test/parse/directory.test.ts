import { describe, expect, test } from 'vitest';
import { directoryLists } from '../../src/catalog/directory/index.ts';
import { createListDecoder } from '../../src/parse/directory.ts';

/** The values of one entry of a list. */
function decode(name: string, entry: object, personalData = true) {
  const list = directoryLists.find((one) => one.name === name);
  if (list === undefined) throw new Error(`no list ${name}`);
  const text = JSON.stringify({ object: 'list', data: [entry], has_more: false });
  return createListDecoder(list, 'proj_1', { personalData })(text).entries[0]?.values;
}

test('every column of an entry is one of the table its list fills, and its key is among them', () => {
  for (const { fields, table } of directoryLists) {
    const columns = fields.map(({ column }) => column);
    expect(table.listed.map(({ name }) => name)).toEqual(expect.arrayContaining(columns));
    expect(columns).toEqual(expect.arrayContaining([...table.key]));
  }
});

describe('an entry', () => {
  test('of users has its name where the API puts it, beside the user or inside', () => {
    const user = { id: 'user-1', added_at: 1_700_000_000, role: 'owner', is_service_account: false };
    const expected = {
      user_id: 'user-1',
      user_name: 'Ada',
      user_email: 'ada@example.com',
      user_kind: 'user',
      role: 'owner',
      added_at: '2023-11-14T22:13:20.000Z',
      is_scim_managed: null,
      api_key_last_used_at: null,
    };
    expect(decode('users', { ...user, name: 'Ada', email: 'ada@example.com' })).toEqual(expected);
    expect(decode('users', { ...user, name: null, user: { name: 'Ada', email: 'ada@example.com' } })).toEqual(expected);
  });

  test('says who the identity provider manages, whose keys sleep, and which owner has lost access', () => {
    const user = { id: 'user-1', is_scim_managed: true, api_key_last_used_at: 1_700_000_000 };
    expect(decode('users', user)).toMatchObject({
      is_scim_managed: 'true',
      api_key_last_used_at: '2023-11-14T22:13:20.000Z',
    });
    expect(decode('users', user, false)).toMatchObject({ is_scim_managed: 'true', api_key_last_used_at: null });
    expect(decode('groups', { id: 'group-1', is_scim_managed: false })).toMatchObject({ is_scim_managed: 'false' });
    expect(decode('project_api_keys', { id: 'key_1', owner_project_access: 'inactive' })).toMatchObject({
      owner_project_access: 'inactive',
    });
  });

  test('names the fields that nobody knows, nested ones too, and none of their values', () => {
    const list = directoryLists.find(({ name }) => name === 'users');
    if (list === undefined) throw new Error('no list of users');
    const entry = {
      object: 'organization.user',
      id: 'user-1',
      phone: '+1',
      user: { picture: 'x', badge: 'y' },
      projects: {},
    };
    const text = JSON.stringify({ object: 'list', data: [entry], has_more: false });
    expect(createListDecoder(list, null, { personalData: true })(text).entries[0]?.unknown).toEqual([
      'phone',
      'user.badge',
    ]);
  });

  test('says of what kind a user is only where the API does', () => {
    expect(decode('users', { id: 'user-1', is_service_account: true })).toMatchObject({ user_kind: 'service_account' });
    expect(decode('users', { id: 'user-1' })).toMatchObject({ user_kind: 'unknown' });
    expect(decode('project_service_accounts', { id: 'user-1' })).toMatchObject({
      user_kind: 'service_account',
      project_id: 'proj_1',
    });
  });

  test('of project keys names its owner, person or service account', () => {
    const person = { type: 'user', user: { id: 'user-1', name: 'Ada' } };
    const service = { type: 'service_account', service_account: { id: 'user-2' } };
    expect(decode('project_api_keys', { id: 'key_1', owner: person })).toMatchObject({
      owner_user_id: 'user-1',
      owner_kind: 'user',
      key_kind: 'project',
    });
    expect(decode('project_api_keys', { id: 'key_1', owner: service })).toMatchObject({ owner_user_id: 'user-2' });
    expect(decode('admin_api_keys', { id: 'key_1', owner: { type: 'user', id: 'user-3' } })).toMatchObject({
      owner_user_id: 'user-3',
      key_kind: 'admin',
    });
  });

  test('of which a value is not what it should be lacks that value only', () => {
    const strange = { id: 'proj_1', name: 7, status: '', created_at: 'today', archived_at: -1, residency: {} };
    expect(decode('projects', strange)).toEqual({
      project_id: 'proj_1',
      project_name: null,
      status: null,
      residency: null,
      created_at: null,
      archived_at: null,
    });
  });

  test('holds no character that PostgreSQL cannot store', () => {
    expect(decode('projects', { id: 'proj_1', name: 'a\u0000b\ud800' })).toMatchObject({ project_name: 'ab\ufffd' });
  });

  test('says nothing of who people are when personal data is switched off, but names service accounts', () => {
    const user = { id: 'user-1', name: 'Ada', email: 'ada@example.com', is_service_account: false };
    expect(decode('users', user, false)).toMatchObject({ user_id: 'user-1', user_name: null, user_email: null });
    expect(decode('users', { id: 'user-2', name: 'Bo' }, false)).toMatchObject({ user_name: null });
    expect(decode('project_service_accounts', { id: 'user-3', name: 'nightly' }, false)).toMatchObject({
      user_name: 'nightly',
    });
  });
});
