import { focusColumns } from '../../src/derive/focus/columns.ts';
import { deviations } from '../../src/derive/focus/deviations.ts';
import type { FocusRule } from '../../src/derive/focus/rule.ts';
import { focusRules } from '../../src/derive/focus/rules.ts';
import { code, table } from './markdown.ts';

/** The columns of both FOCUS views. */
export function focusColumnsTable(): string {
  return table(
    ['column', 'type', 'null', 'value'],
    focusColumns.map(({ name, type, nullable, value }) => [code(name), type, nullable ? 'yes' : 'no', value]),
  );
}

/** What the views do not give. */
export function focusDeviationsTable(): string {
  return table(
    ['', 'deviation'],
    deviations.map(({ letter, sentence }) => [letter, sentence]),
  );
}

const asked: Readonly<Record<FocusRule['views'][number], string>> = { charges: 'charges', allocated: 'parts' };

/** Every rule that check focus asks. */
export function focusRulesTable(): string {
  return table(
    ['rule', 'says', 'asked of', ''],
    focusRules.map((rule) => {
      const letPass =
        rule.kind === 'row' && rule.deviation !== undefined ? ` (deviation ${rule.deviation.letter})` : '';
      return [code(rule.id), rule.sentence, rule.views.map((view) => asked[view]).join(', '), rule.strength + letPass];
    }),
  );
}
