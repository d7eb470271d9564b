import { Refusal } from './refusal.ts';

/** Refuses a request without the right admin key: `adminKey` exactly or, where null, anything that looks like one. */
export function checkAuthorization(header: string | undefined, adminKey: string | null): void {
  const key = /^Bearer (\S+)$/.exec(header ?? '')?.[1];
  if (key === undefined) {
    throw new Refusal(401, "You didn't provide an API key in the Authorization header (Authorization: Bearer KEY).");
  }
  const isRight = adminKey === null ? key.startsWith('sk-admin-') : key === adminKey;
  if (isRight) return;
  // Neither the key nor a part of it: what a message holds ends up in logs.
  const message = key.startsWith('sk-admin-')
    ? 'Incorrect API key provided.'
    : 'Incorrect API key provided: this endpoint needs an admin key.';
  throw new Refusal(401, message, { code: 'invalid_api_key' });
}
