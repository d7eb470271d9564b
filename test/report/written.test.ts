import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addDecimals, formatDecimal, parseDecimal, zero } from '../../src/parse/decimal.ts';
import type { CurrencySpend, ReportData } from '../../src/report/data.ts';
import { readReportData } from '../../src/run/report-data.ts';
import { writeReport } from '../../src/run/write-report.ts';
import { emptyFolder, run, runJson } from '../cli/command.ts';
import { faintTexts, overflow } from '../serve/support/in-page.ts';
import { type BiWorld, biWorld } from '../support/bi-world.ts';
import { launchBrowser } from '../support/browser.ts';
import { testDatabase } from '../support/postgres.ts';

// A world of every dataset, and processes of their own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const from = '2026-10-20';
const to = '2026-11-24';

let world: BiWorld;
let data: ReportData;

beforeAll(async () => {
  world = await biWorld();
  const { pool } = world.nights.database;
  data = await readReportData(pool, { organizations: null, from, to }, world.nights.clock.now());
});

afterAll(() => world.close());

async function rowsOf<Row extends object>(sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> {
  const { rows } = await world.nights.database.pool.query<Row>(sql, [...values]);
  return rows;
}

function sum(texts: readonly string[]): string {
  return formatDecimal(texts.reduce((total, text) => addDecimals(total, parseDecimal(text) ?? zero), zero));
}

interface Billed {
  readonly currency: string;
  readonly amount: string;
}

describe('the numbers of the report', () => {
  it('are the bill to the last digit, one currency beside the other', async () => {
    const billed = await rowsOf<Billed>(
      `select upper(amount_currency) as currency, trim_scale(sum(amount_value))::text as amount from openai.costs
       where bucket_start >= $1 and bucket_start < $2 group by 1 order by sum(amount_value) desc`,
      `${from}T00:00:00Z`,
      `${to}T00:00:00Z`,
    );
    expect(billed.map(({ currency }) => currency)).toEqual(['USD', 'EUR']);
    expect(billed[0]?.amount).toMatch(/\.\d{18,}$/);
    expect(data.spend.map(({ currency, amount }) => ({ currency, amount }))).toEqual(billed);
  });

  it('add up to it in every cut, day by day and with what belongs to nobody', () => {
    for (const spend of data.spend) {
      expect(spend.breakdowns.map(({ dimension }) => dimension)).toEqual(['model', 'project', 'user']);
      for (const cut of spend.breakdowns)
        expect(everythingOf(cut), `${spend.currency} by ${cut.dimension}`).toBe(spend.amount);
      expect(sum(spend.daily.days.map(({ total }) => total))).toBe(spend.amount);
      expect(sum(spend.daily.families.map(({ amount }) => amount))).toBe(spend.amount);
      const { billed, allocated, unattributed, difference } = spend.reconciliation;
      expect({ billed, difference }).toEqual({ billed: spend.amount, difference: '0' });
      expect(sum([allocated, unattributed])).toBe(billed);
      expect(cutBy(spend, 'user').unattributed.amount).toBe(unattributed);
    }
  });

  it('keep what nobody can be named for apart from usage of nobody, with its reasons', () => {
    const [usd] = data.spend;
    if (usd === undefined) throw new Error('no dollars');
    const { rows, rest, unattributed } = cutBy(usd, 'user');
    expect([...rows, ...(rest?.rows ?? [])].map(({ label }) => label)).toContain('(no user)');
    expect(unattributed.reasons.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['credit', 'unparsed_line_item', 'no_line_item']),
    );
    expect(sum(unattributed.reasons.map(({ amount }) => amount))).toBe(unattributed.amount);
    expect(cutBy(usd, 'model').unattributed.reasons.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['unparsed_line_item', 'no_line_item']),
    );
    expect(data.unparsed).toContainEqual(
      expect.objectContaining({ line_item: 'quantum flux, third harmonic', currency: 'USD' }),
    );
  });

  it('count tokens once: what the cache served is in no other class', async () => {
    const [stored] = await rowsOf<{ tokens: string; cached: string }>(
      `select sum(input_tokens + output_tokens)::text as tokens, sum(input_cached_tokens)::text as cached
       from (select usage_date_utc, input_tokens, output_tokens, input_cached_tokens from openai_bi.usage_completions_daily
         union all select usage_date_utc, input_tokens, output_tokens, input_cached_tokens from openai_bi.usage_decisions_daily
         union all select usage_date_utc, input_tokens, 0, 0 from openai_bi.usage_embeddings_daily
         union all select usage_date_utc, input_tokens, 0, 0 from openai_bi.usage_moderations_daily) as used
       where usage_date_utc >= $1::date and usage_date_utc < $2::date`,
      from,
      to,
    );
    const { classes } = data.tokens;
    expect(sum(classes.map(({ tokens }) => tokens))).toBe(stored?.tokens);
    expect(classes.find(({ name }) => name === 'Input from the cache')?.tokens).toBe(stored?.cached);
    for (const { daily, tokens } of classes) expect(sum(daily)).toBe(tokens);
  });

  it('show what was restated, in money, with the bill before and after', () => {
    const restated = data.restatements.find(({ day, currency }) => day === world.restatedDay && currency === 'USD');
    expect(restated).toBeDefined();
    expect(sum([restated?.billed_before ?? '', restated?.change ?? ''])).toBe(restated?.billed);
    const index = data.days.findIndex(({ date }) => date === world.restatedDay);
    expect(restated?.billed).toBe(data.spend[0]?.daily.days[index]?.total);
  });

  it('know the prices, the storage and the freshness of everything', () => {
    const [usd] = data.spend;
    expect(usd?.prices.length).toBeGreaterThan(5);
    for (const { prices } of usd?.prices ?? []) expect(prices).toHaveLength(data.days.length);
    expect(data.storage?.projects.length).toBeGreaterThan(0);
    expect(sum(data.storage?.projects.map(({ gib_hours }) => gib_hours) ?? [])).toBe(data.storage?.gib_hours);
    expect(new Set(data.freshness.map(({ dataset }) => dataset)).size).toBe(13);
    expect(usd?.month?.month).toBe('2026-11');
    expect(Number(usd?.month?.forecast)).toBeGreaterThan(Number(usd?.month?.amount));
  });

  it('call a day missing that was never read, and final only what is settled', async () => {
    const states = new Map(data.days.map(({ date, costs }) => [date, costs]));
    expect(states.get('2026-10-20')).toBe('final');
    expect(states.get('2026-11-23')).toBe('loaded');
    const early = await readReportData(
      world.nights.database.pool,
      { organizations: null, from: '2026-09-01', to: '2026-10-20' },
      world.nights.clock.now(),
    );
    expect(early.days[0]).toMatchObject({ date: '2026-09-01', costs: 'missing', usage: 'missing' });
    expect(early.previous.days_missing).toBe(early.days.length);
  });

  it('are of the asked organizations only', async () => {
    const scope = { organizations: ['another'], from, to };
    const other = await readReportData(world.nights.database.pool, scope, world.nights.clock.now());
    expect(other).toMatchObject({ spend: [], storage: null, freshness: [], restatements: [], anomalies: [] });
    expect(new Set(other.days.map(({ costs }) => costs))).toEqual(new Set(['missing']));
  });
});

