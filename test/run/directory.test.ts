import { afterEach, describe, expect, it } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import { directoryTables } from '../../src/catalog/directory/tables.ts';
import type { DirectorySettings } from '../../src/config.ts';
import { directoryLock, openLocks } from '../../src/db/lock.ts';
import { runMap } from '../../src/run/map.ts';
import { planSync } from '../../src/run/plan-sync.ts';
import { readStatus } from '../../src/run/status.ts';
import type { Named } from '../../src/simulator/directory/directory.ts';
import { liveThroughNights, type Nights, type NightsOptions, organization } from '../support/nights.ts';
import { page, scriptedApi } from '../support/scripted-api.ts';

const hourMs = 3_600_000;
const everyNight: DirectorySettings = { hours: 12, personalData: true };
const everything = { datasets: null, organizations: null } as const;
let running: Nights | null = null;

afterEach(async () => {
  await running?.close();
  running = null;
});

async function live(options: NightsOptions = {}): Promise<Nights> {
  running = await liveThroughNights({
    datasets: [completions, costs, vectorStores],
    days: 40,
    config: { directory: everyNight },
    ...options,
  });
  return running;
}

async function select(nights: Nights, sql: string, values: readonly unknown[] = []) {
  return (await nights.database.pool.query<Record<string, unknown>>(sql, [...values])).rows;
}

async function first(nights: Nights, sql: string, values: readonly unknown[] = []) {
  const [row] = await select(nights, sql, values);
  if (row === undefined) throw new Error(`no row: ${sql}`);
  return row;
}

/** The next night's sync. */
async function nextNight(nights: Nights, options?: Partial<Parameters<Nights['sync']>[0]>) {
  nights.clock.advance(24 * hourMs);
  return await nights.sync(options);
}

const listRequests = (nights: Nights) =>
  nights.simulator.requests.map(({ path }) => path).filter((path) => !/\/(usage|costs)/.test(path));

const isThere = ({ removed }: Named) => removed === null;

