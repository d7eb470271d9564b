import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalog/dataset.ts';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { moderations } from '../../src/catalog/datasets/moderations.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { runCheck } from '../../src/run/check.ts';
import { silentProgress } from '../../src/run/report.ts';
import { adminKey, liveThroughNights, type Nights, organization } from '../support/nights.ts';
import { type Answer, type AskedOf, bucket, page, type ScriptedApi, scriptedApi } from '../support/scripted-api.ts';

const daySeconds = 86_400;

/** An organization as its answers show it. */
interface Shown {
  /** Begins the ids of its projects and keys. */
  readonly name: string;
  readonly projects?: number;
  readonly keys?: number;
  /** `organization_id` of its costs. */
  readonly id?: string | null;
  /** The header openai-organization, which may be on some answers alone. */
  readonly header?: string | null | ((asked: AskedOf) => string | null);
  /** Its days hold nothing on this path. */
  readonly empty?: string;
}

/** Answers usage, costs and lists as an organization's that works every day alike. */
function answers({ name, projects = 1, keys = 1, id = null, header = null, empty }: Shown) {
  return (asked: AskedOf): Answer => {
    const said = typeof header === 'function' ? header(asked) : header;
    const headers = said === null ? {} : { 'openai-organization': said };
    if (asked.start === null) return { ...list(name, asked.path), headers };
    const days: unknown[] = [];
    for (let start = asked.start; start < (asked.end ?? asked.start + daySeconds); start += daySeconds) {
      const results = asked.path === empty ? [] : resultsOf(asked, { name, projects, keys, id });
      days.push(bucket(start, daySeconds, results));
    }
    return { ...page(days), headers };
  };
}

function resultsOf(
  asked: AskedOf,
  { name, projects, keys, id }: Required<Pick<Shown, 'name' | 'projects' | 'keys' | 'id'>>,
) {
  const isMoney = asked.path.endsWith('/costs');
  return Array.from({ length: Math.max(projects, keys) }, (_, index) => {
    const group = {
      project_id: asked.groupBy.includes('project_id') ? `proj_${name}_${index % projects}` : null,
      api_key_id: asked.groupBy.includes('api_key_id') ? `key_${name}_${index % keys}` : null,
    };
    return isMoney
      ? {
          object: 'organization.costs.result',
          amount: { value: 10, currency: 'usd' },
          ...group,
          ...(id === null ? {} : { organization_id: id }),
        }
      : {
          object: asked.path.endsWith('moderations')
            ? 'organization.usage.moderations.result'
            : 'organization.usage.completions.result',
          input_tokens: 5,
          output_tokens: 5,
          num_model_requests: 1,
          ...group,
        };
  });
}

function list(name: string, path: string): Answer {
  const data = path.endsWith('/projects')
    ? [{ id: `proj_${name}_0`, name: `Project of ${name}`, status: 'active' }]
    : [];
  return { body: { object: 'list', data, has_more: false, first_id: null, last_id: null } };
}

