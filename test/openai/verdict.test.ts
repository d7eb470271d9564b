import { describe, expect, test } from 'vitest';
import { EtlError } from '../../src/errors.ts';
import { type ApiError, parseApiError } from '../../src/openai/error-envelope.ts';
import { GroupingRefused, HorizonMoved } from '../../src/openai/signals.ts';
import {
  type Asked,
  type RequestVerdict,
  verdictOnFailure,
  verdictOnMalformed,
  verdictOnStatus,
} from '../../src/openai/verdict.ts';

const required: Asked = {
  path: '/organization/costs',
  optional: false,
  groupBy: ['project_id', 'api_key_id', 'model'],
};
const optional: Asked = { ...required, optional: true };

function said(message: string, more: Partial<ApiError> = {}): ApiError {
  return { message, type: 'invalid_request_error', param: null, code: null, ...more };
}

/** A verdict in one word: the code it ends in, and how it is repeated. */
function inShort(verdict: RequestVerdict): string {
  if (verdict.kind === 'retry') return `retry ${verdict.pace}, then ${verdict.exhausted}`;
  return verdict.error instanceof EtlError ? verdict.error.code : verdict.error.name;
}

describe('a status', () => {
  const again = 'retry quick, then api_unavailable';
  test.each([
    [301, 'request_refused', 'request_refused'],
    [302, 'request_refused', 'request_refused'],
    [307, 'request_refused', 'request_refused'],
    [400, 'request_refused', 'dataset_unavailable'],
    [401, 'key_rejected', 'key_rejected'],
    [402, 'request_refused', 'request_refused'],
    [403, 'scope_missing', 'dataset_unavailable'],
    [404, 'retry slow, then endpoint_missing', 'dataset_unavailable'],
    [405, 'request_refused', 'request_refused'],
    [407, 'request_refused', 'request_refused'],
    [408, again, again],
    [409, again, again],
    [410, 'endpoint_missing', 'dataset_unavailable'],
    [413, 'request_refused', 'request_refused'],
    [422, 'request_refused', 'dataset_unavailable'],
    [425, again, again],
    [429, again, again],
    [500, again, again],
    [502, again, again],
    [503, again, again],
    [504, again, again],
    [529, again, again],
  ])('%i ends in %s, for an optional dataset in %s', (status, whenRequired, whenOptional) => {
    expect(inShort(verdictOnStatus(status, said('No.'), required))).toBe(whenRequired);
    expect(inShort(verdictOnStatus(status, said('No.'), optional))).toBe(whenOptional);
  });

  test.each([
    [400, again, again],
    [401, again, again],
    [402, again, again],
    [403, again, again],
    [404, 'retry slow, then endpoint_missing', 'retry quick, then dataset_unavailable'],
    [405, again, again],
    [410, 'retry quick, then endpoint_missing', 'retry quick, then dataset_unavailable'],
    [422, again, again],
    [451, again, again],
    [503, again, again],
    [302, 'request_refused', 'request_refused'],
    [407, 'request_refused', 'request_refused'],
  ])('%i without the envelope of the API was not said by it: %s, for an optional dataset %s', (status, one, other) => {
    expect(inShort(verdictOnStatus(status, null, required))).toBe(one);
    expect(inShort(verdictOnStatus(status, null, optional))).toBe(other);
  });

  test('without the envelope points at what stands between, and at no permission', () => {
    for (const status of [400, 401, 403]) {
      expect(verdictOnStatus(status, null, required)).toMatchObject({ remedy: expect.stringContaining('proxy') });
    }
  });

  test.each([
    [403, 'Country, region, or territory not supported', { code: 'unsupported_country_region_territory' }, 'country'],
    [403, 'Your country is not supported.', {}, 'country'],
    [401, 'Your IP address is not authorized.', { code: 'ip_not_authorized' }, 'allowlist'],
    [403, 'The IP 203.0.113.9 is not on the allowlist of this organization.', {}, 'allowlist'],
    [403, 'Access from IPv6 2001:db8::1 is blocked', {}, 'allowlist'],
  ])('%i “%s” %o is about the place of the machine, not about the key', (status, message, more, remedy) => {
    for (const asked of [required, optional]) {
      const verdict = verdictOnStatus(status, said(message, more), asked);
      expect(inShort(verdict)).toBe('request_refused');
      expect(verdict).toMatchObject({ error: { remedy: expect.stringContaining(remedy) } });
      expect(verdict).toMatchObject({
        error: { remedy: expect.not.stringMatching(/permission|filters|admin key of/) },
      });
    }
  });

  test.each([
    [403, 'You have insufficient permissions. Missing scopes: api.usage.read.', 'scope_missing'],
    [403, 'Not available in the region of this project.', 'scope_missing'],
    [403, 'The tip of your ship is not allowed.', 'scope_missing'],
    [401, 'Incorrect API key provided.', 'key_rejected'],
  ])('%i “%s” is about the key', (status, message, code) => {
    expect(inShort(verdictOnStatus(status, said(message), required))).toBe(code);
  });

  test('429 alone asks for fewer requests in flight', () => {
    expect(verdictOnStatus(429, null, required)).toMatchObject({ throttled: true });
    expect(verdictOnStatus(503, null, required)).toMatchObject({ throttled: false });
  });

  test('that redirects points at the base URL, not at the filters', () => {
    const verdict = verdictOnStatus(302, null, required);
    expect(verdict).toMatchObject({ error: { remedy: expect.stringContaining('OPENAI_BASE_URL') } });
  });
});

