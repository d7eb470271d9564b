import { S3Errors } from '@bradenmacdonald/s3-lite-client';
import { EtlError, messageOf } from '../errors.ts';

/** True for an object that is not there, as opposed to a bucket that is not. */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof S3Errors.ServerError && thrown.statusCode === 404 && thrown.code !== 'NoSuchBucket';
}

/** True for what may succeed the next time: a connection that broke, or a server that is busy. */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof S3Errors.ServerError)
    return thrown.statusCode === 429 || [500, 502, 503].includes(thrown.statusCode);
  return thrown instanceof TypeError && thrown.message === 'fetch failed';
}

const credentials = 'Give AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN anew.';
const clock = 'Set the clock of this machine right: signatures are refused when it is minutes off.';

const redirect = 'Set AWS_ENDPOINT_URL_S3 and AWS_REGION to where the bucket is: what is sent follows no redirect.';

const remedies: Readonly<Record<string, string>> = {
  NoSuchBucket: 'Create the bucket, or correct its name, AWS_REGION and AWS_ENDPOINT_URL_S3.',
  AccessDenied: 'Allow these credentials to list the bucket and to get, put and delete objects below the prefix.',
  ExpiredToken: credentials,
  TokenRefreshRequired: credentials,
  InvalidToken: credentials,
  InvalidAccessKeyId: credentials,
  SignatureDoesNotMatch: credentials,
  RequestTimeTooSkewed: clock,
  AuthorizationHeaderMalformed: 'Set AWS_REGION to the region of the bucket.',
  PermanentRedirect: 'Set AWS_REGION to the region of the bucket.',
  TemporaryRedirect:
    'Set AWS_REGION to the region of the bucket, or wait: a new bucket is known everywhere after an hour.',
  UnexpectedRedirect: redirect,
};

/** What a storage refuses as `target_unusable`: its code and no word of its own, which may quote what was sent. */
export function bucketFailure(shown: string, thrown: unknown): EtlError {
  if (thrown instanceof EtlError) return thrown;
  if (thrown instanceof S3Errors.ServerError) {
    const isRedirect = thrown.statusCode >= 300 && thrown.statusCode < 400;
    const remedy = remedies[thrown.code] ?? (isRedirect ? redirect : undefined);
    return new EtlError('target_unusable', `${shown} cannot be used: ${safe(thrown.code)} (${thrown.statusCode})`, {
      ...(remedy !== undefined && { remedy }),
    });
  }
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? `: ${thrown.cause.message}` : '';
  return new EtlError('target_unusable', `${shown} cannot be used: ${messageOf(thrown)}${cause}`, {
    remedy: 'Check AWS_ENDPOINT_URL_S3, the network and the proxy.',
  });
}

function safe(code: string): string {
  return /^\w{1,60}$/.test(code) ? code : 'an error without a code';
}
