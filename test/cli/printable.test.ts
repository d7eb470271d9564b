import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printableJson, printableText, printableValue } from '../../src/cli/printable.ts';
import { createStyle } from '../../src/cli/style.ts';
import { table } from '../../src/cli/table.ts';
import { systemClock } from '../../src/clock.ts';
import { style as reportStyle } from '../../src/report/style.ts';
import { style as statusStyle } from '../../src/serve/page/style.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { run, runJson } from './command.ts';

/** Sets the title of a window, hides, erases, turns the direction, is a C1 control, a line break of its own, or unseen. */
const hostile =
  'a\u001b]0;owned\u0007b\u001b[2Jc\u009b31md\u202ee\u2066f\u0085g\u2028h\u200bi\u007fj\u{e0041}k\rl\u061cm';
const acting = /[^\P{Cc}\n\t]|[\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

describe('text for a terminal', () => {
  it('shows as an escape whatever would act there, and all else as it is', () => {
    expect(printableValue(hostile)).toBe(
      'a\\u001b]0;owned\\u0007b\\u001b[2Jc\\u009b31md\\u202ee\\u2066f\\u0085g\\u2028h\\u200bi\\u007fj\\u{e0041}k\\u000dl\\u061cm',
    );
    expect(printableValue('line\nline\ttab')).toBe('line\\u000aline\\u0009tab');
    for (const text of ['Größe', '東京', '👩‍👩‍👧 family', 'می‌خواهم', 'a\\u001b'])
      expect(printableValue(text)).toBe(text);
  });

  it('keeps the colours of the program where they are wanted, and its lines', () => {
    const coloured = `${createStyle(true, 80).bad('error:')} x\n\ty`;
    expect(printableText(coloured, true)).toBe(coloured);
    expect(printableText(coloured, false)).not.toMatch(acting);
    expect(printableText(`\u001b[31m${hostile}`, true).replace('\u001b[31m', '')).not.toMatch(acting);
  });

  it('is JSON that means the same', () => {
    const document = { [hostile]: [hostile, '\ud800', 1] };
    const json = printableJson(JSON.stringify(document, null, 2));
    expect(json).not.toMatch(acting);
    expect(JSON.parse(json)).toEqual(document);
  });

  it('keeps a table in its columns and rows, escapes and all', () => {
    const columns = [{ title: hostile }, { title: 'n' }];
    const lines = table(
      columns,
      [
        [`${hostile}\nforged row`, '1'],
        ['x', '2'],
      ],
      createStyle(false, 500),
    ).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toMatch(acting);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('takes the time that the text takes', () => {
    for (const part of ['\u001b', '\u001b[', '\u001b[1', '\u001b[1;', '\u202e', 'x']) {
      const text = part.repeat(1_000_000 / part.length);
      const startedMs = systemClock.monotonicMs();
      printableText(text, true);
      printableJson(text);
      expect({ part, slow: systemClock.monotonicMs() - startedMs > 5_000 }).toEqual({ part, slow: false });
    }
  });
});

it('a page isolates the direction of every element', () => {
  for (const style of [reportStyle, statusStyle]) expect(style).toContain('body * { unicode-bidi: isolate; }');
});

describe('what somebody else has named or said', () => {
  let database: TestDatabase;
  let simulator: Simulator;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const adminKey = 'sk-admin-printable-0123456789';
    simulator = await startSimulator({ clock: systemClock, adminKey });
    database = await testDatabase();
    env = {
      DATABASE_URL: database.url,
      OPENAI_ADMIN_KEY: adminKey,
      OPENAI_BASE_URL: simulator.url,
      USAGE_ETL_START: new Date(systemClock.now().getTime() - 3 * 86_400_000).toISOString().slice(0, 10),
    };
    await database.pool.query(
      `insert into openai.projects (org_id, project_id, project_name, is_stub, first_seen_at, last_seen_at, updated_at,
         changed_xid)
       values ('default', 'proj_hostile', $1, false, now(), now(), now(), '0')`,
      [hostile],
    );
    simulator.setFaults([{ when: {}, then: { kind: 'status', status: 403, message: `No. ${hostile}` } }]);
  });
  afterAll(async () => {
    await simulator.close();
    await database.close();
  });

  it.each([
    ['check'],
    ['sync'],
    ['verify'],
    ['status'],
    ['map', '--export'],
    ['query', 'table openai.projects'],
    ['query', 'select project_name::int from openai.projects'],
    ['query', `select 1 as "${hostile.replaceAll('"', '')}"`],
    ['budgets', `${hostile}.csv`],
    [hostile],
  ])(
    'acts on no terminal: %s %s',
    async (...args) => {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = await run([...args, ...more], { env });
        expect(stdout + stderr).not.toBe('');
        expect(stdout + stderr).not.toMatch(acting);
      }
    },
    120_000,
  );

  it('stays exact where other programs read it', async () => {
    const sql = 'select project_name from openai.projects';
    expect((await run(['query', '--csv', sql], { env })).stdout).toBe(`project_name\n"${hostile}"\n`);
    const { document } = await runJson(['query', sql], { env });
    expect(document).toMatchObject({ rows: [{ project_name: hostile }] });
  }, 60_000);
});