describe('a 400', () => {
  test.each([
    ["Invalid value: 'api_key_id'.", {}, ['api_key_id']],
    ["Invalid value: 'api_key_id'. Supported values are: 'project_id'.", { param: 'group_by[1]' }, ['api_key_id']],
    ['Invalid value', { param: 'group_by' }, []],
    ['Too many dimensions in group_by', {}, []],
    ['This grouping is not available to your organization', {}, []],
    ['model is not a supported grouping', {}, ['model']],
    ['api_key_id is not supported', { param: 'api_key_id' }, ['api_key_id']],
  ])('that says “%s” %o refuses a grouping', (message, more, names) => {
    for (const asked of [required, optional]) {
      const verdict = verdictOnStatus(400, said(message, more), asked);
      expect(verdict).toMatchObject({ kind: 'raise', error: { names, message } });
      expect(verdict.kind === 'raise' && verdict.error).toBeInstanceOf(GroupingRefused);
    }
  });

  test.each([
    ['limit must be at most 180', {}],
    ["Invalid value for 'project_ids'", {}],
    ['Unknown model in models', { param: 'models' }],
    ['The project_id you filter by does not exist', { param: 'project_ids' }],
    ['The model you asked for does not exist', {}],
  ])('that says “%s” %o refuses the request', (message, more) => {
    expect(inShort(verdictOnStatus(400, said(message, more), required))).toBe('request_refused');
  });

  test('refuses no grouping where nothing was grouped', () => {
    const ungrouped = { ...required, groupBy: [] };
    expect(inShort(verdictOnStatus(400, said('Invalid group_by'), ungrouped))).toBe('request_refused');
  });

  test('with reporting_lookback_exceeded moves the horizon, whatever else it says', () => {
    const message = 'group_by project_id: earliest supported start date is 2025-11-23';
    const verdict = verdictOnStatus(400, said(message, { code: 'reporting_lookback_exceeded' }), optional);
    expect(verdict.kind === 'raise' && verdict.error).toBeInstanceOf(HorizonMoved);
    expect(verdict).toMatchObject({ error: { named: [new Date('2025-11-23T00:00:00Z')] } });
  });
});

