import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapCsv } from '../../src/cli/render/map-report.ts';
import { exportMap, type MapOptions, runMap } from '../../src/run/map.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
  await database.pool.query(
    `insert into openai.projects (org_id, project_id, project_name, is_stub, first_seen_at, last_seen_at, updated_at,
       changed_xid)
     select org_id, project_id, project_name, project_name is null, now(), now(), 'epoch', '0'
     from (values ('acme', 'proj_1', 'Search'), ('acme', 'proj_2', 'Twin'), ('acme', 'proj_3', 'Twin'),
       ('acme', 'proj_4', null), ('labs', 'proj_5', 'Search')) as p(org_id, project_id, project_name)`,
  );
});
afterEach(async () => {
  await database.close();
});

const map = (text: string, options: Partial<MapOptions> = {}) =>
  runMap(database, { file: 'map.csv', text, dryRun: false, organizations: null, ...options });

const stored = async () =>
  (await database.pool.query('select project_id, team, cost_center, environment from openai.projects order by 1')).rows;

const untouched = async () =>
  (await database.pool.query(`select project_id from openai.projects where updated_at = 'epoch' order by 1`)).rows;

const nobody = { team: null, cost_center: null, environment: null };

describe('a mapping', () => {
  it('is written to the projects it finds by id or name, and to no other', async () => {
    const report = await map(
      'org_id,project_id,project_name,team,cost_center\nacme,,Search,Find,0042\n,proj_4,,Stubs,\n,proj_5,wrong name,Labs,7\n',
    );
    expect(report).toMatchObject({ status: 'ok', unchanged: 0, unmatched: [], exit_code: 0 });
    expect(await stored()).toEqual([
      { project_id: 'proj_1', ...nobody, team: 'Find', cost_center: '0042' },
      { project_id: 'proj_2', ...nobody },
      { project_id: 'proj_3', ...nobody },
      { project_id: 'proj_4', ...nobody, team: 'Stubs' },
      { project_id: 'proj_5', ...nobody, team: 'Labs', cost_center: '7' },
    ]);
    expect(await untouched()).toEqual([{ project_id: 'proj_2' }, { project_id: 'proj_3' }]);
  });

  it('written a second time changes nothing', async () => {
    const text = 'project_id,team\nproj_1,Find\n';
    expect((await map(text)).changed).toMatchObject([{ project_id: 'proj_1', changes: { team: [null, 'Find'] } }]);
    await database.pool.query(`update openai.projects set updated_at = 'epoch'`);
    expect(await map(text)).toMatchObject({ changed: [], unchanged: 1 });
    expect(await untouched()).toHaveLength(5);
  });

  it('keeps what it does not name, and clears what it names empty', async () => {
    await map('project_id,team,cost_center\nproj_1,Find,42\n');
    await map('project_id,team,environment\nproj_1,,production\n');
    expect((await stored())[0]).toEqual({
      ...nobody,
      project_id: 'proj_1',
      cost_center: '42',
      environment: 'production',
    });
  });

  it('can be looked at before', async () => {
    const report = await map('project_id,team\nproj_1,Find\n', { dryRun: true });
    expect(report).toMatchObject({ dry_run: true, changed: [{ changes: { team: [null, 'Find'] } }] });
    expect(await untouched()).toHaveLength(5);
  });

  it('of which some entries find no project is written for the rest, and says which: exit code 3', async () => {
    const report = await map('project_id,project_name,team\nproj_1,,Find\nproj_none,,A\n,Nothing,B\n');
    expect(report).toMatchObject({
      status: 'partial',
      exit_code: 3,
      unmatched: [
        { where: 'map.csv:3', project_id: 'proj_none', project_name: null },
        { where: 'map.csv:4', project_id: null, project_name: 'Nothing' },
      ],
    });
    expect((await stored())[0]).toMatchObject({ team: 'Find' });
  });

  it('that leaves open which project is meant, or names one twice, is refused as a whole, all at once', async () => {
    const text = 'project_id,project_name,team\n,Twin,A\n,Search,B\nproj_4,,C\nproj_4,,D\nproj_1,,E\n';
    await expect(map(text)).rejects.toMatchObject({
      code: 'mapping_invalid',
      problems: [
        { where: 'map.csv:2', received: '2 projects are meant (proj_2 of acme, proj_3 of acme)' },
        { where: 'map.csv:3', received: '2 projects are meant (proj_1 of acme, proj_5 of labs)' },
        { where: 'map.csv:5', received: 'the project of map.csv:4 again' },
      ],
    });
    expect(await untouched()).toHaveLength(5);
    expect((await map('project_name,team\nSearch,B\n', { organizations: ['labs'] })).changed).toMatchObject([
      { project_id: 'proj_5' },
    ]);
  });

  it('never becomes a part of SQL, and comes back from the database as it was', async () => {
    const hostile = `'); drop table openai.projects; --`;
    await map(`project_id,team,cost_center\nproj_1,"${hostile}","=1+1"\n`);
    const exported = mapCsv(await exportMap(database, ['acme']));
    expect(exported).toContain(hostile);
    expect(exported).toContain("'=1+1");
    expect(await map(exported)).toMatchObject({ changed: [], unchanged: 4, unmatched: [] });
    expect((await stored())[0]).toMatchObject({ team: hostile, cost_center: '=1+1' });
  });
});
