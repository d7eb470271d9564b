import { describe, expect, it } from 'vitest';
import { adminKey, load, loadYaml, refusal } from './fixture.ts';

const env = (more: Record<string, string>) => ({ OPENAI_ADMIN_KEY: adminKey, ...more });
const problemsWith = (attempt: () => unknown) =>
  refusal(attempt).problems.map(({ where, received }) => [where, received]);

describe('the schedules', () => {
  it('are several, each with what it does, how far back and for whom', () => {
    const { schedules } = loadYaml(
      `timezone: Europe/Berlin
schedules:
  - { name: nightly, cron: '17 3 * * *' }
  - name: hourly
    cron: '47 * * * *'
    timezone: UTC
    datasets: [completions, costs]
    organizations: [default]
    days: 2
    jitter_seconds: 0
  - { name: weekly-proof, cron: '0 6 * * 1', command: verify, days: 40 }
`,
    );
    expect(schedules).toEqual([
      {
        name: 'nightly',
        cron: '17 3 * * *',
        timezone: 'Europe/Berlin',
        command: 'sync',
        organizations: null,
        datasets: null,
        days: null,
        jitterSeconds: 60,
      },
      {
        name: 'hourly',
        cron: '47 * * * *',
        timezone: 'UTC',
        command: 'sync',
        organizations: ['default'],
        datasets: ['completions', 'costs'],
        days: 2,
        jitterSeconds: 0,
      },
      {
        name: 'weekly-proof',
        cron: '0 6 * * 1',
        timezone: 'Europe/Berlin',
        command: 'verify',
        organizations: null,
        datasets: null,
        days: 40,
        jitterSeconds: 60,
      },
    ]);
  });

  it('are refused where one is no cron expression, has a name twice, or names what there is not', () => {
    const yaml = `schedules:
  - { name: nightly, cron: '17 3 * * *', organizations: [defualt] }
  - { name: nightly, cron: '0 0 * * *' }
`;
    expect(problemsWith(() => loadYaml(yaml))).toEqual([
      ['usage-etl.yaml:2 schedules[0].organizations', 'no organization is called defualt'],
      ['usage-etl.yaml:3 schedules[1].name', 'the name nightly again'],
    ]);
    const broken = "schedules:\n  - { name: nightly, cron: '61 3 * * *', datasets: [complations], days: 0 }\n";
    expect(problemsWith(() => loadYaml(broken)).map(([where]) => where)).toEqual([
      'usage-etl.yaml:2 schedules[0].cron',
      'usage-etl.yaml:2 schedules[0].datasets[0]',
      'usage-etl.yaml:2 schedules[0].days',
    ]);
  });

  it.each(['0 3 1 * 1', '0 3 1-31 * 1-5', '30 0 3 L * MON'])(
    'are refused at %s, which cron and other programs read differently',
    (cron) => {
      const yaml = `schedules:\n  - { name: monthly, cron: '${cron}' }\n`;
      expect(problemsWith(() => loadYaml(yaml)).map(([where]) => where)).toEqual([
        'usage-etl.yaml:2 schedules[0].cron',
      ]);
    },
  );

  it.each(['0 3 1 * *', '0 3 * * 1', '0 3 */2 * 1', '0 3 ? * 1', '@monthly', '0 0 3 1 * *'])('may be %s', (cron) => {
    const yaml = `schedules:\n  - { name: monthly, cron: '${cron}' }\n`;
    expect(loadYaml(yaml).schedules.map((schedule) => schedule.cron)).toEqual([cron]);
  });

  it('stand either in a list or in the one setting', () => {
    const yaml = "schedules:\n  - { name: nightly, cron: '17 3 * * *' }\n";
    expect(problemsWith(() => loadYaml(yaml, { USAGE_ETL_SCHEDULE: '0 4 * * *' }))).toEqual([
      ['schedule, schedules', 'both are set'],
    ]);
  });
});

describe('the service', () => {
  it('needs a token to be reached from beyond this machine', () => {
    expect(problemsWith(() => load({ env: env({ USAGE_ETL_HTTP_HOST: '0.0.0.0' }) }))).toEqual([
      ['http_host', '0.0.0.0 is open to others, without http_token'],
    ]);
    const token = 'a-token-of-some-length';
    expect(load({ env: env({ USAGE_ETL_HTTP_HOST: '::', USAGE_ETL_HTTP_TOKEN: token }) }).http).toEqual({
      host: '::',
      port: 8787,
      token,
    });
    expect(load({ env: env({ USAGE_ETL_HTTP_HOST: '::1' }) }).http.token).toBeNull();
  });

  it('shows neither a token nor a webhook that it refuses', () => {
    const error = refusal(() =>
      load({
        env: env({ USAGE_ETL_HTTP_TOKEN: 'hush hush', USAGE_ETL_WEBHOOK_URL: 'http://hooks.example.com/T0/hush' }),
      }),
    );
    expect(error.problems.map(({ where }) => where)).toEqual(['USAGE_ETL_WEBHOOK_URL', 'USAGE_ETL_HTTP_TOKEN']);
    expect(error.message).not.toContain('hush');
  });

  it('takes the amount of an alert as digits, never as a double', () => {
    expect(loadYaml('restatement_alert: 0.1\n').alerts.restatementAlert).toBe('0.1');
    expect(refusal(() => loadYaml('restatement_alert: -1\n')).problems).toHaveLength(1);
  });
});
