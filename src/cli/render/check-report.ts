import type { CheckLine, CheckReport } from '../../run/check.ts';
import type { Style } from '../style.ts';
import { visibleLength } from '../table.ts';

/** What check found, for people: a line each, with what to do where something is wrong. */
export function checkText({ checks, status }: CheckReport, style: Style): string {
  const organizations = new Set(checks.map(({ org_id }) => org_id).filter((name) => name !== null));
  const nameOf = ({ org_id, name }: CheckLine) =>
    org_id !== null && organizations.size > 1 ? `${org_id} ${name}` : name;
  const widest = Math.max(...checks.map((line) => visibleLength(nameOf(line))));
  const lines = checks.flatMap((line) => [
    `${mark(line, style)} ${nameOf(line).padEnd(widest)}  ${line.detail}`,
    ...(line.remedy === null ? [] : [`  ${' '.repeat(widest)}  → ${line.remedy}`]),
  ]);
  const verdict = {
    ok: style.good('Everything a sync needs works.'),
    partial: style.warn('A sync would load a part: see what is marked ✗.'),
    failed: style.bad('A sync would fail: correct what is marked ✗.'),
  }[status];
  return [...lines, '', verdict].join('\n');
}

function mark({ status }: CheckLine, style: Style): string {
  return { ok: style.good('✓'), notice: style.warn('!'), failed: style.bad('✗'), skipped: style.dim('–') }[status];
}
