import { patiently } from '../db/patience.ts';
import { holdsRows, type Identity, readIdentities, rememberIdentity } from '../load/organizations.ts';
import type { Client } from '../openai/client.ts';
import type { RunContext } from './context.ts';
import {
  type Comparison,
  compareIdentity,
  type Evidence,
  identityOf,
  organizationIdOf,
  otherOrganization,
  repeatedOrganization,
} from './identity.ts';

/** Watches whose the answers of one organization's run are. */
export interface IdentityWatch {
  /** Reads what is known. True where anything is known, or stored, that the answers could contradict. To be called first. */
  open(): Promise<boolean>;
  /** Notes what a result says of whose it is. */
  note(result: Readonly<Record<string, unknown>>): void;
  /** What was received, held against what is known. */
  compare(): Comparison;
  /** Throws other_organization or organization_repeated for what must not be loaded. */
  assertSame(): void;
  /** As `assertSame`, and remembers what is new. To be waited for before anything is written. */
  admit(): Promise<void>;
  /** Lets what was received take the place of what is known. */
  adopt(): Promise<void>;
}

interface Watched {
  readonly organization: string;
  readonly client: Pick<Client, 'organizations'>;
  /** Null where nothing is to be written. */
  readonly runId: number | null;
  readonly adopts: boolean;
}

/** A watch that knows this organization and the others that are configured. */
export function watchIdentity(context: RunContext, watched: Watched): IdentityWatch {
  const { organization, client, runId, adopts } = watched;
  const { pool } = context.store;
  const names = context.config.organizations.map(({ name }) => name);
  const readAll = () => patiently(context, () => readIdentities(pool, [...names, organization]));
  let identities: ReadonlyMap<string, Identity> = new Map();
  let known: Identity | null = null;
  const ids = new Set<string>();
  const evidence: Evidence = { ids, headers: client.organizations };
  let remembering: Promise<void> = Promise.resolve();

  const assertSame = () => {
    if (known !== null && compareIdentity(known, evidence) === 'other') {
      throw otherOrganization(organization, known, evidence);
    }
    const twin = [...identities].find(
      ([name, identity]) => name !== organization && compareIdentity(identity, evidence) === 'same',
    );
    if (twin !== undefined) throw repeatedOrganization(organization, twin[0], evidence);
  };

  const remember = async (adopt: boolean) => {
    if (runId === null) {
      if (adopt) known = identityOf(evidence);
      return;
    }
    const seen = { organization, runId, seenAt: context.clock.now(), adopt };
    known = await patiently(context, () => rememberIdentity(pool, seen, identityOf(evidence)));
    // Another run may have been first, for this name or for the same organization under another.
    identities = await readAll();
    assertSame();
  };

  return {
    open: async () => {
      identities = await readAll();
      known = identities.get(organization) ?? null;
      return identities.size > 0 || (await patiently(context, () => holdsRows(pool, organization)));
    },
    note: (result) => {
      const id = organizationIdOf(result);
      if (id !== null) ids.add(id);
    },
    compare: () => compareIdentity(known, evidence),
    assertSame,
    admit: async () => {
      assertSame();
      if (isNews(known, identityOf(evidence)) && runId !== null) remembering = remembering.then(() => rememberOnce());
      await remembering;

      async function rememberOnce() {
        if (isNews(known, identityOf(evidence))) await remember(false);
      }
    },
    adopt: async () => {
      if (!adopts || compareIdentity(known, evidence) === 'same') return;
      if (known !== null || isNews(known, identityOf(evidence))) await remember(true);
    },
  };
}

/** True where something was received that is not known yet. */
function isNews(known: Identity | null, { organizationId, header }: Identity): boolean {
  if (organizationId !== null && organizationId !== known?.organizationId) return true;
  return header !== null && header !== known?.header;
}
