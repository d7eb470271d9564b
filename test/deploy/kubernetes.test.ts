import { validate as readDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as readCronJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1CronJob';
import { validate as readService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { Deployment } from 'kubernetes-models/apps/v1';
import { CronJob } from 'kubernetes-models/batch/v1';
import { Service } from 'kubernetes-models/v1';
import { validate as isSchedule } from 'node-cron';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config.ts';
import { parsedByProgram } from './command-lines.ts';
import { at, isMapping, readYaml, texts, type YamlMapping, type YamlValue } from './yaml.ts';

const cronJob = (await readYaml('deploy/kubernetes/cronjob.yaml'))[0] ?? {};
const [deployment = {}, service = {}] = await readYaml('deploy/kubernetes/serve.yaml');

const schemas = {
  CronJob: { model: CronJob, read: readCronJob },
  Deployment: { model: Deployment, read: readDeployment },
  Service: { model: Service, read: readService },
};

/**
 * What Kubernetes' own schemas say against a manifest: what they refuse, and fields they do not know, which they pass
 * over. A field that its schema never looked at is one it does not know.
 */
function complaintsOf(manifest: YamlMapping): readonly string[] {
  const schema = Object.entries(schemas).find(([kind]) => kind === manifest['kind'])?.[1];
  if (schema === undefined) return [`no schema of the kind ${manifest['kind']}`];
  const { model: Model, read } = schema;
  const { apiVersion, kind, ...rest } = manifest;
  const complaints = apiVersion === Model.apiVersion && kind === Model.kind ? [] : ['apiVersion or kind'];
  try {
    // The schema is to judge what the file says; the types would only judge what is written here.
    new Model(rest as never).validate();
  } catch (thrown) {
    complaints.push(String(thrown));
  }
  const looked = new Set<string>();
  read(watched(manifest, '', looked));
  return [...complaints, ...fieldsOf(manifest, '').filter((path) => !looked.has(path))];
}

/** The same mapping, which notes what is looked at. */
function watched<T extends object>(value: T, path: string, looked: Set<string>): T {
  return new Proxy(value, {
    get: (target, name, receiver) => {
      const inside: unknown = Reflect.get(target, name, receiver);
      if (typeof name !== 'string') return inside;
      looked.add(`${path}/${name}`);
      return typeof inside === 'object' && inside !== null ? watched(inside, `${path}/${name}`, looked) : inside;
    },
  });
}

function fieldsOf(value: YamlValue, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inside]) => [`${path}/${name}`, ...fieldsOf(inside, `${path}/${name}`)]);
}

describe('the manifests', () => {
  test.each([cronJob, deployment, service])('are what Kubernetes takes: $kind', (manifest) => {
    expect(complaintsOf(manifest)).toEqual([]);
  });

  test('would be found out if they had a wrong value or an unknown field', () => {
    const spec = at(cronJob, 'spec');
    const changed = (more: YamlMapping) =>
      complaintsOf({ ...cronJob, spec: { ...(isMapping(spec) ? spec : {}), ...more } });
    expect(changed({ concurrencyPolicy: 'Never' }).join()).toContain('concurrencyPolicy');
    expect(changed({ schedul: '17 3 * * *' })).toEqual(['/spec/schedul']);
  });
});

const pods = [
  { name: 'the job', pod: at(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec') },
  { name: 'the service', pod: at(deployment, 'spec', 'template', 'spec') },
];

describe.each(pods)('$name', ({ pod }) => {
  const container = at(pod, 'containers', 0);
  const environment = at(container, 'env');
  const variables = (Array.isArray(environment) ? environment : []).map((each) => String(at(each, 'name')));

  test('runs a command that the program takes', async () => {
    const args = texts(at(container, 'args'));
    expect(await parsedByProgram(args)).toBe(args[0]);
  });

  test('is confined: nobody special, no rights to gain, nothing to write to, no token of the cluster', () => {
    expect(at(pod, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  });

  test('sets variables the program reads, and takes secrets from the secret alone', () => {
    const known = [...Object.values(settings).map(({ env }) => env), 'OPENAI_ADMIN_KEY'];
    expect(known).toEqual(expect.arrayContaining(variables));
    const secret = Object.values(settings).flatMap(({ env, secret: hidden }) => (hidden && env !== null ? [env] : []));
    for (const each of Array.isArray(environment) ? environment : []) {
      const isSecret = ['OPENAI_ADMIN_KEY', ...secret].includes(String(at(each, 'name')));
      expect(isMapping(each) && 'valueFrom' in each, JSON.stringify(each)).toBe(isSecret);
    }
  });
});

test('the job is due when cron says so, and never twice at once', () => {
  expect(isSchedule(String(at(cronJob, 'spec', 'schedule')))).toBe(true);
  expect(at(cronJob, 'spec', 'concurrencyPolicy')).toBe('Forbid');
});

test('the service is asked for its health at the port it listens on', () => {
  const container = at(deployment, 'spec', 'template', 'spec', 'containers', 0);
  const port = Number(settings.http_port.default);
  expect(at(container, 'ports')).toEqual([{ name: 'http', containerPort: port }]);
  expect(at(container, 'livenessProbe', 'httpGet')).toEqual({ path: '/livez', port: 'http' });
  expect(at(container, 'readinessProbe', 'httpGet')).toEqual({ path: '/readyz', port: 'http' });
  expect(at(deployment, 'spec', 'template', 'metadata', 'annotations', 'prometheus.io/port')).toBe(String(port));
});

test('the service finds its pod', () => {
  expect(at(deployment, 'spec', 'template', 'metadata', 'labels')).toMatchObject(
    at(service, 'spec', 'selector') as object,
  );
  expect(at(deployment, 'spec', 'selector', 'matchLabels')).toEqual(at(service, 'spec', 'selector'));
});
