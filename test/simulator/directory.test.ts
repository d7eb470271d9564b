import { describe, expect, test } from 'vitest';
import { directoryLists, listPath } from '../../src/catalog/directory/index.ts';
import { get, getError, officialClient, seconds, simulatorWith } from './client.ts';

const projects = '/organization/projects';

test('the official client reads every list to its end, in each of the three cursor styles', async () => {
  const simulator = await simulatorWith({ groupsPerDataset: 200 });
  const { organization } = officialClient(simulator).admin;
  const { directory } = simulator;
  const ids = async (page: AsyncIterable<{ id: string }>) => (await Array.fromAsync(page, ({ id }) => id)).sort();
  const there = (all: readonly { readonly id: string; readonly removed: number | null }[]) =>
    all
      .filter(({ removed }) => removed === null)
      .map(({ id }) => id)
      .sort();

  expect(await ids(organization.projects.list({ include_archived: true, limit: 3 }))).toEqual(
    there(directory.projects),
  );
  const people = directory.users.filter(({ projectId }) => projectId === null);
  expect(await ids(organization.users.list({ limit: 2 }))).toEqual(there(people));
  const admins = directory.apiKeys.filter(({ projectId }) => projectId === null);
  expect(await ids(organization.adminAPIKeys.list({ limit: 1 }))).toEqual(there(admins));
  expect(await ids(organization.groups.list({ limit: 1 }))).toEqual(there(directory.groups));

  const [project] = directory.projects;
  const [group] = directory.groups;
  if (project === undefined || group === undefined) throw new Error('nothing is simulated');
  const keys = directory.apiKeys.filter(({ projectId }) => projectId === project.id);
  expect(keys.length).toBeGreaterThan(5);
  const page = organization.projects.apiKeys.list(project.id, { limit: 2, owner_project_access: 'any' });
  expect(await ids(page)).toEqual(there(keys));
  expect(await ids(organization.groups.users.list(group.id, { limit: 2 }))).toEqual([...group.memberIds].sort());
});

describe('the lists', () => {
  test('leave out archived projects, and keys whose owner has left, unless asked for', async () => {
    const simulator = await simulatorWith();
    const idsAt = async (path: string, parameters: Record<string, string>) => {
      const response = await get(simulator, path, { limit: 100, ...parameters });
      const { data } = (await response.json()) as { data: readonly { id: string }[] };
      return data.map(({ id }) => id);
    };
    const archived = simulator.directory.projects.filter((project) => project.archived !== null).map(({ id }) => id);
    expect(archived.length).toBeGreaterThan(0);
    expect(await idsAt(projects, {})).not.toEqual(expect.arrayContaining(archived));
    expect(await idsAt(projects, { include_archived: 'true' })).toEqual(expect.arrayContaining(archived));

    const left = simulator.directory.users.filter(({ removed }) => removed !== null).map(({ id }) => id);
    const orphan = simulator.directory.apiKeys.find(
      ({ ownerId, removed }) => removed === null && left.includes(ownerId),
    );
    const path = `${projects}/${orphan?.projectId}/api_keys`;
    expect(await idsAt(path, {})).not.toContain(orphan?.id);
    expect(await idsAt(path, { owner_project_access: 'any' })).toContain(orphan?.id);
  });

  test('follow what happens: renamed, removed, archived, from that instant on', async () => {
    const simulator = await simulatorWith();
    const [first, second] = simulator.directory.projects;
    simulator.changeDirectory([
      { entity: 'projects', id: first?.id ?? '', name: 'Renamed' },
      { entity: 'projects', id: second?.id ?? '', archived: true },
    ]);
    const response = await get(simulator, projects, { include_archived: 'true' });
    const { data } = (await response.json()) as { data: readonly object[] };
    expect(data).toContainEqual(expect.objectContaining({ id: first?.id, name: 'Renamed' }));
    expect(data).toContainEqual(
      expect.objectContaining({ id: second?.id, status: 'archived', archived_at: seconds('2026-11-23T15:30:00Z') }),
    );
    expect(await getError(simulator, `${projects}/${second?.id}/api_keys`, {})).toMatchObject({ status: 400 });
    expect(() => simulator.changeDirectory([{ entity: 'apiKeys', id: 'key_none', removed: true }])).toThrow('key_none');
  });

  test.each(directoryLists)('of $name are refused to a key that may read usage only', async (list) => {
    const simulator = await simulatorWith({ directory: 'refused' });
    const refused = await getError(simulator, listPath(list, simulator.directory.projects[0]?.id ?? ''), {});
    expect(refused).toMatchObject({ status: 403, message: expect.stringContaining('api.management.read') });
    const usage = { start_time: seconds('2026-11-02T00:00:00Z') };
    expect((await get(simulator, '/organization/costs', usage)).status).toBe(200);
  });

  test('refuse what they do not know', async () => {
    const simulator = await simulatorWith();
    expect(await getError(simulator, projects, { colour: 'red' })).toMatchObject({ status: 400, param: 'colour' });
    expect(await getError(simulator, projects, { limit: 101 })).toMatchObject({ status: 400, param: 'limit' });
    expect(await getError(simulator, projects, { after: 'proj_none' })).toMatchObject({ status: 400, param: 'after' });
    expect(await getError(simulator, `${projects}/proj_none/users`, {})).toMatchObject({ status: 404 });
    expect(await getError(simulator, '/organization/groups/group_none/users', {})).toMatchObject({ status: 404 });
  });
});
