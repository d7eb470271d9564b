import { describe, expect, test } from 'vitest';
import { adminKey, load, loadYaml, refusal } from './fixture.ts';

const fromEnvironment = (env: Record<string, string>) =>
  load({ env: { OPENAI_ADMIN_KEY: adminKey, ...env } }).directory;

describe('names', () => {
  test('are read every 12 hours, those of people too, unless something else is said', () => {
    expect(load().directory).toEqual({ hours: 12, personalData: true });
    expect(loadYaml('directory_hours: 24\npersonal_data: false\n').directory).toEqual({
      hours: 24,
      personalData: false,
    });
    expect(fromEnvironment({ USAGE_ETL_DIRECTORY_HOURS: '0' })).toEqual({ hours: 0, personalData: true });
  });

  test.each(['false', 'FALSE', ' False '])('of people are switched off by %j', (text) => {
    expect(fromEnvironment({ USAGE_ETL_PERSONAL_DATA: text })).toMatchObject({ personalData: false });
  });

  test.each(['no', '0', 'off', 'constructor'])('of people are never kept by mistake: %j is refused', (text) => {
    const { problems } = refusal(() => fromEnvironment({ USAGE_ETL_PERSONAL_DATA: text }));
    expect(problems).toMatchObject([{ where: 'USAGE_ETL_PERSONAL_DATA', accepted: 'true or false' }]);
  });
});
