import { alertKinds } from '../../src/alert/kinds.ts';
import { code, sections, table } from './markdown.ts';

/** Every kind of alert: what it means, what to do, when it is over. */
export function alertSections(): string {
  return sections(
    ...Object.entries(alertKinds).map(([name, { severity, lasts, meaning, remedy, ends }]) =>
      sections(
        `### ${name}`,
        table(
          ['', ''],
          [
            ['severity', code(severity)],
            ['means', meaning],
            ['do', remedy],
            [lasts === 'event' ? 'told' : 'recovers when', ends],
          ],
        ),
      ),
    ),
  );
}
