import { ConfigError } from '../config.ts';
import { type EtlError, errorKinds } from '../errors.ts';
import { redact } from '../log.ts';
import { printableValue } from './printable.ts';
import type { Style } from './style.ts';

/** An error as `--json` prints it. */
export function failureDocument(error: EtlError): unknown {
  const { code } = error;
  const problems = error instanceof ConfigError ? { problems: error.problems } : {};
  return { error: { code, message: messageFor(error), remedy: error.remedy, ...problems } };
}

/** An error for people: what, where, and what to do about it. */
export function failureText(error: EtlError, style: Style): string {
  // Each for itself: what a message quotes must not be taken for the program's own colours.
  const [what = '', ...where] = messageFor(error).split('\n').map(printableValue);
  return [
    `${style.bad('error:')} ${what}`,
    ...where.map((line) => `  ${line}`),
    `  ${style.bold('→')} ${error.remedy}`,
  ].join('\n');
}

/** What is accepted is the program's own text, as remedies are: a form such as sk-admin-… in it is no key. */
function messageFor(error: EtlError): string {
  return error instanceof ConfigError ? error.message : redact(error.message);
}

/** True for an error nobody foresaw, of which the stack is worth logging. */
export function isDefect(error: EtlError): boolean {
  return errorKinds[error.code] === errorKinds.internal;
}
