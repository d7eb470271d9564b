import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** A value as YAML has it. */
export type YamlValue = null | boolean | number | string | readonly YamlValue[] | YamlMapping;

/** A mapping as YAML has it. */
export interface YamlMapping {
  readonly [name: string]: YamlValue;
}

/** The documents of a YAML file of the project, merge keys applied. Rejects at the first mistake or doubled key. */
export async function readYaml(file: string): Promise<readonly YamlMapping[]> {
  const text = await readFile(join(import.meta.dirname, '../..', file), 'utf8');
  const documents = parseAllDocuments(text, { merge: true, strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) throw new Error(`${file} is empty`);
  return documents.map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join('; ')}`);
    const value: YamlValue = document.toJS();
    if (!isMapping(value)) throw new Error(`${file} does not hold a mapping`);
    return value;
  });
}

/** The value at a path of names and indices. Throws where there is none. */
export function at(value: YamlValue, ...path: readonly (string | number)[]): YamlValue {
  return path.reduce<YamlValue>((inside, step) => {
    const next =
      typeof step === 'number' && Array.isArray(inside) ? inside[step] : isMapping(inside) ? inside[step] : undefined;
    if (next === undefined) throw new Error(`there is nothing at ${path.join('.')}`);
    return next;
  }, value);
}

/** The texts of a list. Throws where it is none. */
export function texts(value: YamlValue): readonly string[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value.map(String);
}

/** True for a mapping. */
export function isMapping(value: YamlValue | undefined): value is YamlMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