describe('answers of another organization', () => {
  let api: ScriptedApi;
  let nights: Nights;
  const start = async (first: Shown, datasets: readonly Dataset[] = [completions, costs]) => {
    api = await scriptedApi(answers(first));
    nights = await liveThroughNights({
      datasets,
      days: 8,
      config: { baseUrl: api.url, directory: { hours: 1, personalData: true } },
    });
    expect(await nights.sync()).toMatchObject({ exit_code: 0 });
    nights.clock.advance(daySeconds * 1000);
  };
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  /** Everything that a refused run must leave alone. */
  const written = async () => {
    const { rows } = await nights.database.pool.query(
      `select (select json_agg(c order by bucket_start, series_id) from openai.costs c) as costs,
         (select json_agg(u order by bucket_start, series_id) from openai.usage_completions u) as usage,
         (select json_agg(b order by dataset, bucket_start) from openai_etl.buckets b) as ledger,
         (select json_agg(p order by project_id) from openai.projects p) as projects,
         (select json_agg(c order by dataset) from openai_etl.capabilities c) as capabilities,
         (select json_agg(o order by org_id) from openai_etl.organizations o) as identity`,
    );
    return rows[0];
  };
  const refusesToLoad = async (other: Shown) => {
    const before = await written();
    api.answerWith(answers(other));
    const refused = await nights.sync();
    expect(refused).toMatchObject({ status: 'failed', exit_code: 1, errors: [{ code: 'other_organization' }] });
    expect(await written()).toEqual(before);
    return refused;
  };
  const loads = async (next: Shown) => {
    api.answerWith(answers(next));
    expect(await nights.sync()).toMatchObject({ status: 'ok', exit_code: 0, errors: [] });
  };

  it.each([
    ['the id in their costs', { id: 'org-a' }, { id: 'org-b' }],
    ['their header', { header: 'a-inc' }, { header: 'b-inc' }],
    ['the id, though the header is the same', { id: 'org-a', header: 'x' }, { id: 'org-b', header: 'x' }],
    ['a header on usage alone', { header: 'a-inc' }, { header: onUsage('b-inc') }],
    ['20 ids of which none comes again', { projects: 4, keys: 16 }, { projects: 4, keys: 16 }],
    ['a header, where an id was known and is gone', { id: 'org-a', header: 'a-inc' }, { header: 'b-inc' }],
    [
      'its ids, where the header that was known is gone',
      { header: 'a-inc', projects: 4, keys: 16 },
      { projects: 4, keys: 16 },
    ],
    [
      'its ids, where nothing was known and a header comes',
      { projects: 4, keys: 16 },
      { projects: 4, keys: 16, header: 'b-inc', id: 'org-b' },
    ],
  ])('are refused by %s, before anything is written', async (_, known, other) => {
    await start({ name: 'a', ...known });
    const refused = await refusesToLoad({ name: 'b', ...other });
    expect(refused.errors[0]?.message).toMatch(/^acme: .*(known by .*, received |none of the 20 )/);
    expect(refused.errors[0]?.remedy).toContain('sync --adopt-organization');
  });

  it('are refused where only usage is read', async () => {
    await start({ name: 'a', header: 'a-inc' }, [completions, moderations]);
    await refusesToLoad({ name: 'b', header: 'b-inc' });
  });

  it('are refused when only the lists of names show it', async () => {
    await start({ name: 'a', header: 'a-inc' });
    const { projects } = await written();
    api.answerWith((asked) => answers({ name: 'b', header: asked.start === null ? 'b-inc' : null })(asked));
    expect(await nights.sync()).toMatchObject({ exit_code: 1, errors: [{ code: 'other_organization' }] });
    expect((await written()).projects).toEqual(projects);
  });

  it('are refused by a preview as well, which remembers nothing', async () => {
    await start({ name: 'a', id: 'org-a' });
    api.answerWith(answers({ name: 'b', id: 'org-b' }));
    const before = await written();
    expect(await nights.sync({ preview: true })).toMatchObject({ exit_code: 1 });
    expect(await nights.sync({ preview: true, adoptOrganization: true })).toMatchObject({ errors: [] });
    expect(await written()).toEqual(before);
  });

  it('are loaded once they are adopted, and those of the first are refused from then on', async () => {
    await start({ name: 'a', id: 'org-a', header: 'a-inc' });
    api.answerWith(answers({ name: 'b', id: 'org-b' }));
    expect(await nights.sync({ adoptOrganization: true, acceptRestatement: true })).toMatchObject({ exit_code: 0 });
    await loads({ name: 'b', id: 'org-b' });
    await refusesToLoad({ name: 'a', id: 'org-a', header: 'a-inc' });
  });

  it('are told from those of one that changed: fewer ids than 20, projects that stay, a header that changed, an id that appears', async () => {
    await start({ name: 'a', keys: 15 });
    await loads({ name: 'c', keys: 15 });
    await loads({ name: 'c', keys: 15, header: 'c-inc' });
    await loads({ name: 'c', keys: 30, header: 'c-inc', id: 'org-c' });
    await loads({ name: 'c', keys: 30, header: 'renamed', id: 'org-c' });
    expect((await written()).identity).toMatchObject([
      { org_id: organization, organization_id: 'org-c', organization_header: 'renamed' },
    ]);
  });

  it('are a red line of check, with what to do', async () => {
    await start({ name: 'a', id: 'org-a' });
    expect(await check()).toMatchObject({ exit_code: 0 });
    api.answerWith(answers({ name: 'b', id: 'org-b' }));
    const report = await check();
    expect(report).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([
      {
        org_id: organization,
        name: 'organization',
        status: 'failed',
        detail: expect.stringContaining('known by organization_id org-a, received org-b'),
        remedy: expect.stringContaining('--adopt-organization'),
      },
    ]);
  });

  it('differ from what is stored, says verify, before it compares a sum with them', async () => {
    await start({ name: 'a', id: 'org-a' }, [costs]);
    api.answerWith(answers({ name: 'b', id: 'org-b' }));
    const report = await nights.verify();
    expect(report).toMatchObject({ exit_code: 1, checked: [{ errors: [{ code: 'other_organization' }] }] });
    const { rows } = await nights.database.pool.query('select from openai_etl.tie_outs');
    expect(rows).toEqual([]);
  });

  const check = () => checkOf(nights.config, nights.clock);

  it('an answer without anything is no other organization: the guard against mass removal has it', async () => {
    await start({ name: 'a', keys: 30 });
    api.answerWith(answers({ name: 'a', keys: 30, empty: '/organization/costs' }));
    const report = await nights.sync();
    expect(report).toMatchObject({ exit_code: 3, errors: [] });
    expect(report.datasets.flatMap(({ errors }) => errors)).toMatchObject([{ code: 'mass_removal' }]);
  });

  it('costs no request: what was read to find out is what is loaded', async () => {
    await start({ name: 'a', id: 'org-a', header: 'a-inc' });
    const before = api.requests.filter(({ start: from }) => from !== null).length;
    await loads({ name: 'a', id: 'org-a', header: 'a-inc' });
    expect(api.requests.filter(({ start: from }) => from !== null).length - before).toBe(2);
  });

  function onUsage(header: string) {
    return ({ path }: AskedOf) => (path.includes('/usage/') ? header : null);
  }
});