function named(all: readonly Named[]) {
  return all
    .filter(isThere)
    .map(({ id, names }) => ({ id, name: names.at(-1)?.name }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Everything that names somebody, and every version of every row but when it was last seen. */
async function fingerprint(nights: Nights): Promise<string> {
  const texts = directoryTables.map(
    ({ name }) => `select '${name}' as of, to_jsonb(t) - 'last_seen_at' as row from openai.${name} t`,
  );
  const sql = [...texts, `select 'name_history', to_jsonb(h) from openai.name_history h`].join(' union all ');
  const row = await first(
    nights,
    `select md5(string_agg(of || row::text, ',' order by of, row::text)) as all from (${sql}) x`,
  );
  return String(row['all']);
}

describe('names', () => {
  it('are those of the API for every project, person, key and group', async () => {
    const nights = await live();
    const report = await nights.sync();
    expect(report).toMatchObject({
      status: 'ok',
      exit_code: 0,
      directory: [{ org_id: organization, status: 'read', detail: null, remedy: null }],
    });
    const { directory } = nights.simulator;
    const stored = (table: string, id: string, name: string) =>
      select(
        nights,
        `select ${id} as id, ${name} as name from openai.${table} where not is_stub order by ${id} collate "C"`,
      );
    expect(await stored('projects', 'project_id', 'project_name')).toEqual(named(directory.projects));
    expect(await stored('users', 'user_id', 'user_name')).toEqual(named(directory.users));
    expect(await stored('api_keys', 'api_key_id', 'api_key_name')).toEqual(named(directory.apiKeys));
    const members = await select(
      nights,
      'select group_id as id, count(*)::int as members from openai.group_members group by 1 order by group_id collate "C"',
    );
    expect(members).toEqual(
      directory.groups
        .map(({ id, memberIds }) => ({ id, members: memberIds.length }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    const kinds = await select(
      nights,
      'select user_kind, count(*)::int from openai.users where not is_stub group by 1',
    );
    expect(kinds.map(({ user_kind }) => user_kind).sort()).toEqual(['service_account', 'user']);
    expect(await first(nights, 'select count(*)::int as n from openai.project_members')).not.toEqual({ n: 0 });
  });

  it('cover every id in usage and costs: those that no list holds are stubs', async () => {
    const nights = await live();
    await nights.sync();
    for (const [table, id] of [
      ['projects', 'project_id'],
      ['users', 'user_id'],
      ['api_keys', 'api_key_id'],
    ] as const) {
      const unnamed = await select(
        nights,
        `select distinct ${id} from openai.usage_completions f where ${id} is not null
           and not exists (select from openai.${table} t where t.org_id = f.org_id and t.${id} = f.${id})`,
      );
      expect(unnamed).toEqual([]);
    }
    const gone = nights.simulator.directory.apiKeys.filter((key) => !isThere(key)).map(({ id }) => id);
    const stubs = await select(nights, 'select api_key_id, api_key_label, key_kind from openai.api_keys where is_stub');
    expect(stubs.length).toBeGreaterThan(0);
    for (const { api_key_id, api_key_label } of stubs) {
      expect(gone).toContain(api_key_id);
      expect(api_key_label).toBe(api_key_id);
    }
    expect(await first(nights, 'select count(*)::int as n from openai.users where is_stub')).not.toEqual({ n: 0 });
  });

  it('that did not change are written no second time, but for when they were seen', async () => {
    const nights = await live();
    await nights.sync();
    const before = await fingerprint(nights);
    // Within the day, because keys tell the day of their last use.
    nights.clock.advance(13 * hourMs);
    const report = await nights.sync();
    expect(report.directory).toMatchObject([{ status: 'read', added: 0, changed: 0, renamed: 0, removed: 0 }]);
    expect(await fingerprint(nights)).toBe(before);
    const seen = await select(nights, 'select distinct last_seen_at from openai.projects where not is_stub');
    expect(seen).toEqual([{ last_seen_at: nights.clock.now() }]);
  });
});

it('what usage-etl map has said of a project outlives every reading of its names', async () => {
  const nights = await live();
  await nights.sync();
  const id = nights.simulator.directory.projects[0]?.id ?? '';
  const text = `project_id,team,cost_center\n${id},Find,0042\n`;
  await runMap(nights.store, { file: 'map.csv', text, dryRun: false, organizations: null });
  nights.simulator.changeDirectory([{ entity: 'projects', id, name: 'Renamed' }]);
  await nextNight(nights);
  expect(
    await first(nights, 'select project_name, team, cost_center from openai_bi.projects where project_id = $1', [id]),
  ).toEqual({ project_name: 'Renamed', team: 'Find', cost_center: '0042' });
});

describe('what no list holds any more', () => {
  it('stays for ever, marked as removed, and is unmarked when it comes back', async () => {
    const nights = await live();
    await nights.sync();
    const id = named(nights.simulator.directory.apiKeys)[0]?.id ?? '';
    const row = () => first(nights, 'select api_key_name, removed_at from openai.api_keys where api_key_id = $1', [id]);
    const { api_key_name: name } = await row();

    nights.simulator.changeDirectory([{ entity: 'apiKeys', id, removed: true }]);
    expect((await nextNight(nights)).directory).toMatchObject([{ removed: 1 }]);
    expect(await row()).toEqual({ api_key_name: name, removed_at: nights.clock.now() });

    nights.simulator.changeDirectory([{ entity: 'apiKeys', id, removed: false }]);
    expect((await nextNight(nights)).directory).toMatchObject([{ removed: 0 }]);
    expect(await row()).toEqual({ api_key_name: name, removed_at: null });
  });

  it('is not taken for removed when its list could not be read to its end', async () => {
    const nights = await live();
    await nights.sync();
    nights.simulator.changeDirectory(
      nights.simulator.directory.users.map(({ id }) => ({ entity: 'users', id, removed: true })),
    );
    nights.simulator.setFaults([
      { when: { path: '/organization/users' }, then: { kind: 'status', status: 500 } },
      ...nights.simulator.directory.projects.map(({ id }) => ({
        when: { path: `/organization/projects/${id}/service_accounts` },
        then: { kind: 'invalid-json' } as const,
      })),
    ]);
    const report = await nextNight(nights);
    expect(report).toMatchObject({ status: 'ok', exit_code: 0, directory: [{ status: 'partial', remedy: null }] });
    expect(report.directory[0]?.lists).toContainEqual(
      expect.objectContaining({ list: 'users', status: 'failed', entries: 0 }),
    );
    expect(await select(nights, 'select * from openai.users where removed_at is not null')).toEqual([]);

    nights.simulator.setFaults([]);
    expect((await nextNight(nights)).directory).toMatchObject([{ status: 'read' }]);
    expect(await select(nights, 'select * from openai.users where removed_at is null and not is_stub')).toEqual([]);
  });

  it('of a project that is archived stays as it was: the API gives its lists no more, and is asked for them once', async () => {
    const nights = await live();
    await nights.sync();
    const { apiKeys } = nights.simulator.directory;
    const projectId = apiKeys.find((key) => isThere(key) && key.projectId !== null)?.projectId ?? '';
    nights.simulator.changeDirectory([{ entity: 'projects', id: projectId, archived: true }]);
    const path = `/organization/projects/${projectId}/api_keys`;
    const asked = () => listRequests(nights).filter((one) => one === path).length;
    expect(asked()).toBe(1);
    expect((await nextNight(nights)).directory).toMatchObject([{ status: 'read', removed: 0 }]);
    expect(asked()).toBe(2);
    await nextNight(nights);
    expect(asked()).toBe(2);
    expect((await readStatus(nights.context, everything)).directory).toMatchObject([{ remedy: null }]);
    const project = await first(nights, 'select status, archived_at from openai.projects where project_id = $1', [
      projectId,
    ]);
    expect(project).toMatchObject({ status: 'archived', archived_at: expect.any(Date) });
  });
});

describe('a name', () => {
  const history = (nights: Nights, id: string) =>
    select(nights, 'select name, valid_from, valid_to from openai.name_history where id = $1 order by valid_from', [
      id,
    ]);

  it('is kept with the time it was valid, the first one since what it names was created', async () => {
    const nights = await live();
    await nights.sync();
    const project = nights.simulator.directory.projects[0];
    const id = project?.id ?? '';
    const created = new Date((project?.created ?? 0) * 1000);
    const name = project?.names[0]?.name;
    expect(await history(nights, id)).toEqual([{ name, valid_from: created, valid_to: null }]);

    nights.simulator.changeDirectory([{ entity: 'projects', id, name: 'Renamed' }]);
    expect((await nextNight(nights)).directory).toMatchObject([{ renamed: 1 }]);
    const renamedAt = nights.clock.now();
    nights.simulator.changeDirectory([{ entity: 'projects', id, name: name ?? '' }]);
    await nextNight(nights);
    await nextNight(nights);
    expect(await history(nights, id)).toEqual([
      { name, valid_from: created, valid_to: renamedAt },
      { name: 'Renamed', valid_from: renamedAt, valid_to: new Date(renamedAt.getTime() + 24 * hourMs) },
      { name, valid_from: new Date(renamedAt.getTime() + 24 * hourMs), valid_to: null },
    ]);
  });

  it('of a past day is the one valid when that day ended, whatever it is called now', async () => {
    const nights = await live();
    await nights.sync();
    const id = nights.simulator.directory.projects[0]?.id ?? '';
    const before = nights.simulator.directory.projects[0]?.names[0]?.name;
    nights.simulator.changeDirectory([{ entity: 'projects', id, name: 'Renamed' }]);
    await nextNight(nights);
    const nameOn = async (day: string) =>
      await select(
        nights,
        `select name from openai_bi.name_history where entity = 'project' and id = $1
           and valid_from < $2::timestamptz and (valid_to is null or valid_to >= $2::timestamptz)`,
        [id, day],
      );
    expect(await nameOn('2026-11-24T00:00:00Z')).toEqual([{ name: before }]);
    expect(await nameOn('2026-11-25T00:00:00Z')).toEqual([{ name: 'Renamed' }]);
  });

  it('ends after it began even where clocks go back', async () => {
    const nights = await live();
    await nights.sync();
    const id = nights.simulator.directory.projects[0]?.id ?? '';
    nights.simulator.changeDirectory([{ entity: 'projects', id, name: 'Second' }]);
    await nextNight(nights);
    nights.clock.advance(-48 * hourMs);
    nights.simulator.changeDirectory([{ entity: 'projects', id, name: 'Third' }]);
    expect((await nights.sync()).directory).toMatchObject([{ status: 'read', detail: null }]);
    const periods = await history(nights, id);
    expect(periods.map(({ name }) => name)).toEqual([expect.any(String), 'Second', 'Third']);
    for (const [at, { valid_to }] of periods.slice(0, -1).entries()) {
      expect(valid_to).not.toBeNull();
      expect(Number(valid_to)).toBeLessThanOrEqual(Number(periods[at + 1]?.['valid_from']));
    }
  });
});

describe('a key that may not read names', () => {
  it('loses names, not numbers: exit code 0, every id a stub, and what to do is said', async () => {
    const nights = await live({ simulator: { directory: 'refused' } });
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0 });
    const [directory] = report.directory;
    expect(directory).toMatchObject({ status: 'refused', added: 0 });
    expect(directory?.detail).toContain('api.management.read');
    expect(directory?.remedy).toContain('api.management.read');
    expect(directory?.lists.map(({ status }) => status)).toEqual(['refused', 'refused', 'refused', 'refused']);
    expect(await select(nights, 'select * from openai.projects where not is_stub')).toEqual([]);
    expect(await first(nights, 'select count(*)::int as n from openai.projects')).not.toEqual({ n: 0 });
    const status = await readStatus(nights.context, everything);
    expect(status.directory).toMatchObject([{ org_id: organization, remedy: directory?.remedy }]);
  });

  it('is found out in one request a list, and one of each kind for three projects', async () => {
    const nights = await live();
    const refuse = nights.simulator.directory.projects.map(({ id }) => ({
      when: { path: `/organization/projects/${id}/users` },
      then: { kind: 'status', status: 403 } as const,
    }));
    nights.simulator.setFaults(refuse);
    const report = await nights.sync();
    expect(report.directory).toMatchObject([{ status: 'partial' }]);
    const asked = listRequests(nights).filter((path) => /projects\/.*\/users$/.test(path));
    // Those in flight when the third refusal came are answered.
    expect(asked.length).toBeLessThan(refuse.length + 1);
    expect(report.directory[0]?.lists).toContainEqual(
      expect.objectContaining({ list: 'project_api_keys', status: 'read' }),
    );
  });

  it('gets its names with the first complete reading, and stubs become what they are', async () => {
    const nights = await live({ simulator: {} });
    nights.simulator.setFaults([{ when: { path: '/organization/projects' }, then: { kind: 'status', status: 401 } }]);
    expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0, directory: [{ status: 'partial' }] });
    const stubs = await select(nights, 'select project_id, first_seen_at from openai.projects where is_stub');
    expect(stubs.length).toBeGreaterThan(0);
    nights.simulator.setFaults([]);
    await nextNight(nights);
    expect(await select(nights, 'select * from openai.projects where is_stub or project_name is null')).toEqual([]);
    for (const { project_id, first_seen_at } of stubs) {
      const row = await first(nights, 'select first_seen_at from openai.projects where project_id = $1', [project_id]);
      expect(row).toEqual({ first_seen_at });
    }
  });
});

describe('the lists', () => {
  it('are read when they are due, in one chain each, and not by every run', async () => {
    const nights = await live();
    const plan = await planSync(nights.context, { ...everything, ...unchanged });
    expect(plan.directory).toEqual([{ org_id: organization, requests: 4 }]);
    await nights.sync();
    const { directory } = nights.simulator;
    const projects = directory.projects.length;
    expect(listRequests(nights)).toHaveLength(4 + 3 * projects + directory.groups.length);
    nights.clock.advance(hourMs);
    expect((await nights.sync()).directory).toEqual([]);
    expect(listRequests(nights)).toHaveLength(4 + 3 * projects + directory.groups.length);
    expect((await planSync(nights.context, { ...everything, ...unchanged })).directory).toEqual([]);
    nights.clock.advance(12 * hourMs);
    const again = await planSync(nights.context, { ...everything, ...unchanged });
    nights.newRequests();
    const seen = listRequests(nights).length;
    await nights.sync();
    expect(nights.newRequests()).toBeLessThanOrEqual(again.requests);
    const archived = directory.projects.filter((project) => project.archived !== null).length;
    expect(listRequests(nights).length - seen).toBe(4 + 3 * (projects - archived) + directory.groups.length);
  });

  it('are read by one run at a time, and by none that only looks', async () => {
    const nights = await live();
    expect((await nights.sync({ preview: true })).directory).toEqual([]);
    expect(listRequests(nights)).toEqual([]);
    const other = await openLocks(nights.store);
    try {
      expect(await other.tryAcquire(directoryLock(organization))).toBe(true);
      expect(await nights.sync()).toMatchObject({ status: 'ok', directory: [] });
      expect(listRequests(nights)).toEqual([]);
    } finally {
      await other.close();
    }
    expect((await nights.sync()).directory).toHaveLength(1);
  });

  it('are never read when hours are 0', async () => {
    const nights = await live({ config: { directory: { hours: 0, personalData: true } } });
    expect(await nights.sync()).toMatchObject({ status: 'ok', directory: [] });
    expect(listRequests(nights)).toEqual([]);
  });
});

const unchanged = {
  command: 'sync',
  acceptRestatement: false,
  preview: false,
  from: null,
  to: null,
  refetch: false,
} as const;

describe('names and addresses of people', () => {
  const texts = async (nights: Nights) => {
    const tables = [...directoryTables.map(({ name }) => `openai.${name}`), 'openai.name_history'];
    const rows = await Promise.all(
      tables.map((table) => select(nights, `select to_jsonb(t)::text as row from ${table} t`)),
    );
    return rows.flat().map(({ row }) => String(row));
  };

  it('are never stored when personal data is switched off; ids take their place', async () => {
    const nights = await live({ config: { directory: { hours: 12, personalData: false } } });
    await nights.sync();
    expect((await texts(nights)).join('\n')).not.toMatch(/example\.com|Ada Example/);
    const labels = await select(nights, `select user_label, user_id from openai.users where user_kind = 'user'`);
    expect(labels.length).toBeGreaterThan(0);
    for (const { user_label, user_id } of labels) expect(user_label).toBe(user_id);
    expect(
      await select(nights, `select * from openai.users where user_kind = 'service_account' and user_name is null`),
    ).toEqual([]);
    expect(await select(nights, 'select * from openai.api_keys where not is_stub and api_key_name is null')).toEqual(
      [],
    );
  });

  it('are erased by the next run when they are switched off, names of the past too', async () => {
    const nights = await live();
    await nights.sync();
    const person = nights.simulator.directory.users.find((user) => isThere(user) && user.projectId === null);
    nights.simulator.changeDirectory([{ entity: 'users', id: person?.id ?? '', name: 'Zoe Renamed' }]);
    await nextNight(nights);
    expect((await texts(nights)).join('\n')).toMatch(/Zoe Renamed/);

    const config = { ...nights.config, directory: { hours: 12, personalData: false } };
    nights.clock.advance(hourMs);
    // Too early to read the lists again: what is stored goes all the same.
    expect((await nights.sync({}, { config })).directory).toEqual([]);
    expect((await texts(nights)).join('\n')).not.toMatch(/example\.com|Zoe Renamed|Example|Muster/);
    expect(await select(nights, `select * from openai.name_history where entity = 'user'`)).not.toEqual([]);

    await nextNight(nights);
    expect((await texts(nights)).join('\n')).toMatch(/Zoe Renamed/);
  });
});

describe('a run that goes wrong', () => {
  it('gives ids their stubs later, when what changed was loaded by a run that was killed', async () => {
    const nights = await live();
    await nights.sync();
    await nights.database.pool.query(
      'delete from openai.projects; update openai_etl.stub_progress set seen_xid = $$0$$',
    );
    await nights.sync({ datasets: ['costs'] });
    expect(await first(nights, 'select count(*)::int as n from openai.projects where is_stub')).not.toEqual({ n: 0 });
  });

  it('searches everything again in a database restored to a server that has seen fewer transactions', async () => {
    const nights = await live();
    await nights.sync();
    await nights.database.pool.query(
      `delete from openai.projects; update openai_etl.stub_progress set seen_xid = '9223372036854775807'`,
    );
    await nights.sync();
    expect(await first(nights, 'select count(*)::int as n from openai.projects where is_stub')).not.toEqual({ n: 0 });
    expect(await select(nights, `select from openai_etl.stub_progress where seen_xid > '9000000000000000000'`)).toEqual(
      [],
    );
  });

  it('is no failure when names cannot be stored: the numbers are, and it is said', async () => {
    const nights = await live();
    await nights.database.pool.query('alter table openai.projects add constraint nothing check (project_name is null)');
    const report = await nights.sync();
    expect(report).toMatchObject({ status: 'ok', exit_code: 0, directory: [{ status: 'failed' }] });
    expect(await first(nights, 'select count(*)::int as n from openai.usage_completions')).not.toEqual({ n: 0 });
    expect(report.directory[0]?.detail).toContain('nothing');
  });
});

describe('what a list holds beyond names', () => {
  it('is stored where it tells whose access is over, and known by its name only where nobody knows it', async () => {
    const entry = {
      '/organization/users': { id: 'user_1', is_scim_managed: true, badge: 'secret-badge', user: { shoe: 43 } },
      '/organization/groups': { id: 'group_1', name: 'g', is_scim_managed: false },
      '/organization/projects': { id: 'proj_1', name: 'p', status: 'active' },
      '/organization/projects/proj_1/api_keys': { id: 'key_1', owner_project_access: 'inactive' },
    };
    const entries: Readonly<Record<string, object>> = entry;
    const api = await scriptedApi(({ path }) => {
      const found = entries[path];
      return /costs/.test(path) ? page([]) : { body: { object: 'list', data: found ? [found] : [], has_more: false } };
    });
    try {
      const nights = await live({ datasets: [costs], config: { directory: everyNight, baseUrl: api.url } });
      await nights.sync();
      expect(await select(nights, 'select api_key_id, owner_project_access from openai_bi.api_keys')).toEqual([
        { api_key_id: 'key_1', owner_project_access: 'inactive' },
      ]);
      expect(await select(nights, 'select is_scim_managed from openai_bi.users')).toEqual([{ is_scim_managed: true }]);
      expect(await select(nights, 'select is_scim_managed from openai_bi.groups')).toEqual([
        { is_scim_managed: false },
      ]);
      expect(
        await select(
          nights,
          'select dataset, kind, name, sample, seen_count::int as seen from openai_etl.drift order by name',
        ),
      ).toEqual([
        { dataset: 'users', kind: 'field', name: 'badge', sample: null, seen: 1 },
        { dataset: 'users', kind: 'field', name: 'user.shoe', sample: null, seen: 1 },
      ]);
    } finally {
      await api.close();
    }
  });
});
