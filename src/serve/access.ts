import { createHash, timingSafeEqual } from 'node:crypto';
import { auth as basicCredentials } from 'hono/utils/basic-auth';
import { isLoopback } from '../config.ts';

/** What a client without the token is told to send; a browser asks its user for the password. */
export const challenge =
  'Basic realm="usage-etl, the token is the password", charset="UTF-8", Bearer realm="usage-etl"';

/** True when the request carries the token: as a bearer token, or as the password of any user. */
export function carriesToken(request: Request, token: string): boolean {
  const given = bearerToken(request) ?? basicCredentials(request)?.password;
  return given !== undefined && isSame(given, token);
}

function bearerToken(request: Request): string | undefined {
  return /^bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

/** Hashed first, so that the time it takes tells neither the length nor the first wrong character. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** True when the Host header means this machine: a name that some website has bent to 127.0.0.1 does not. */
export function isForThisMachine(request: Request): boolean {
  const url = URL.parse(`http://${request.headers.get('host') ?? ''}`);
  return url !== null && isLoopback(url.hostname);
}
