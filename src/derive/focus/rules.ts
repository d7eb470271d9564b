import { columnRules } from './column-rules.ts';
import { rowRules } from './row-rules.ts';
import type { FocusRule } from './rule.ts';
import { splitRules } from './split-rules.ts';

/** Every check of the FOCUS views, in the order of the documentation. */
export const focusRules: readonly FocusRule[] = [...columnRules, ...rowRules, ...splitRules];
