import { datasetNames, type Setting, settings } from '../../config.ts';

/** The commented configuration file that `init` writes. As written it changes nothing. */
export function configurationTemplate(): string {
  return [
    '# Configuration of usage-etl. Every line is optional; the environment wins over this file.',
    '# Keys do not belong here: name the variable or the file that holds one.',
    ...Object.entries(settings).flatMap(([name, setting]) => ['', ...settingLines(name, setting)]),
    '',
    ...scheduleLines,
    '',
    ...organizationLines,
    '',
    ...tierWeightLines,
    '',
    ...datasetLines(),
    '',
  ].join('\n');
}

function settingLines(name: string, { env, doc, default: standard, example }: Setting): readonly string[] {
  const variable = env === null ? '' : ` Environment: ${env}.`;
  return [`# ${doc}`, `# Default: ${standard}.${variable}`, `#${name}: ${example}`];
}

const scheduleLines = [
  '# More schedules than one stand in a list, in place of schedule above:',
  "# schedules: [{ name: nightly, cron: '17 3 * * *' }, { name: hourly, cron: '47 * * * *', days: 2 }]",
];

const organizationLines = [
  '# Organizations, each with its own admin key. Without this list there is one, named default, with the key in',
  '# OPENAI_ADMIN_KEY or in the file that OPENAI_ADMIN_KEY_FILE names. A key file must be readable by its owner only.',
  '#organizations:',
  '#  - name: production',
  '#    admin_key_env: OPENAI_ADMIN_KEY_PRODUCTION',
  '#  - name: research',
  '#    admin_key_file: /run/secrets/openai-admin-key-research',
];

const tierWeightLines = [
  '# What a token of a service tier counts for, in thousandths of a standard one, where a line of the bill mixes tiers.',
  '# The first that fits the tier, the model (* stands for anything) and the day of usage counts; then the weights above,',
  '# then the published price factors.',
  '#tier_weights:',
  '#  - { tier: fast, models: gpt-5.5, weight_thousandths: 2500 }',
  '#  - { tier: ultrafast, models: gpt-6.2-sol, weight_thousandths: 3000, until: 2027-02-28 }',
];

function datasetLines(): readonly string[] {
  return [
    '# What to read of each dataset, where it is to differ. Every part is optional.',
    `# Datasets: ${datasetNames.slice(0, 7).join(', ')},`,
    `# ${datasetNames.slice(7).join(', ')}.`,
    '#datasets:',
    '#  completions:',
    '#    enabled: true',
    '#    widths: [1d, 1h]',
    '#    # Fewer dimensions make fewer rows. Default: all that the dataset has.',
    '#    group_by: [project_id, user_id, api_key_id, model, batch, service_tier, api_source]',
    '#    # Only what matches is counted: the sums then no longer cover the whole organization.',
    '#    filters:',
    '#      models: [gpt-5.4-mini]',
    '#    start: 2026-01-01',
    '#    # Days after which a bucket is no longer read again. Default: 3 for usage (half a day for 1m), 7 for costs.',
    '#    settle_days: 3',
  ];
}
