import { type Setting, settings } from '../../src/config.ts';
import { code, table } from './markdown.ts';

/** Every setting under its two names. */
export function settingsTable(): string {
  const all: readonly (readonly [string, Setting])[] = Object.entries(settings);
  return table(
    ['in the file', 'in the environment', 'default', 'meaning'],
    all.map(([name, setting]) => [
      code(name),
      setting.env === null ? '–' : code(setting.env),
      setting.default,
      setting.doc,
    ]),
  );
}