function cutBy({ breakdowns }: CurrencySpend, wanted: string) {
  const cut = breakdowns.find(({ dimension }) => dimension === wanted);
  if (cut === undefined) throw new Error(`no cut by ${wanted}`);
  return cut;
}

function everythingOf({ rows, rest, unattributed }: CurrencySpend['breakdowns'][number]): string {
  if (rest !== null) expect(sum(rest.rows.map(({ amount }) => amount))).toBe(rest.amount);
  return sum([...rows.map(({ amount }) => amount), rest?.amount ?? '0', unattributed.amount]);
}

describe('usage-etl report', () => {
  const env = () => ({ DATABASE_URL: world.nights.database.url });

  it('writes one file, says what is in it, and replaces it whole the next time', async () => {
    const cwd = emptyFolder();
    const args = ['report', '--from', from, '--to', to, '--out', 'spend.html'];
    const { exit, document, stderr } = await runJson(args, { cwd, env: env() });
    expect(exit, stderr).toBe(0);
    expect(document).toMatchObject({
      file: join(cwd, 'spend.html'),
      organizations: ['acme'],
      from,
      to,
      days_missing: 0,
      spend: data.spend.map(({ currency, amount }) => ({ currency, amount, difference: '0' })),
    });
    const { stdout } = await run(args, { cwd, env: env() });
    expect(stdout).toMatch(
      /^Wrote spend\.html\. Open it in a browser\.\n {2}\$[\d,.]+ from 2026-10-20 to 2026-11-24, /,
    );
    expect(await readdir(cwd)).toEqual(['spend.html']);
    expect(await readFile(join(cwd, 'spend.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  it('needs no more rights than a reader has', async () => {
    const suffix = randomBytes(4).toString('hex');
    const { pool, url } = world.nights.database;
    const roles = await readFile(join(import.meta.dirname, '../../docs/roles.sql'), 'utf8');
    await pool.query(roles.replaceAll(/openai_(owner|writer|reader)/g, `$&_${suffix}`));
    await pool.query(`alter role openai_reader_${suffix} password 'reads only'`);
    onTestFinished(async () => {
      await pool.query(`drop owned by openai_reader_${suffix}, openai_writer_${suffix}`);
      await pool.query(`reassign owned by openai_owner_${suffix} to current_user`);
      await pool.query(`drop owned by openai_owner_${suffix}`);
      for (const role of ['reader', 'writer', 'owner']) await pool.query(`drop role openai_${role}_${suffix}`);
    });
    const reader = new URL(url);
    reader.username = `openai_reader_${suffix}`;
    reader.password = 'reads only';
    const { exit, document, stderr } = await runJson(['report', '--from', from, '--to', to], {
      env: { DATABASE_URL: reader.href },
    });
    expect(exit, stderr).toBe(0);
    expect(document).toMatchObject({ spend: data.spend.map(({ currency, amount }) => ({ currency, amount })) });
  });

  it('refuses hours, days to come and organizations it does not know', async () => {
    const args = ['report', '--from', '2026-10-01T05:00:00Z', '--to', '2026-10-20T00:00:30Z'];
    const { exit, stderr } = await run(args, { env: env() });
    expect(exit).toBe(2);
    expect(stderr).toContain('--from');
    expect(stderr).toContain('--to');
    expect((await run(['report', '--from', '2999-01-01'], { env: env() })).exit).toBe(2);
    expect((await run(['report', '--org', 'nobody'], { env: env() })).exit).toBe(2);
  });

  it('leaves the page that is there when it cannot write another', async () => {
    const folder = emptyFolder();
    // The name fits, and that under which the new page is put together does not.
    const file = join(folder, `${'spend'.repeat(48)}.html`);
    await writeFile(file, 'the page of yesterday');
    const { store, clock, context } = world.nights;
    const options = { file, organizations: null, from, to };
    await expect(writeReport({ store, clock, signal: context.signal }, options)).rejects.toMatchObject({
      code: 'folder_unusable',
      exit: 1,
    });
    expect(await readFile(file, 'utf8')).toBe('the page of yesterday');
    await expect(
      writeReport({ store, clock, signal: context.signal }, { ...options, file: join(folder, 'no/such/folder.html') }),
    ).rejects.toThrow(dirname('no/such/folder.html'));
  });

  it('sees one instant from its first question to its last, whatever is loaded meanwhile', async () => {
    const { clock, context, database } = world.nights;
    const change = (amount: string) =>
      database.pool.query(
        `update openai.costs set amount_value = amount_value + $1::numeric
         where series_id = (select series_id from openai.costs order by bucket_start desc, series_id limit 1)`,
        [amount],
      );
    let questions = 0;
    const client = await database.pool.connect();
    const watched = {
      query: async (sql: string, values?: unknown[]) => {
        const answer = await client.query(sql, values);
        if (sql.includes('cost_daily') && questions++ === 0) await change('1000');
        return answer;
      },
      release: () => client.release(),
    };
    const store = { pool: Object.assign(Object.create(database.pool), { connect: async () => watched }) };
    const written = await writeReport(
      { store, clock, signal: context.signal },
      { file: join(emptyFolder(), 'spend.html'), organizations: null, from, to },
    );
    await change('-1000');
    expect(questions).toBeGreaterThan(5);
    expect(written.spend[0]).toMatchObject({ amount: data.spend[0]?.amount, difference: '0' });
  });

  it('shows the thirty closed days before the present one unless told otherwise', async () => {
    const { store, clock, context } = world.nights;
    const written = await writeReport(
      { store, clock, signal: context.signal },
      { file: join(emptyFolder(), 'spend.html'), organizations: null, from: null, to: null },
    );
    expect(written).toMatchObject({ from: '2026-10-25', to: '2026-11-24', days_missing: 0 });
    const future = await writeReport(
      { store, clock, signal: context.signal },
      { file: join(emptyFolder(), 'spend.html'), organizations: null, from: '2026-11-24', to: '2027-01-01' },
    );
    expect(future).toMatchObject({ from: '2026-11-24', to: '2026-11-25' });
  });

  it('tells of a store without anything in it that nothing is loaded', async () => {
    const empty = await testDatabase();
    onTestFinished(empty.close);
    const cwd = emptyFolder();
    const { exit, stdout, stderr } = await run(['report'], { cwd, env: { DATABASE_URL: empty.url } });
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('No costs are loaded from ');
    expect(await readFile(join(cwd, 'openai-usage.html'), 'utf8')).toContain('<h1>No costs are loaded</h1>');
  });

  it('makes a page that fits a telephone and a desk, can be read, and asks for nothing', async () => {
    const file = join(emptyFolder(), 'spend.html');
    const { store, clock, context } = world.nights;
    await writeReport({ store, clock, signal: context.signal }, { file, organizations: null, from, to });
    const browser = await launchBrowser();
    try {
      for (const width of [390, 1280]) {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        const noticed: string[] = [];
        page.on('console', (message) => noticed.push(message.text()));
        page.on('pageerror', (error) => noticed.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith('data:') && request.url() !== pathToFileURL(file).href)
            noticed.push(request.url());
        });
        await page.goto(pathToFileURL(file).href);
        expect(await overflow(page)).toEqual({ pixels: 0, elements: [] });
        expect(await faintTexts(page, 4.5)).toEqual([]);
        expect(await page.locator('#breakdowns tr.unattributed').count()).toBe(6);
        expect(noticed).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});

describe('the file of the report', () => {
  const write = (file: string) => {
    const { store, clock } = world.nights.context;
    return writeReport({ store, clock, signal: AbortSignal.timeout(60_000) }, { file, organizations: null, from, to });
  };
  const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

  it('is closed to others, and stays as open as the one it takes the place of', async () => {
    const file = join(emptyFolder(), 'page.html');
    await write(file);
    expect(await modeOf(file)).toBe(0o600);
    await chmod(file, 0o644);
    await write(file);
    expect(await modeOf(file)).toBe(0o644);
  });

  it('is never written through a link that somebody has put beside it', async () => {
    const folder = emptyFolder();
    const victim = join(folder, 'victim');
    await writeFile(victim, 'mine');
    await symlink(victim, join(folder, 'page.html.part'));
    await symlink(victim, join(folder, 'page.html'));
    await write(join(folder, 'page.html'));
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect(await readFile(join(folder, 'page.html'), 'utf8')).toMatch(/<\/html>\n$/);
  });
});
