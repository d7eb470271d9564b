import pg from 'pg';

/** libpq's parameter: a server that asks for a password in any other way, or for none, is refused. */
const parameter = 'require_auth';
const method = 'scram-sha-256';

/** The URL with the demand that its server prove to know the password, as it proves itself to the server. */
export function provedBy(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set(parameter, method);
  return url.href;
}

/** The URL for other programs: psql before 16 takes the demand for a mistake. */
export function withoutProof(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete(parameter);
  return url.href;
}

/** The class of a client of a database URL. */
export function clientOf(databaseUrl: string): typeof pg.Client {
  return URL.parse(databaseUrl)?.searchParams.get(parameter) === method ? ProvedClient : pg.Client;
}

/**
 * A client that tells its password to nobody, and says nothing to a server that does not know it: whoever listens where
 * a server once did could ask for the password in clear text, or for none, and be told what was meant for the server.
 */
class ProvedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const { connection } = this;
    let isProved = false;
    const refuse = (asked: string) => () => {
      if (isProved) return;
      connection.emit('error', new Error(`the server ${asked}; it is not the one with this password`));
      connection.stream.destroy();
    };
    // First in line, before the client's own listeners could answer.
    connection.once('authenticationSASLFinal', () => {
      isProved = true;
    });
    connection.once('authenticationCleartextPassword', refuse('asks for the password in clear text'));
    connection.once('authenticationMD5Password', refuse('asks for a hash of the password'));
    connection.once('authenticationOk', refuse('wants no password'));
  }
}
