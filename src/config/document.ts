import { isMap, isNode, isPair, LineCounter, type Pair, parseDocument } from 'yaml';
import { messageOf } from '../errors.ts';
import { readOpened, strangerOf } from '../ownership.ts';
import { type Problem, problem } from './problem.ts';
import { acceptedEncoding, decodeText } from './text.ts';

/** A configuration file as read, before its values are checked. */
export interface ConfigDocument {
  /** The file as it was named. */
  readonly file: string;
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Where a path stands, as `FILE:LINE path.to.it`; with `key`, the unknown key below it. */
  locate(path: readonly PropertyKey[], key?: string): string;
}

/**
 * Reads a YAML file. A file that cannot be read or parsed is a problem, not an exception, and so is one that was `found`
 * without being named and that somebody else may have put there: it says where the key is sent.
 */
export function readDocument(file: string, label: string, how: 'named' | 'found' = 'named'): ConfigDocument {
  const read = readText(file, label, how);
  if ('problem' in read) return { file: label, value: null, problems: [read.problem], locate: () => label };
  const lines = new LineCounter();
  const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return problem(`${label}:${line}:${col}`, `malformed YAML (${error.message})`, 'well-formed YAML');
  });
  return {
    file: label,
    value: problems.length === 0 ? toValue(document) : null,
    problems,
    locate: (path, key) => {
      const names = key === undefined ? path : [...path, key];
      const line = lines.linePos(offsetOf(document.contents, names)).line;
      return names.length === 0 ? label : `${label}:${line} ${pathText(names)}`;
    },
  };
}

function readText(
  file: string,
  label: string,
  how: 'named' | 'found',
): { readonly text: string } | { readonly problem: Problem } {
  try {
    const { bytes, stats } = readOpened(file);
    const stranger = how === 'found' ? strangerOf(stats) : null;
    if (stranger !== null) return { problem: problem(label, `${stranger}, and nobody has named it`, trusted) };
    const decoded = decodeText(bytes);
    if ('text' in decoded) return decoded;
    const where = decoded.line === null ? label : `${label}:${decoded.line}`;
    return { problem: problem(where, decoded.received, acceptedEncoding) };
  } catch (thrown) {
    return { problem: problem(label, `cannot be read (${failureOf(thrown)})`, 'a YAML file that this user can read') };
  }
}

const trusted = 'a file that only you or root can write (chmod go-w), or one that --config or USAGE_ETL_CONFIG names';

/** Why a file could not be used: the system's code, without the path, which the caller names. */
export function failureOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : messageOf(thrown);
}

/** An empty file says nothing; that is no problem. */
function toValue(document: ReturnType<typeof parseDocument>): unknown {
  return document.toJS() ?? {};
}

/** Offset of the deepest part of the path that is in the document. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = 0;
  for (const name of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isPair(item) && String(item.key) === String(name));
      if (pair === undefined) return offset;
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items)) {
      node = node.items[Number(name)];
      if (isNode(node) && node.range) offset = node.range[0];
    }
  }
  return offset;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, name) =>
      typeof name === 'number' ? `${text}[${name}]` : text === '' ? String(name) : `${text}.${String(name)}`,
    '',
  );
}
