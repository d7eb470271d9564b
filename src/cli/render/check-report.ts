import type { CheckLine, CheckReport } from '../../run/check.ts';
import type { Style } from '../style.ts';
import { visibleLength } from '../table.ts';
import { byOrganization } from './by-organization.ts';

/** What check found, for people: a line each, with what to do where something is wrong. */
export function checkText({ checks, status }: CheckReport, style: Style): string {
  const widest = Math.max(...checks.map(({ name }) => visibleLength(name)));
  const linesOf = (lines: readonly CheckLine[]) => lines.flatMap((line) => checkLines(line, widest, style)).join('\n');
  const shared = checks.filter(({ org_id }) => org_id === null);
  const owned = checks.flatMap((line) => (line.org_id === null ? [] : [{ ...line, org_id: line.org_id }]));
  const verdict = {
    ok: style.good('Everything a sync needs works.'),
    partial: style.warn('A sync would load a part: see what is marked ✗.'),
    failed: style.bad('A sync would fail: correct what is marked ✗.'),
  }[status];
  return [linesOf(shared), byOrganization(owned, linesOf, style), '', verdict].join('\n');
}

function checkLines(line: CheckLine, widest: number, style: Style): readonly string[] {
  const { name, detail, remedy } = line;
  const what = `${mark(line, style)} ${name.padEnd(widest)}  ${detail}`;
  return remedy === null ? [what] : [what, `${' '.repeat(widest + 4)}→ ${remedy}`];
}

function mark({ status }: CheckLine, style: Style): string {
  return { ok: style.good('✓'), notice: style.warn('!'), failed: style.bad('✗'), skipped: style.dim('–') }[status];
}
