import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { silentLog } from '../../src/log.ts';
import { emptyDatabase } from '../support/postgres.ts';
import { at, isMapping, readYaml, texts } from './yaml.ts';

const root = join(import.meta.dirname, '../..');
const compose = (await readYaml('docker-compose.yml'))[0] ?? {};
const provider = (await readYaml('deploy/grafana/provisioning/dashboards/openai-usage.yaml'))[0] ?? {};
const sources = await readFile(join(root, 'deploy/grafana/provisioning/datasources/openai-usage.yaml'), 'utf8');
const script = await readFile(join(root, 'deploy/grafana/reader.sh'), 'utf8');

const environmentOf = (service: string) => {
  const environment = at(compose, 'services', service, 'environment');
  return isMapping(environment) ? environment : {};
};

describe('Grafana in the compose file', () => {
  test('starts only when asked for, once its role is made', () => {
    for (const service of ['reader', 'grafana']) {
      expect(texts(at(compose, 'services', service, 'profiles'))).toEqual(['grafana']);
    }
    expect(at(compose, 'services', 'grafana', 'depends_on', 'reader', 'condition')).toBe(
      'service_completed_successfully',
    );
  });

  test('finds its data source and dashboards where they are mounted', async () => {
    const mounts = new Map(
      texts(at(compose, 'services', 'grafana', 'volumes')).map((volume) => {
        const [from = '', to = ''] = volume.split(':');
        return [to, from] as const;
      }),
    );
    expect(mounts.get('/etc/grafana/provisioning')).toBe('./deploy/grafana/provisioning');
    const folder = String(at(provider, 'providers', 0, 'options', 'path'));
    expect(mounts.get(folder)).toBe('./deploy/grafana/dashboards');
    const home = String(environmentOf('grafana')['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']);
    expect(home.startsWith(`${folder}/`)).toBe(true);
    const file = join(root, 'deploy/grafana/dashboards', home.slice(folder.length));
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ uid: 'openai-usage-executive' });
  });

  test('is given every variable that the data source names, and the reader those of its script', () => {
    const named = [...sources.matchAll(/\$(\w+)/g)].map(([, name]) => name);
    expect(new Set(named).size).toBe(4);
    expect(Object.keys(environmentOf('grafana'))).toEqual(expect.arrayContaining(named));
    const needed = [...script.matchAll(/\$\{(\w+):\?|\\getenv \w+ (\w+)/g)].map(([, a, b]) => a ?? b);
    expect(needed).toHaveLength(3);
    expect(Object.keys(environmentOf('reader'))).toEqual(expect.arrayContaining(needed));
  });

  test('has no password of its own, and shows none', () => {
    expect(`${sources}${script}`).not.toMatch(/password: (?!\$)/i);
    for (const service of ['reader', 'grafana']) {
      for (const [name, value] of Object.entries(environmentOf(service))) {
        if (/PASSWORD/.test(name)) expect(String(value)).toMatch(/^\$\{\w+(?::-)?\}$/);
      }
    }
  });
});

test('the reader made before the first migration reads the views that the service makes later', async () => {
  const suffix = randomBytes(4).toString('hex');
  const own = (sql: string) => sql.replaceAll(/openai_(owner|writer|reader)/g, `$&_${suffix}`);
  const password = "it's secret";
  const statements = script.slice(script.indexOf("<<'SQL'") + 7, script.lastIndexOf('SQL'));
  const asPsqlSends = statements
    .replace(/^\\getenv .*$/m, '')
    .replace(":'password'", `'${password.replaceAll("'", "''")}'`);
  const database = await emptyDatabase();
  const reader = new URL(database.url);
  reader.username = `openai_reader_${suffix}`;
  reader.password = encodeURIComponent(password);
  try {
    const roles = await readFile(join(root, 'docs/roles.sql'), 'utf8');
    for (const sql of [roles, asPsqlSends, roles, asPsqlSends]) await database.pool.query(own(sql));
    await migrate(database.pool, { log: silentLog, version: 'test' });
    const client = new pg.Client(reader.href);
    await client.connect();
    try {
      expect((await client.query('select * from openai_bi.cost_daily')).rows).toEqual([]);
      expect((await client.query('select * from openai_focus.cost_and_usage')).rows).toEqual([]);
      await expect(client.query('select from openai.costs')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
    }
  } finally {
    const administrator = new URL(database.url);
    await database.close();
    administrator.pathname = '/postgres';
    const client = new pg.Client(administrator.href);
    await client.connect();
    for (const role of ['reader', 'writer', 'owner'])
      await client.query(`drop role if exists openai_${role}_${suffix}`);
    await client.end();
  }
});
