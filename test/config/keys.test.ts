import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPrivate } from '../../src/config/admin-key.ts';
import { adminKey, folderWith, load, refusal } from './fixture.ts';

describe('the admin key', () => {
  it('is read from a file that only its owner can read, without the line end', () => {
    const cwd = folderWith({ key: `${adminKey}\n` });
    expect(load({ cwd, env: { OPENAI_ADMIN_KEY_FILE: 'key' } }).organizations[0]?.adminKey).toBe(adminKey);
  });

  it('is refused under two names: one organization would be billed twice', () => {
    const cwd = folderWith({
      'usage-etl.yaml':
        'organizations:\n  - { name: one, admin_key_env: A }\n  - { name: two, admin_key_env: B }\n  - { name: three, admin_key_env: C }\n',
    });
    const error = refusal(() => load({ cwd, env: { A: adminKey, B: `${adminKey}x`, C: adminKey } }));
    expect(error).toMatchObject({ code: 'config_invalid', exit: 2 });
    expect(error.message).toContain('the admin key of one again');
    expect(error.message).not.toContain(adminKey);
  });

  it('is refused from a file that others can read, and chmod 600 is the way out', () => {
    const cwd = folderWith({ key: adminKey });
    chmodSync(join(cwd, 'key'), 0o640);
    const error = refusal(() => load({ cwd, env: { OPENAI_ADMIN_KEY_FILE: 'key' } }));
    expect(error).toMatchObject({ code: 'config_invalid', exit: 2 });
    expect(error.message).toContain('chmod 600');
    expect(error.message).toContain('OPENAI_ADMIN_KEY_FILE');
  });

  it.each([
    ['its owner alone', 0o600, 1000, 1000, true],
    ['its owner alone, who cannot write it', 0o400, 1000, 1000, true],
    ["its owner's group", 0o640, 1000, 1000, false],
    ['a group that root gives it to, as systemd and Kubernetes do', 0o440, 0, 1000, true],
    ['everyone, although it is root who owns it', 0o444, 0, 1000, false],
    ['a group that root lets write it', 0o460, 0, 1000, false],
    ["root's group, where the program runs as root", 0o440, 0, 0, false],
  ])('in a file that can be read by %s', (_who, mode, owner, user, isAccepted) => {
    expect(isPrivate(mode, owner, user)).toBe(isAccepted);
  });

  it.each([
    ['is missing', null],
    ['is empty', '\n'],
    ['holds something else', 'hello world'],
    ['holds two lines', `${adminKey}\n${adminKey}`],
  ])('is refused from a file that %s', (_what, text) => {
    const cwd = folderWith();
    if (text !== null) writeFileSync(join(cwd, 'key'), text, { mode: 0o600 });
    const error = refusal(() => load({ cwd, env: { OPENAI_ADMIN_KEY_FILE: 'key' } }));
    expect(error.code).toBe('config_invalid');
    expect(error.message).not.toContain(adminKey);
  });

  it('missing is an error of its own, which names both ways to give it', () => {
    const error = refusal(() => load({ env: {} }));
    expect(error).toMatchObject({ code: 'key_missing', exit: 2 });
    expect(error.remedy).toContain('OPENAI_ADMIN_KEY_FILE');
  });

  it('missing is no problem for a command that never calls the API', () => {
    expect(load({ env: {}, needsKey: false }).organizations[0]).toMatchObject({ name: 'default', adminKey: '' });
  });

  it('given twice is a problem, because one of the two would be ignored', () => {
    const cwd = folderWith({ key: adminKey });
    const error = refusal(() => load({ cwd, env: { OPENAI_ADMIN_KEY: adminKey, OPENAI_ADMIN_KEY_FILE: 'key' } }));
    expect(error.message).toContain('one of the two');
  });

  it('is never shown, not even when it is wrong', () => {
    const error = refusal(() => load({ env: { OPENAI_ADMIN_KEY: 'my secret word' } }));
    expect(JSON.stringify([error.message, error.problems])).not.toContain('secret');
  });
});
