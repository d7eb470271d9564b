import { describe, expect, it } from 'vitest';
import { adminKey, load, refusal } from './fixture.ts';

const env = (more: Record<string, string>) => ({ OPENAI_ADMIN_KEY: adminKey, ...more });

describe('the environment', () => {
  it('alone is enough: a key, and everything else has its default', () => {
    const config = load();
    expect(config).toMatchObject({
      baseUrl: 'https://api.openai.com/v1',
      databaseUrl: null,
      concurrency: 4,
      rereadRows: 200_000,
      logLevel: 'info',
      schedules: [{ name: 'nightly', cron: '17 3 * * *', timezone: 'UTC', command: 'sync' }],
      http: { host: '127.0.0.1', port: 8787, token: null },
      alerts: { webhookUrl: null, freshnessHours: 30, restatementAlert: '1' },
      configFile: null,
    });
    expect(config.organizations).toHaveLength(1);
    expect(config.organizations[0]).toMatchObject({ name: 'default', adminKey });
    expect(config.organizations[0]?.datasets).toHaveLength(13);
    expect(new Set(config.organizations[0]?.datasets.map(({ width }) => width))).toEqual(new Set(['1d']));
  });

  it('sets every setting', () => {
    const config = load({
      env: env({
        OPENAI_BASE_URL: 'http://127.0.0.1:8080/v1//',
        DATABASE_URL: 'postgres://a:b@db/usage',
        USAGE_ETL_DATA_DIR: '/var/lib/usage',
        USAGE_ETL_START: '2026-01-31',
        USAGE_ETL_WIDTHS: '1d, 1h',
        USAGE_ETL_CONCURRENCY: ' 32 ',
        USAGE_ETL_SCHEDULE: '0 * * * *',
        USAGE_ETL_TIMEZONE: 'Europe/Berlin',
        USAGE_ETL_FRESHNESS_HOURS: '50',
        USAGE_ETL_WEBHOOK_URL: 'https://hooks.example.com/T0/secret?x=1',
        USAGE_ETL_RESTATEMENT_ALERT: '0.50',
        USAGE_ETL_HTTP_HOST: '0.0.0.0',
        USAGE_ETL_HTTP_PORT: '9000',
        USAGE_ETL_HTTP_TOKEN: 'a-token-of-some-length',
        LOG_LEVEL: 'WARN',
      }),
    });
    expect(config).toMatchObject({
      baseUrl: 'http://127.0.0.1:8080/v1',
      databaseUrl: 'postgres://a:b@db/usage',
      dataDir: '/var/lib/usage',
      concurrency: 32,
      schedules: [{ name: 'nightly', cron: '0 * * * *', timezone: 'Europe/Berlin' }],
      http: { host: '0.0.0.0', port: 9000, token: 'a-token-of-some-length' },
      alerts: {
        webhookUrl: 'https://hooks.example.com/T0/secret?x=1',
        freshnessHours: 50,
        restatementAlert: '0.50',
      },
      logLevel: 'warn',
    });
    expect(
      config.organizations[0]?.datasets.every(({ start }) => start?.toISOString() === '2026-01-31T00:00:00.000Z'),
    ).toBe(true);
  });

  it('counts an empty variable as not set, as container tools pass it', () => {
    expect(
      load({ env: env({ DATABASE_URL: '', USAGE_ETL_CONFIG: ' ', USAGE_ETL_WIDTHS: '' }) }).databaseUrl,
    ).toBeNull();
  });

  it('loads costs at days whatever widths are asked for, and the other datasets at those', () => {
    const settings = load({ env: env({ USAGE_ETL_WIDTHS: '1m,1h' }) }).organizations[0]?.datasets ?? [];
    const widthsOf = (name: string) =>
      settings.filter(({ dataset }) => dataset.name === name).map(({ width }) => width);
    expect(widthsOf('costs')).toEqual(['1d']);
    expect(widthsOf('costs_by_user')).toEqual(['1d']);
    expect(widthsOf('completions')).toEqual(['1m', '1h']);
  });

  it('reaches back by default as far as a handful of requests do', () => {
    const settings = load({ env: env({ USAGE_ETL_WIDTHS: '1m,1h,1d' }) }).organizations[0]?.datasets ?? [];
    const days = settings
      .filter(({ dataset }) => dataset.name === 'images')
      .map(({ width, defaultDays }) => [width, defaultDays]);
    expect(Object.fromEntries(days)).toEqual({ '1d': 365, '1h': 30, '1m': 2 });
  });

  it.each([
    ['OPENAI_BASE_URL', 'http://api.example.com/v1', 'http to loopback'],
    ['OPENAI_BASE_URL', 'https://user:secret-word@api.example.com', 'no user'],
    ['OPENAI_BASE_URL', 'not a url', 'https'],
    ['DATABASE_URL', 'mysql://root:secret-word@db/x', 'postgres://'],
    ['DATABASE_URL', 'postgres://a:secret-word@ho st/x', 'postgres://'],
    ['USAGE_ETL_START', '2026-02-30', 'YYYY-MM-DD'],
    ['USAGE_ETL_START', '2026-13-01', 'YYYY-MM-DD'],
    ['USAGE_ETL_START', '2026-01-01T10:00:00', 'ISO instant'],
    ['USAGE_ETL_START', '2027-01-01', 'not in the future'],
    ['USAGE_ETL_WIDTHS', '1d,5m', '1m, 1h, 1d'],
    ['USAGE_ETL_CONCURRENCY', '0', '1 to 32'],
    ['USAGE_ETL_CONCURRENCY', '33', '1 to 32'],
    ['USAGE_ETL_CONCURRENCY', '1.5', '1 to 32'],
    ['USAGE_ETL_CONCURRENCY', 'many', '1 to 32'],
    ['USAGE_ETL_SCHEDULE', 'every night', 'cron'],
    ['USAGE_ETL_SCHEDULE', '0 3 1 * 1', 'not both'],
    ['USAGE_ETL_SCHEDULE', '0 0 3 1,15 * MON-FRI', 'not both'],
    ['USAGE_ETL_TIMEZONE', 'Mars/Olympus', 'IANA'],
    ['LOG_LEVEL', 'loud', 'trace, debug'],
  ])('refuses %s=%s by name, with what is accepted', (name, value, accepted) => {
    const error = refusal(() => load({ env: env({ [name]: value }) }));
    expect(error).toMatchObject({ code: 'config_invalid', exit: 2 });
    expect(error.problems.map(({ where }) => where)).toEqual([name]);
    expect(error.message).toContain(accepted);
    expect(error.message).not.toContain('secret-word');
  });

  it('reports every problem at once', () => {
    const error = refusal(() =>
      load({ env: { OPENAI_ADMIN_KEY: '', LOG_LEVEL: 'loud', USAGE_ETL_WIDTHS: '2h', USAGE_ETL_CONCURRENCY: '99' } }),
    );
    expect(error.problems.map(({ where }) => where).toSorted()).toEqual([
      'LOG_LEVEL',
      'OPENAI_ADMIN_KEY',
      'USAGE_ETL_CONCURRENCY',
      'USAGE_ETL_WIDTHS',
    ]);
    expect(error.code).toBe('config_invalid');
  });

  it('suggests the name that was most likely meant', () => {
    expect(refusal(() => load({ env: env({ LOG_LEVEL: 'debgu' }) })).problems[0]?.suggestion).toBe('debug');
  });
});
