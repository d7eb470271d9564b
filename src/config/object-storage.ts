import type { Environment } from './admin-key.ts';
import { ConfigError, type Problem, problem } from './problem.ts';
import { isSafeUrl } from './url.ts';

/** How to reach an S3-compatible storage, as the environment says. Holds secrets. */
export interface ObjectStorageSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

const defaultRegion = 'us-east-1';

/**
 * Reads the variables that AWS's own tools read: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION
 * or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. Throws ConfigError (`config_invalid`).
 */
export function readObjectStorage(env: Environment): ObjectStorageSettings {
  const given = (name: string) => (env[name] === '' ? undefined : env[name]);
  const region = given('AWS_REGION') ?? given('AWS_DEFAULT_REGION') ?? defaultRegion;
  const endpoint = given('AWS_ENDPOINT_URL_S3') ?? given('AWS_ENDPOINT_URL') ?? `https://s3.${region}.amazonaws.com`;
  const accessKeyId = given('AWS_ACCESS_KEY_ID');
  const secretAccessKey = given('AWS_SECRET_ACCESS_KEY');
  const problems: readonly Problem[] = [
    ...(accessKeyId === undefined ? [problem('AWS_ACCESS_KEY_ID', 'not set', 'the id of an access key')] : []),
    ...(secretAccessKey === undefined ? [problem('AWS_SECRET_ACCESS_KEY', 'not set', 'the secret of that key')] : []),
    ...(/^[a-z0-9-]+$/.test(region) ? [] : [problem('AWS_REGION', 'received something else', 'such as eu-central-1')]),
    ...(isSafeUrl(endpoint)
      ? []
      : [problem('AWS_ENDPOINT_URL_S3', 'received another URL', 'an https URL; plain http only to loopback')]),
  ];
  if (problems.length > 0 || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ConfigError('config_invalid', problems);
  }
  return { endpoint, region, accessKeyId, secretAccessKey, sessionToken: given('AWS_SESSION_TOKEN') ?? null };
}
