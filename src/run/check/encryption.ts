import { isLocal, protectionOf } from '../../db/tls.ts';
import type { DatabaseCheck } from './database-check.ts';
import { type CheckLine, ok } from './line.ts';

/** How the connection is protected. */
export const encryption: DatabaseCheck = {
  name: 'encryption',
  lines: ({ url }) => Promise.resolve(encryptionLine(url)),
};

/** Nothing to say of a server on this machine; all that crosses a network is to be encrypted, to a server that is verified. */
function encryptionLine(url: string): readonly CheckLine[] {
  if (isLocal(url)) return [];
  const protection = protectionOf(url);
  const name = 'encryption';
  if (protection === 'fully_verified') return [ok(null, name, 'TLS; the server is verified by authority and name')];
  if (protection === 'authority_verified') return [ok(null, name, 'TLS; the server is verified by authority')];
  const detail =
    protection === 'plain'
      ? 'the connection to the database is not encrypted: password and data can be read on the way'
      : 'the connection to the database is encrypted, but the server is not verified: it could be anybody';
  const remedy = 'Add sslmode=verify-full to DATABASE_URL, and sslrootcert=FILE where the server has a CA of its own.';
  return [{ org_id: null, name, status: 'notice', detail, remedy }];
}
