import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedTierWeights } from '../../src/catalog/tier.ts';
import { configurationTemplate } from '../../src/cli/render/configuration-template.ts';
import { settings } from '../../src/config/settings.ts';
import { adminKey, folderWith, load, loadYaml, refusal } from './fixture.ts';

const whole = `\
base_url: https://proxy.example.com/v1
database_url: postgres://etl@db/usage
data_dir: data
start: 2026-01-01
widths: [1d, 1h]
concurrency: 8
reread_rows: 1000
retry_total_seconds: 60
log_level: debug
schedule: '0 4 * * *'
timezone: America/New_York
organizations:
  - name: first
    admin_key_env: FIRST_KEY
  - name: second
    admin_key_file: second.key
datasets:
  completions:
    widths: [1h]
    group_by: [model, project_id]
    filters: { models: [gpt-5.4-mini], batch: false }
    start: 2026-06-01T12:00:00Z
    settle_days: 1.5
  decisions: { enabled: false }
`;

describe('the configuration file', () => {
  it('sets everything, for every organization', () => {
    const cwd = folderWith({ 'usage-etl.yaml': whole, 'second.key': `${adminKey}2` });
    const config = load({ cwd, env: { FIRST_KEY: `${adminKey}1` } });
    expect(config).toMatchObject({
      baseUrl: 'https://proxy.example.com/v1',
      databaseUrl: 'postgres://etl@db/usage',
      dataDir: join(cwd, 'data'),
      concurrency: 8,
      rereadRows: 1000,
      retryTotalSeconds: 60,
      logLevel: 'debug',
      schedules: [{ name: 'nightly', cron: '0 4 * * *', timezone: 'America/New_York' }],
      configFile: 'usage-etl.yaml',
    });
    expect(config.organizations.map(({ name, adminKey: key }) => [name, key])).toEqual([
      ['first', `${adminKey}1`],
      ['second', `${adminKey}2`],
    ]);
    const [completions] = config.organizations[0]?.datasets ?? [];
    expect(completions).toMatchObject({
      width: '1h',
      groupBy: ['project_id', 'model'],
      filters: { models: ['gpt-5.4-mini'], batch: false },
      start: new Date('2026-06-01T12:00:00Z'),
      settleSeconds: 129_600,
    });
    expect(config.organizations[0]?.datasets.some(({ dataset }) => dataset.name === 'decisions')).toBe(false);
  });

  it('puts weights of tiers by model and day before those of a whole tier, and both before the published ones', () => {
    const yaml = `\
tier_weights:
  - { tier: Priority, models: 'gpt-6*', weight_thousandths: 3000, from: 2026-01-01, until: 2026-06-30 }
  - { tier: warp, weight_thousandths: 9000 }
priority_weight_thousandths: 1500
flex_weight_thousandths: 400
`;
    expect(loadYaml(yaml).tierWeights).toEqual([
      { tier: 'fast', models: 'gpt-6*', thousandths: 3000, from: '2026-01-01', until: '2026-06-30' },
      { tier: 'warp', models: '*', thousandths: 9000 },
      { tier: 'flex', models: '*', thousandths: 400 },
      { tier: 'fast', models: '*', thousandths: 1500 },
      ...publishedTierWeights,
    ]);
    expect(loadYaml('').tierWeights).toEqual(publishedTierWeights);
  });

  it('gives way to the environment', () => {
    const config = loadYaml('concurrency: 8\nlog_level: debug\n', { USAGE_ETL_CONCURRENCY: '2' });
    expect(config).toMatchObject({ concurrency: 2, logLevel: 'debug' });
  });

  it('means its own folder by a relative data_dir, the environment the working folder', () => {
    const cwd = folderWith();
    const configFile = join(folderWith({ 'etl.yaml': 'data_dir: here\n' }), 'etl.yaml');
    expect(load({ cwd, configFile }).dataDir).toBe(join(configFile, '..', 'here'));
    const env = { OPENAI_ADMIN_KEY: adminKey, USAGE_ETL_DATA_DIR: 'here' };
    expect(load({ cwd, configFile, env }).dataDir).toBe(join(cwd, 'here'));
  });

  it('may be empty, or hold empty values', () => {
    expect(loadYaml('').concurrency).toBe(4);
    expect(loadYaml('concurrency:\ndatasets:\n  costs:\n').concurrency).toBe(4);
  });

  it('takes an empty list of dimensions for no grouping at all', () => {
    const settingsOfCosts = loadYaml('datasets: { costs: { group_by: [] } }').organizations[0]?.datasets.find(
      ({ dataset }) => dataset.name === 'costs',
    );
    expect(settingsOfCosts?.groupBy).toEqual([]);
  });

  it.each([
    ['concurency: 4', 'usage-etl.yaml:1 concurency', 'concurrency'],
    ['widths: [1d]\ndatasets:\n  completion: {}', 'usage-etl.yaml:3 datasets.completion', 'completions'],
    ['datasets:\n  costs:\n    group: [x]', 'usage-etl.yaml:3 datasets.costs.group', 'group_by'],
    [
      'datasets:\n  images:\n    group_by:\n      - model\n      - siez',
      'usage-etl.yaml:5 datasets.images.group_by[1]',
      'size',
    ],
    [
      'datasets:\n  images:\n    filters:\n      model: [a]',
      'usage-etl.yaml:4 datasets.images.filters.model',
      'models',
    ],
    ['organizations:\n  - nam: x', 'usage-etl.yaml:2 organizations[0].nam', 'name'],
  ])('says where an unknown name stands, and which was meant: %j', (yaml, where, suggestion) => {
    const found = refusal(() => loadYaml(yaml)).problems.find((problem) => problem.where === where);
    expect(found).toMatchObject({ suggestion });
    expect(found?.accepted).toContain(suggestion);
  });

  it.each([
    ['costs with a dimension of another dataset', 'datasets: { costs: { group_by: [model] } }', 'line_item'],
    [
      'a closed filter with another value',
      'datasets: { web_search_calls: { filters: { context_levels: [huge] } } }',
      'low, medium, high',
    ],
    ['a boolean filter with a text', 'datasets: { completions: { filters: { batch: yes please } } }', 'true or false'],
    ['an impossible date', 'datasets: { costs: { start: 2026-02-30 } }', 'YYYY-MM-DD'],
    ['a date in the future', 'start: 2027-05-05', 'not in the future'],
    ['a weight of the standard tier', 'tier_weights: [{ tier: default, weight_thousandths: 900 }]', 'standard'],
    ['a weight of nothing', 'tier_weights: [{ tier: fast, weight_thousandths: 0 }]', '1 to 100000'],
    ['a weight until no day', 'tier_weights: [{ tier: fast, weight_thousandths: 1, until: soon }]', 'YYYY-MM-DD'],
    ['negative days', 'datasets: { costs: { settle_days: -1 } }', '0 to 3650'],
    ['a list in place of a mapping', '- a\n- b', 'a mapping'],
    ['an organization without a name', 'organizations: [{ admin_key_env: X }]', 'a name'],
    ['an organization without a key', 'organizations: [{ name: x }]', 'admin_key_env'],
    [
      'an organization with two keys',
      'organizations: [{ name: x, admin_key_env: A, admin_key_file: b }]',
      'one of the two',
    ],
    [
      'two organizations of one name',
      'organizations: [{ name: x, admin_key_env: OPENAI_ADMIN_KEY }, { name: x, admin_key_env: OPENAI_ADMIN_KEY }]',
      'differ',
    ],
  ])('refuses %s', (_what, yaml, accepted) => {
    const error = refusal(() => loadYaml(yaml));
    expect(error).toMatchObject({ code: 'config_invalid', exit: 2 });
    expect(error.message).toContain(accepted);
  });

  it('refuses a key inside of it without repeating the key', () => {
    const error = refusal(() => loadYaml(`organizations:\n  - name: x\n    admin_key: ${adminKey}\n`));
    expect(error.message).toContain('Keys do not belong in this file');
    expect(error.message).not.toContain(adminKey);
  });

  it('refuses a key where the name of a variable belongs without repeating the key', () => {
    const error = refusal(() => loadYaml(`organizations:\n  - name: x\n    admin_key_env: ${adminKey}\n`));
    expect(error.message).toContain('the name of an environment variable');
    expect(error.message).not.toContain(adminKey);
  });

  it('names line and column of malformed YAML', () => {
    const error = refusal(() => loadYaml('widths: [1d\nstart: 2026-01-01\n'));
    expect(error.problems[0]?.where).toMatch(/^usage-etl\.yaml:\d+:\d+$/);
    expect(error.message).toContain('malformed YAML');
  });

  it('must exist where it is named', () => {
    expect(refusal(() => load({ configFile: 'none.yaml' })).message).toContain('none.yaml: cannot be read (ENOENT)');
    const env = { OPENAI_ADMIN_KEY: adminKey, USAGE_ETL_CONFIG: 'none.yaml' };
    expect(refusal(() => load({ env })).problems[0]?.where).toBe('none.yaml');
  });

  it('and the environment report their problems together', () => {
    const error = refusal(() => loadYaml('widths: [2d]\n', { LOG_LEVEL: 'loud', OPENAI_ADMIN_KEY: 'no key' }));
    expect(error.problems).toHaveLength(3);
  });
});

describe('the file that init writes', () => {
  it('changes nothing as it is', () => {
    expect(loadYaml(configurationTemplate())).toMatchObject({ concurrency: 4, databaseUrl: null });
  });

  it('is accepted with every line uncommented', () => {
    const yaml = configurationTemplate()
      .replace(/^#(?! )/gm, '')
      .replace(/^#(?= {2}\S| {4}\S| {6}\S)/gm, '');
    const uncommented = yaml.replace(
      'admin_key_file: /run/secrets/openai-admin-key-research',
      'admin_key_env: OPENAI_ADMIN_KEY',
    );
    const config = loadYaml(uncommented, { OPENAI_ADMIN_KEY_PRODUCTION: `${adminKey}-production` });
    expect(config.organizations.map(({ name }) => name)).toEqual(['production', 'research']);
    expect(config).toMatchObject({
      schedules: [{ timezone: 'Europe/Berlin' }],
      databaseUrl: settings.database_url.example,
    });
  });
});
