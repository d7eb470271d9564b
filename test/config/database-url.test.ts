import { describe, expect, it } from 'vitest';
import { adminKey, load, loadYaml, refusal } from './fixture.ts';

const database = 'postgres://etl:a-password@db.example.com/usage';

function loadUrl(url: string, more: Record<string, string> = {}) {
  return load({ env: { OPENAI_ADMIN_KEY: adminKey, DATABASE_URL: url, ...more } });
}

describe('the TLS parameters of DATABASE_URL', () => {
  it.each([
    'sslmode=disable',
    'sslmode=prefer',
    'sslmode=require',
    'sslmode=require&sslrootcert=/ca.pem',
    'sslmode=verify-ca&sslrootcert=/ca.pem',
    'sslmode=verify-full',
    'sslmode=verify-full&sslrootcert=system',
    'sslrootcert=system&sslnegotiation=direct',
    'sslmode=verify-full&sslcert=/own.pem&sslkey=/own.key',
    'ssl=true',
    'channel_binding=prefer',
    'target_session_attrs=any',
  ])('may say %s', (parameters) => {
    expect(loadUrl(`${database}?${parameters}`).databaseUrl).toBe(`${database}?${parameters}`);
  });

  it.each([
    ['sslmode=verify', 'sslmode=disable, prefer, require, verify-ca or verify-full'],
    ['sslmode=no-verify', 'sslmode=disable, prefer, require, verify-ca or verify-full'],
    ['sslmode=allow', 'sslmode=disable, prefer, require, verify-ca or verify-full'],
    ['ssl=1', 'sslmode=disable, prefer, require, verify-ca or verify-full'],
    ['sslmode=verify-ca', 'sslrootcert=FILE'],
    ['sslmode=verify-ca&sslrootcert=system', 'verify-full'],
    ['sslmode=require&sslrootcert=system', 'sslmode=verify-full'],
    ['sslcert=/own.pem', 'sslcert=FILE and sslkey=FILE together'],
    ['sslnegotiation=direct', 'sslmode=require or stricter'],
    ['sslmode=require&sslnegotiation=later', 'sslnegotiation=postgres or direct'],
    ['channel_binding=require', 'a URL without channel_binding'],
    ['channel_binding=prefer&channel_binding=require', 'a URL without channel_binding'],
    ['target_session_attrs=read-write', 'name the primary server'],
    ['target_session_attrs=primary', 'a URL without target_session_attrs'],
    ['require_auth=password', 'a URL without require_auth'],
    ['requirepeer=postgres', 'a URL without requirepeer'],
    ['gssencmode=require', 'a URL without gssencmode'],
    ['load_balance_hosts=random', 'name one server'],
    ['sslmode=verify-full&sslcrl=/revoked.pem', 'sslcrl is not among them'],
  ])('are refused as %s, with what would be right', (parameters, accepted) => {
    const error = refusal(() => loadUrl(`${database}?${parameters}`));
    expect(error).toMatchObject({ code: 'config_invalid', exit: 2 });
    expect(error.problems).toMatchObject([{ where: 'DATABASE_URL', accepted: expect.stringContaining(accepted) }]);
    expect(error.message).not.toContain('a-password');
  });

  it('are checked in the file, too', () => {
    const error = refusal(() => loadYaml(`database_url: ${database}?sslmode=yes`));
    expect(error.problems).toMatchObject([{ where: 'usage-etl.yaml:1 database_url' }]);
    expect(error.message).not.toContain('a-password');
  });
});

describe("libpq's own variables", () => {
  it('count where the URL says nothing', () => {
    const { databaseUrl } = loadUrl(database, { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/ca.pem' });
    expect(databaseUrl).toBe(`${database}?sslmode=verify-full&sslrootcert=%2Fca.pem`);
  });

  it('give way to the URL', () => {
    expect(loadUrl(`${database}?sslmode=disable`, { PGSSLMODE: 'require' }).databaseUrl).toContain('sslmode=disable');
    expect(loadUrl(`${database}?ssl=true`, { PGSSLMODE: 'disable' }).databaseUrl).toBe(`${database}?ssl=true`);
  });

  it('are refused by their own name', () => {
    const error = refusal(() => loadUrl(database, { PGSSLMODE: 'on' }));
    expect(error.problems).toMatchObject([{ where: 'PGSSLMODE' }]);
  });

  it.each([
    ['PGCHANNELBINDING', 'require'],
    ['PGTARGETSESSIONATTRS', 'read-write'],
    ['PGREQUIREAUTH', 'md5'],
    ['PGREQUIREPEER', 'postgres'],
    ['PGGSSENCMODE', 'require'],
  ])('are refused where %s promises what is not kept', (variable, value) => {
    expect(refusal(() => loadUrl(database, { [variable]: value })).problems).toMatchObject([{ where: variable }]);
  });

  it('do not touch the embedded server', () => {
    expect(load({ env: { OPENAI_ADMIN_KEY: adminKey, PGSSLMODE: 'verify-full' } }).databaseUrl).toBeNull();
  });
});
