import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.ts';
import { emptyFolder } from '../cli/command.ts';
import { parsedByProgram } from './command-lines.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const names = await readdir(join(deploy, 'systemd'));
const units = await Promise.all(
  names.map(async (name) => ({ name, text: await readFile(join(deploy, 'systemd', name), 'utf8') })),
);
const services = units.filter(({ name }) => name.endsWith('.service'));

const yes = /^yes$/;
const span = /^\d+(s|min|h)?$/;
const path = /^\/[\w./-]+$/;
const target = /^[\w-]+\.(target|service)( [\w-]+\.(target|service))*$/;
const hardening = [
  'NoNewPrivileges',
  'ProtectHome',
  'PrivateTmp',
  'PrivateDevices',
  'ProtectClock',
  'ProtectHostname',
  'ProtectKernelLogs',
  'ProtectKernelModules',
  'ProtectKernelTunables',
  'ProtectControlGroups',
  'RestrictNamespaces',
  'RestrictRealtime',
  'RestrictSUIDSGID',
  'LockPersonality',
];

/** The directives that units here may use, by section, each with the values that make sense for it. */
const known: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  Unit: { Description: /./, Wants: target, After: target },
  Service: {
    Type: /^(oneshot|exec)$/,
    User: /^usage-etl$/,
    Group: /^usage-etl$/,
    StateDirectory: /^usage-etl$/,
    StateDirectoryMode: /^0700$/,
    WorkingDirectory: path,
    EnvironmentFile: path,
    ExecStart: /^\/usr\/local\/bin\/usage-etl /,
    SuccessExitStatus: /^(75|143)$/,
    TimeoutStartSec: span,
    TimeoutStopSec: span,
    KillMode: /^mixed$/,
    KillSignal: /^SIGTERM$/,
    Restart: /^on-failure$/,
    RestartSec: span,
    RestartPreventExitStatus: /^2$/,
    CapabilityBoundingSet: /^$/,
    AmbientCapabilities: /^$/,
    ProtectSystem: /^strict$/,
    ProtectProc: /^invisible$/,
    RestrictAddressFamilies: /^AF_INET AF_INET6 AF_UNIX AF_NETLINK$/,
    SystemCallArchitectures: /^native$/,
    SystemCallFilter: /^~?@[a-z-]+$/,
    SystemCallErrorNumber: /^EPERM$/,
    UMask: /^0077$/,
    ...Object.fromEntries(hardening.map((name) => [name, yes])),
  },
  Timer: {
    OnCalendar: /^\*-\*-\* \d{2}:\d{2}:\d{2} UTC$/,
    RandomizedDelaySec: span,
    Persistent: yes,
  },
  Install: { WantedBy: target },
};

interface Directive {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

function directivesOf(text: string): readonly Directive[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const header = /^\[(\w+)\]$/.exec(line);
    section = header?.[1] ?? section;
    if (header !== null) return [];
    const at = line.indexOf('=');
    return [{ section, name: line.slice(0, Math.max(at, 0)), value: line.slice(at + 1) }];
  });
}

/** What is not a directive known here with a value known here. */
function strangersOf(text: string): readonly Directive[] {
  return directivesOf(text).filter(({ section, name, value }) => known[section]?.[name]?.test(value) !== true);
}

describe.each(units)('$name', ({ name, text }) => {
  test('uses directives that systemd has, where it has them', () => {
    expect(directivesOf(text).length).toBeGreaterThan(4);
    expect(strangersOf(text)).toEqual([]);
  });

  test('says in its first line where it belongs', () => {
    expect(text.split('\n')[0]).toContain(`/etc/systemd/system/${name}`);
  });
});

test('a directive that is misspelt or in the wrong section is found out', () => {
  expect(strangersOf('[Service]\nNoNewPrivilges=yes\n')).toHaveLength(1);
  expect(strangersOf('[Unit]\nNoNewPrivileges=yes\n')).toHaveLength(1);
  expect(strangersOf('[Service]\nNoNewPrivileges=maybe\n')).toHaveLength(1);
});

describe.each(services)('$name', ({ text }) => {
  const directives = directivesOf(text);
  const values = (name: string) => directives.filter((each) => each.name === name).map(({ value }) => value);

  test('runs a command that the program takes', async () => {
    const [line = ''] = values('ExecStart');
    const [, command, ...options] = line.split(' ');
    expect(await parsedByProgram([command ?? '', ...options])).toBe(command);
  });

  test('is as confined as it can be', () => {
    expect(directives.map(({ name }) => name)).toEqual(expect.arrayContaining(hardening));
    expect(values('CapabilityBoundingSet')).toEqual(['']);
    expect(values('User')).toEqual(['usage-etl']);
  });

  // The engine of JavaScript makes code at run time; the embedded server shares memory with whoever runs as the same user.
  test.each(['MemoryDenyWriteExecute', 'RemoveIPC'])('leaves %s alone, with which it could not work', (name) => {
    expect(values(name)).toEqual([]);
  });

  test('tells the program alone to stop, so that the database server it started outlives its transactions', () => {
    expect(values('KillMode')).toEqual(['mixed']);
  });
});

test('a nightly run that finds another at work has not failed', () => {
  const nightly = services.find(({ name }) => name === 'usage-etl.service');
  expect(nightly?.text).toContain('\nSuccessExitStatus=75\n');
});

test('the environment file names settings that exist', async () => {
  const text = await readFile(join(deploy, 'environment'), 'utf8');
  const named = [...text.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);
  const variables = [...Object.values(settings).map(({ env }) => env), 'OPENAI_ADMIN_KEY_FILE', 'USAGE_ETL_CONFIG'];
  expect(named.length).toBeGreaterThan(3);
  expect(variables).toEqual(expect.arrayContaining(named));
});

/** Part of systemd, and not everywhere. */
const analyzer = 'systemd-analyze';

/** What systemd itself says of the units, on machines that have it; else null. */
async function verified(texts: readonly { readonly name: string; readonly text: string }[]): Promise<string | null> {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'bin'));
  const program = join(folder, 'bin', 'usage-etl');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  const files = texts.map(({ name, text }) => {
    writeFileSync(join(folder, name), text.replaceAll('/usr/local/bin/usage-etl', program));
    return join(folder, name);
  });
  return new Promise((resolve, reject) => {
    execFile(analyzer, ['verify', '--man=no', ...files], (failure, stdout, stderr) => {
      if (failure !== null && failure.code === 'ENOENT') resolve(null);
      else if (failure !== null && typeof failure.code !== 'number') reject(failure);
      else resolve(stdout + stderr);
    });
  });
}

test('systemd finds nothing to say against the units, where there is a systemd to be asked', async () => {
  const complaint = await verified(units);
  const misspelt = await verified([
    { name: 'misspelt.service', text: '[Service]\nExecStart=/usr/local/bin/usage-etl sync\nNoNewPrivilges=yes\n' },
  ]);
  if (complaint === null) {
    // Nobody to be asked: then the list of known directives above has been the judge.
    expect(units.flatMap(({ text }) => strangersOf(text))).toEqual([]);
  } else {
    expect(complaint).toBe('');
    expect(misspelt).toContain('NoNewPrivilges');
  }
});
