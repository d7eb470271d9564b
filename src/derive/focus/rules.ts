import { columnRules } from './column-rules.ts';
import { rowRules } from './row-rules.ts';
import type { FocusRule } from './rule.ts';
import { setRules } from './set-rules.ts';

/** Every check of the FOCUS views, in the order of the documentation. */
export const focusRules: readonly FocusRule[] = [...columnRules, ...rowRules, ...setRules];
