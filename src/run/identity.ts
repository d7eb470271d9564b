import { EtlError } from '../errors.ts';
import type { Identity } from '../load/organizations.ts';
import { redact } from '../log.ts';
import { identifying } from '../openai/identifying.ts';
import { isObject } from '../parse/json.ts';

/** Whose the answers of one run are, as far as they say it. */
export interface Evidence {
  /** Ids that results of costs carried. */
  readonly ids: ReadonlySet<string>;
  /** What the header openai-organization said. */
  readonly headers: ReadonlySet<string>;
}

/** How what was received compares with what is known: `unknown` where neither id nor header is on both sides. */
export type Comparison = 'same' | 'other' | 'unknown';

/** Holds what was received against what is known: the id decides where both have one, else the header. */
export function compareIdentity(known: Identity | null, { ids, headers }: Evidence): Comparison {
  const { organizationId = null, header = null } = known ?? {};
  if (organizationId !== null && ids.size > 0) return isAlone(organizationId, ids) ? 'same' : 'other';
  if (header !== null && headers.size > 0) return isAlone(header, headers) ? 'same' : 'other';
  return 'unknown';
}

function isAlone(value: string, among: ReadonlySet<string>): boolean {
  return among.size === 1 && among.has(value);
}

/** What was received as something to remember; of several values none identifies anybody. */
export function identityOf({ ids, headers }: Evidence): Identity {
  return { organizationId: only(ids), header: only(headers) };
}

function only(values: ReadonlySet<string>): string | null {
  const [first = null] = values;
  return values.size === 1 ? first : null;
}

/** What a result says of whose it is. */
export function organizationIdOf(result: Readonly<Record<string, unknown>>): string | null {
  return identifying(result['organization_id']);
}

/** What the results of a page say of whose they are. */
export function organizationIdsIn(page: unknown): readonly string[] {
  const buckets = isObject(page) ? listIn(page, 'data') : [];
  const results = buckets.flatMap((bucket) => (isObject(bucket) ? listIn(bucket, 'results') : []));
  return results.flatMap((result) => (isObject(result) ? (organizationIdOf(result) ?? []) : []));
}

function listIn(object: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = object[name];
  return Array.isArray(list) ? list : [];
}

/** The refusal of answers that are another organization's than the one known under a name. */
export function otherOrganization(name: string, known: Identity, evidence: Evidence): EtlError {
  const byId = known.organizationId !== null && evidence.ids.size > 0;
  const [what, was, came] = byId
    ? ['organization_id', known.organizationId, evidence.ids]
    : ['openai-organization', known.header, evidence.headers];
  return new EtlError(
    'other_organization',
    `${name}: the API answers for another organization: known by ${what} ${shown([was ?? ''])}, received ${shown(came)}`,
  );
}

/** The refusal of answers in which none of the ids comes again that the stored days consist of. */
export function otherIds(name: string, known: number, received: number): EtlError {
  return new EtlError(
    'other_organization',
    `${name}: this looks like another organization: none of the ${known} project and key ids of its stored closed days is among the ${received} now received for the same days`,
  );
}

/** The refusal of an organization that is loaded under another name already. */
export function repeatedOrganization(name: string, other: string, evidence: Evidence): EtlError {
  const { organizationId, header } = identityOf(evidence);
  const which = organizationId === null ? `openai-organization ${header ?? ''}` : `organization_id ${organizationId}`;
  return new EtlError(
    'organization_repeated',
    `${name} and ${other} are one organization (${shown([which])}): every bill would count twice`,
  );
}

/** True for errors that say that answers are not those of the organization meant. */
export function isForeign(error: EtlError | null): boolean {
  return error?.code === 'other_organization' || error?.code === 'organization_repeated';
}

function shown(values: Iterable<string>): string {
  return [...values].map(redact).join(', ');
}
