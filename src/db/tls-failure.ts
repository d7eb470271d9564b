import { messageOf } from '../errors.ts';

const ownCertificateRemedy =
  'Show the server a client certificate it accepts: sslcert=FILE and sslkey=FILE in DATABASE_URL.';

/** What OpenSSL and Node call a certificate they do not accept, with what to do about it. */
const certificateRemedies: readonly (readonly [RegExp, string])[] = [
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'Write the host in DATABASE_URL as the certificate names it, or use sslmode=verify-ca with the CA of this server.',
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, "Renew the server's certificate, or correct this machine's clock."],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_(UNTRUSTED|SIGNATURE_FAILURE|REJECTED)|INVALID_CA)$/,
    "Name the certificate authority that signed the server's certificate: sslrootcert=FILE in DATABASE_URL.",
  ],
  [/^CERT_\w+$/, "Replace the server's certificate."],
  [/^ERR_SSL_\w*(CERTIFICATE|UNKNOWN_CA)\w*$/, ownCertificateRemedy],
  [/^(ERR_SSL_\w+|EPROTO)$/, 'Make sure that DATABASE_URL names a PostgreSQL server that speaks TLS 1.2 or newer.'],
];

const noTlsMessage = 'The server does not support SSL connections';
const noTlsRemedy =
  'Turn TLS on in the server (ssl = on); where the network needs no protection, write sslmode=disable in DATABASE_URL.';

/** What pg_hba.conf answers a connection in plain text to a server that wants TLS. */
const tlsWanted = /no encryption|SSL (?:connection )?is required/i;
const tlsWantedRemedy = 'The server wants TLS: write sslmode=verify-full (or require) in DATABASE_URL.';

/** What PostgreSQL answers where pg_hba.conf asks for a client certificate. */
const certificateWanted = /requires a valid client certificate|certificate authentication failed/;

/** What to do about a connection that TLS, or the lack of it, has prevented; undefined when that was not the reason. */
export function tlsRemedy(failure: unknown): string | undefined {
  const message = messageOf(failure);
  if (message === noTlsMessage) return noTlsRemedy;
  if (tlsWanted.test(message)) return tlsWantedRemedy;
  if (certificateWanted.test(message)) return ownCertificateRemedy;
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
  return certificateRemedies.find(([pattern]) => pattern.test(code))?.[1];
}

/** True when a connection was refused for TLS. Trying again does not help. */
export function isTlsFailure(failure: unknown): boolean {
  return tlsRemedy(failure) !== undefined;
}
