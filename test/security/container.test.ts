import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        user: z.string().optional(),
        read_only: z.boolean().default(false),
        cap_drop: z.array(z.string()).default([]),
        security_opt: z.array(z.string()).default([]),
        privileged: z.boolean().default(false),
        network_mode: z.string().optional(),
        ports: z.array(z.string()).default([]),
        volumes: z.array(z.string()).default([]),
      }),
    ),
  })
  .parse(parse(read('docker-compose.yml'), { merge: true }));

const services = Object.entries(compose.services);
const own = services.filter(([, { image }]) => image === 'openai-usage-etl');

describe('docker-compose.yml', () => {
  it.each(own)('runs %s as an ordinary user, on a read-only file system, without capabilities', (_name, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.user).toMatch(/^(?:\$\{\w+:-)?[1-9]\d*:[1-9]\d*\}?$/);
  });

  it.each(services)('lets %s gain no privileges and publishes its ports to this machine alone', (_name, service) => {
    expect(service.privileged).toBe(false);
    expect(service.network_mode).toBeUndefined();
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(service.volumes.filter((volume) => volume.includes('docker.sock'))).toEqual([]);
  });

  it('asks for the password of the database and brings none', () => {
    const text = read('docker-compose.yml');
    expect(text).toContain('${POSTGRES_PASSWORD:?');
    expect(text).not.toMatch(/POSTGRES_PASSWORD:-/);
  });
});

describe('the Dockerfile', () => {
  const stages = read('Dockerfile').split(/^FROM /m);
  const final = stages.at(-1) ?? '';

  it('ends as an ordinary user who owns none of the files', () => {
    expect(/^USER (\w+)$/m.exec(final)?.[1]).toBe('node');
    expect(final).not.toMatch(/--chown|chown |chmod /);
  });

  it('installs what the lock file says, runs no script of a package, and takes no secret in', () => {
    const text = stages.join('FROM ');
    for (const [install] of text.matchAll(/npm (?:ci|install)[^\n]*/g))
      expect(install).toMatch(/npm ci .*--ignore-scripts/);
    expect(text).not.toMatch(/^(?:ARG|ENV) .*(?:KEY|PASSWORD|TOKEN|SECRET)/m);
    expect(text).not.toMatch(/^(?:ADD|COPY) \. /m);
  });
});

it('nothing enters the build context but what is named', () => {
  const [first, ...others] = read('.dockerignore').trim().split('\n');
  expect(first).toBe('*');
  expect(others.filter((line) => !line.startsWith('!') || /env|usage-etl-data|\.yaml/.test(line))).toEqual([]);
});
