import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapCsv } from '../../src/cli/render/map-report.ts';
import { readMapping } from '../../src/config.ts';

const said = (text: string, file = 'map.csv') => {
  const { entries, problems } = readMapping(file, text);
  return {
    values: entries.map(({ values }) => values),
    problems: problems.map(({ where, received }) => [where, received]),
  };
};

describe('a mapping in CSV', () => {
  test('has a header, and a line for each project', () => {
    const text = 'project_id,team,cost_center\nproj_1,Search,0042\nproj_2,"Data, and more",\n';
    expect(readMapping('map.csv', text)).toEqual({
      problems: [],
      entries: [
        { where: 'map.csv:2', values: { project_id: 'proj_1', team: 'Search', cost_center: '0042' } },
        { where: 'map.csv:3', values: { project_id: 'proj_2', team: 'Data, and more', cost_center: '' } },
      ],
    });
  });

  test.each([
    ['with semicolons, as spreadsheets write it in half of the world', 'project_id;team\r\nproj_1;a,b\r\n'],
    ['with tabs, as copied out of a spreadsheet', 'project_id\tteam\nproj_1\ta,b\n'],
    ['with a byte order mark, and names in any case', '\ufeffProject_ID,Team\nproj_1,"a,b"\n'],
  ])('may come %s', (_, text) => {
    expect(said(text)).toEqual({ values: [{ project_id: 'proj_1', team: 'a,b' }], problems: [] });
  });

  test('comes back as it went out, whatever values hold', () => {
    // A line break or control character is refused, white space around a value goes, and letters are spelled in one way.
    const value = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) =>
        text
          .replace(/\p{Cc}/gu, '')
          .normalize('NFC')
          .trim(),
      )
      .filter((text) => text !== '');
    const cell = fc.option(
      fc.oneof(
        value,
        value.map((text) => `=${text}`),
        value.map((text) => `'-${text}`),
      ),
    );
    // Names are the API's: any line breaks, any length.
    const name = fc.option(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 500 }).map((text) => text.replace(/[\0\ufeff]/g, '\n')),
    );
    const project = fc.record({ project_name: name, team: cell, cost_center: cell, environment: cell });
    fc.assert(
      fc.property(project, (row) => {
        const csv = mapCsv([{ org_id: 'acme', project_id: 'proj_1', ...row }]);
        // As it is compared: in one spelling, without white space around it.
        const empty = Object.fromEntries(
          Object.entries(row).map(([column, text]) => [column, (text ?? '').normalize('NFC').trim()]),
        );
        expect(said(csv)).toEqual({ values: [{ project_id: 'proj_1', ...empty }], problems: [] });
      }),
    );
  });

  test('goes out with nothing that a spreadsheet would run', () => {
    const project = {
      org_id: 'acme',
      project_id: 'proj_1',
      project_name: '=cmd|x',
      cost_center: '+1',
      environment: null,
    };
    expect(mapCsv([{ ...project, team: '@team' }])).toBe(
      "project_id,project_name,team,cost_center,environment\nproj_1,'=cmd|x,'@team,'+1,\n",
    );
  });
});

describe('a mapping in YAML', () => {
  test('is a list of projects, every value as it is written', () => {
    const text = '- project_name: Search\n  cost_center: 0042\n  team: no\n- project_id: proj_2\n  environment:\n';
    expect(readMapping('map.yaml', text)).toEqual({
      problems: [],
      entries: [
        { where: 'map.yaml:1', values: { project_name: 'Search', cost_center: '0042', team: 'no' } },
        { where: 'map.yaml:4', values: { project_id: 'proj_2', environment: '' } },
      ],
    });
  });

  test('may stand under projects:', () => {
    expect(said('projects:\n  - {project_id: proj_1, team: A}\n', 'map.yml').values).toEqual([
      { project_id: 'proj_1', team: 'A' },
    ]);
  });

  test.each([
    ['broken', '- {project_id: proj_1', [['map.yaml:1', expect.stringContaining('malformed YAML')]]],
    ['no list', 'team: A\n', [['map.yaml', 'no list']]],
    ['nested', '- project_id: proj_1\n  team: [A, B]\n', [['map.yaml:1 team', 'not a text']]],
    ['a list of texts', '- proj_1\n', [['map.yaml:1', 'not a mapping']]],
  ])('that is %s is refused with its line', (_, text, problems) => {
    expect(said(text, 'map.yaml')).toEqual({ values: [], problems });
  });
});

describe('what is wrong with a mapping', () => {
  test.each([
    ['an unknown column', 'project_id,teem\nproj_1,A\n', ['unknown name "teem"', 'nothing to say of a project']],
    ['a column twice', 'project_id,team,team\nproj_1,A,B\n', ['team twice']],
    ['no column that finds a project', 'org_id,team\nacme,A\n', ['neither project_id nor project_name']],
    ['nothing to say', 'project_id,project_name\nproj_1,Search\n', ['nothing to say of a project']],
    ['no line', 'project_id,team\n', ['no projects']],
    ['nothing at all', '', ['neither project_id nor project_name', 'nothing to say of a project']],
    ['a quote that never ends', 'project_id,team\nproj_1,"A\n', [expect.stringContaining('malformed CSV')]],
  ])('is told: %s', (_, text, received) => {
    expect(said(text).problems.map(([, problem]) => problem)).toEqual(received);
  });

  test('is told all at once, each with its line', () => {
    const long = 'x'.repeat(201);
    const text = `project_id,team\n,A\nproj_1\nproj_2,${long}\nproj_3,"two\nlines"\n`;
    expect(said(text).problems.map(([where]) => where)).toEqual([
      'map.csv:3',
      'map.csv:2',
      'map.csv:4 team',
      'map.csv:6 team',
    ]);
  });

  test('comes with the name that was meant', () => {
    expect(readMapping('map.csv', 'project_id,cost_centre\np,1\n').problems[0]).toMatchObject({
      suggestion: 'cost_center',
    });
  });
});