describe('a failure of the network', () => {
  test.each([
    'ECONNRESET',
    'ECONNREFUSED',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENETDOWN',
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_STREAM_PREMATURE_CLOSE',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_HEADERS_OVERFLOW',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_ABORTED',
    'UND_ERR_INFO',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_PRX_TLS',
    'UND_ERR_PRX_CONN',
    'HPE_INVALID_CONSTANT',
    'HTTPParserError',
    'Z_DATA_ERROR',
    'Z_BUF_ERROR',
  ])('%s is repeated', (code) => {
    expect(inShort(verdictOnFailure({ code, message: 'broken' }, required))).toBe('retry quick, then api_unavailable');
  });

  test.each([
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ])('%s is not repeated and points at the certificate', (code) => {
    const verdict = verdictOnFailure({ code, message: 'broken' }, required);
    expect(inShort(verdict)).toBe('api_unavailable');
    expect(verdict).toMatchObject({ error: { remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') } });
  });

  test.each(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'ERR_INVALID_URL'])(
    '%s is a defect of the program',
    (code) => {
      expect(inShort(verdictOnFailure({ code, message: 'broken' }, required))).toBe('internal');
    },
  );

  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['ECONNREFUSED', '', 'ECONNREFUSED'],
    ['UND_ERR_ABORTED', 'Proxy response (503) !== 200', 'UND_ERR_ABORTED Proxy response (503) !== 200'],
    ['UND_ERR_PRX_CONN', 'https://me:hunter2@proxy failed', 'UND_ERR_PRX_CONN https://me:[redacted]@proxy failed'],
  ])('%s “%s” is told as “%s”', (code, message, told) => {
    expect(verdictOnFailure({ code, message }, required)).toMatchObject({
      reason: `/organization/costs: no complete answer (${told})`,
    });
  });

  test('that is a proxy which wants credentials is not repeated, and says where they go', () => {
    const verdict = verdictOnFailure({ code: 'UND_ERR_ABORTED', message: 'Proxy response (407) !== 200' }, required);
    expect(inShort(verdict)).toBe('request_refused');
    expect(verdict).toMatchObject({ error: { remedy: expect.stringContaining('HTTPS_PROXY=http://user:password@') } });
  });

  test('that is a body which is not what it claims is repeated', () => {
    expect(inShort(verdictOnMalformed('not JSON', optional))).toBe('retry quick, then api_unavailable');
  });
});

describe('an error message of the API', () => {
  const errorOf = (verdict: RequestVerdict) => (verdict.kind === 'raise' ? verdict.error.message : verdict.reason);

  test('is quoted on one line, at most 300 characters of it', () => {
    expect(errorOf(verdictOnStatus(403, said('Missing scopes:\n  api.usage.read'), required))).toBe(
      '/organization/costs answered 403: Missing scopes: api.usage.read',
    );
    const long = errorOf(verdictOnStatus(403, said('x'.repeat(5000)), required));
    expect(long).toHaveLength('/organization/costs answered 403: '.length + 300);
    expect(long.endsWith('…')).toBe(true);
  });

  test('loses keys, tokens and e-mail addresses', () => {
    const text = JSON.stringify({
      error: { message: 'Bad key sk-admin-abc123XYZ of jane@example.com, Bearer abc.def', param: 'sk-admin-abc123XYZ' },
    });
    expect(JSON.stringify(parseApiError(text))).not.toMatch(/abc123XYZ|jane@|abc\.def/);
  });

  test.each([
    ['HTML', '<html><body>Bad gateway</body></html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a string', '"error"'],
    ['an error that is a string', '{"error":"no"}'],
    ['an error without a message', '{"error":{"code":"x"}}'],
    ['a message that is not text', '{"error":{"message":{"secret":"body"}}}'],
  ])('is absent where the body is %s, and the body is not quoted in its place', (_, body) => {
    expect(parseApiError(body)).toBeNull();
    expect(errorOf(verdictOnStatus(403, parseApiError(body), required))).toBe(
      '/organization/costs answered 403 without an API error message',
    );
  });
});