/** What check says of a configuration. */
function checkOf(config: Nights['config'], clock: Nights['clock']) {
  const loaded = loadConfig({ env: { OPENAI_ADMIN_KEY: adminKey }, cwd: tmpdir(), configFile: null, clock });
  return runCheck({
    config: { ...loaded, ...config },
    clock,
    log: silentLog,
    progress: silentProgress,
    signal: new AbortController().signal,
  });
}

describe('two names for one organization', () => {
  let api: ScriptedApi;
  let nights: Nights;
  beforeEach(async () => {
    api = await scriptedApi((asked) =>
      answers(asked.adminKey === 'sk-admin-third' ? { name: 'c', id: 'org-c' } : { name: 'a', id: 'org-a' })(asked),
    );
    nights = await liveThroughNights({ datasets: [costs], days: 5, config: { baseUrl: api.url } });
  });
  afterEach(async () => {
    await nights.close();
    await api.close();
  });

  it('are refused, whatever was loaded of the first', async () => {
    const [one] = nights.config.organizations;
    const datasets = one?.datasets ?? [];
    const named = (name: string, key: string) => ({ name, adminKey: key, datasets });
    const config = {
      ...nights.config,
      organizations: [named('one', adminKey), named('two', 'sk-admin-second'), named('three', 'sk-admin-third')],
    };
    for (const exit_code of [1, 1]) {
      const report = await nights.sync({}, { config });
      expect(report).toMatchObject({ exit_code, errors: [{ org_id: 'two', code: 'organization_repeated' }] });
      expect(report.errors[0]?.message).toContain('two and one are one organization');
    }
    const report = await checkOf(config, nights.clock);
    expect(report).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(report.checks.filter(({ status }) => status === 'failed')).toMatchObject([
      { org_id: 'two', name: 'organization', detail: expect.stringContaining('two and one are one organization') },
    ]);
    const { rows } = await nights.database.pool.query('select distinct org_id from openai.costs order by 1');
    expect(rows).toEqual([{ org_id: 'one' }, { org_id: 'three' }]);
  });
});
