import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { emptyFolder, run, runJson } from './command.ts';

let database: TestDatabase;
let env: { readonly DATABASE_URL: string };
beforeAll(async () => {
  database = await testDatabase();
  env = { DATABASE_URL: database.url };
  await database.pool.query(
    `insert into openai.projects (org_id, project_id, project_name, is_stub, first_seen_at, last_seen_at, updated_at,
       changed_xid)
     values ('default', 'proj_1', 'Search', false, now(), now(), now(), '0')`,
  );
});
afterAll(async () => {
  await database.close();
});

describe('usage-etl map', () => {
  it('goes round: export, fill in, look, write, export again', async () => {
    const cwd = emptyFolder();
    const exported = await run(['map', '--export'], { env });
    expect(exported).toMatchObject({
      exit: 0,
      stdout: 'project_id,project_name,team,cost_center,environment\nproj_1,Search,,,\n',
    });
    const filled = exported.stdout.replace('Search,,,', 'Search,Find,0042,production');
    writeFileSync(join(cwd, 'projects.csv'), filled);

    const looked = await run(['map', '--dry-run', 'projects.csv'], { env, cwd });
    expect(looked.exit).toBe(0);
    expect(looked.stdout).toContain('team: – → "Find"');
    expect(looked.stdout).toContain('1 project would be changed');

    const written = await runJson(['map', 'projects.csv'], { env, cwd });
    expect(written).toMatchObject({ exit: 0, document: { status: 'ok', changed: [{ project_id: 'proj_1' }] } });
    expect((await run(['map', '--export'], { env })).stdout).toBe(filled);
  }, 60_000);

  it('says which entries have no project, and exits 3', async () => {
    const result = await run(['map', '-'], { env, input: 'project_id,team\nproj_none,Find\n' });
    expect(result.exit).toBe(3);
    expect(result.stdout).toContain('-:2: "proj_none"');
  }, 60_000);

  it('says everything that is wrong with a file at once, and exits 2', async () => {
    const input = 'project_id,teem\nproj_1,Find\n';
    const result = await run(['map', '-'], { env, input });
    expect(result.exit).toBe(2);
    expect(result.stderr).toContain('2 problems in the mapping');
    expect(result.stderr).toContain('did you mean team?');
    const missing = await run(['map', 'nowhere.csv'], { env });
    expect(missing.exit).toBe(2);
    expect(missing.stderr).toContain('nowhere.csv: cannot be read (ENOENT)');
    const nothing = await run(['map'], { env });
    expect(nothing.exit).toBe(2);
    expect(nothing.stderr).toContain('usage-etl map: no file; accepted: FILE, or --export');
  }, 60_000);
});
