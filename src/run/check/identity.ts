import type { Identity } from '../../load/organizations.ts';
import { compareIdentity, type Evidence, identityOf, otherOrganization, repeatedOrganization } from '../identity.ts';
import { type CheckLine, failed, ok } from './line.ts';

/** Whose the answers are, where they say it: not another organization's, nor those of one that answered before. */
export function identityLines(
  org: string,
  seen: {
    readonly known: Identity | null;
    readonly evidence: Evidence;
    readonly answered: ReadonlyMap<string, Evidence>;
  },
): readonly CheckLine[] {
  const { known, evidence, answered } = seen;
  const name = 'organization';
  if (known !== null && compareIdentity(known, evidence) === 'other') {
    return [failed(org, name, otherOrganization(org, known, evidence))];
  }
  const twin = [...answered].find(([, other]) => compareIdentity(identityOf(other), evidence) === 'same');
  if (twin !== undefined) return [failed(org, name, repeatedOrganization(org, twin[0], evidence))];
  const { organizationId, header } = identityOf(evidence);
  if (organizationId === null && header === null) return [];
  const whose = compareIdentity(known, evidence) === 'same' ? 'the one that is stored' : 'not known yet';
  return [ok(org, name, `${organizationId ?? header ?? ''}, ${whose}`)];
}
