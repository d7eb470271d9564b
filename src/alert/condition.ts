import { redact } from '../log.ts';
import { type AlertKindName, alertKinds } from './kinds.ts';

/** Something that needs a person, as the facts show it now. */
export interface Condition {
  readonly kind: AlertKindName;
  readonly org_id: string;
  /** What exactly it is about, a dataset first; empty when it is about the whole organization. */
  readonly subject: string;
  readonly summary: string;
  readonly detail: string;
  readonly remedy: string;
}

/** Where an alert names its organization, and is about all of them together. */
export const everyOrganization = '';

const maxSubject = 200;
const maxSummary = 200;
const maxDetail = 600;

/** A condition in bounded, redacted, single-line text. The remedy is the kind's own where none is given. */
export function condition(found: Omit<Condition, 'remedy'> & { readonly remedy?: string | undefined }): Condition {
  const { kind, org_id, subject, summary, detail, remedy } = found;
  return {
    kind,
    org_id,
    subject: oneLine(subject, maxSubject),
    summary: oneLine(redact(summary), maxSummary),
    detail: oneLine(redact(detail), maxDetail),
    remedy: remedy ?? alertKinds[kind].remedy,
  };
}

/** Some of a list, and how many more there are. */
export function listed(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return `${items.slice(0, most).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}

/** Text cut to so many characters, with a mark where it was cut. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** Characters that break lines, or turn the direction of writing around: what the API sends must not disguise itself. */
function oneLine(text: string, most: number): string {
  return cut(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim(), most);
}
