import { directoryLists } from '../../catalog/directory/index.ts';
import { datasets as catalog } from '../../catalog/index.ts';
import type { OrganizationSettings } from '../../config.ts';
import { toEtlError } from '../../errors.ts';
import { createClient } from '../../openai/client.ts';
import { queryString } from '../../openai/query.ts';
import { floorToBucket, widthMs } from '../../plan/bucket.ts';
import { namesRemedy } from '../directory.ts';
import { type Evidence, organizationIdsIn } from '../identity.ts';
import type { CheckContext } from './context.ts';
import { type CheckLine, failed, ok, skipped } from './line.ts';

/** A check is answered while somebody waits, so a failing endpoint is given up after this long. */
const patienceSeconds = 10;
const mostAnswerBytes = 64 * 1024 * 1024;

/** Endpoints that several datasets read are asked once; they are optional only if all of those are. */
function endpoints(organization: OrganizationSettings) {
  const used = organization.datasets.map(({ dataset }) => dataset);
  const paths = [...new Set(catalog.filter((dataset) => used.includes(dataset)).map(({ path }) => path))];
  return paths.flatMap((path) => {
    const readers = used.filter((dataset) => dataset.path === path);
    const [dataset] = readers;
    return dataset === undefined ? [] : [{ path, dataset, optional: readers.every(({ optional }) => optional) }];
  });
}

/** Tries the key of one organization and every endpoint its datasets need, with one small request each. */
export async function organizationLines(
  context: CheckContext,
  organization: OrganizationSettings,
): Promise<{ readonly lines: readonly CheckLine[]; readonly evidence: Evidence }> {
  const { config, clock, log, signal, progress } = context;
  const client = createClient({
    ...config,
    adminKey: organization.adminKey,
    retryTotalSeconds: patienceSeconds,
    clock,
    log,
  });
  const end = floorToBucket(clock.now(), '1d');
  const start = new Date(end.getTime() - widthMs('1d'));
  const label = `check ${organization.name}`;
  const ids = new Set<string>();
  const decode = (text: string) => {
    for (const id of organizationIdsIn(JSON.parse(text))) ids.add(id);
  };
  const ask = async (path: string, query: string, optional: boolean) => {
    await client.request(path, query, { hardMaxBytes: mostAnswerBytes, signal, optional, decode });
    progress.advanced(label, 0);
  };
  const wanted = endpoints(organization);
  const lists = config.directory?.hours === 0 ? [] : directoryLists.filter(({ per }) => per === null);
  progress.planned(label, wanted.length + lists.length);
  try {
    const answers = await Promise.allSettled([
      ...wanted.map(({ path, dataset, optional }) =>
        ask(path, queryString({ dataset, width: '1d', start, end, limit: 1, groupBy: [], filters: {} }), optional),
      ),
      ...lists.map(({ path }) => ask(path, 'limit=1', true)),
    ]);
    signal.throwIfAborted();
    const answersOf = { endpoints: answers.slice(0, wanted.length), lists: answers.slice(wanted.length) };
    const lines = linesOf(organization.name, wanted, lists, answersOf);
    return { lines, evidence: { ids, headers: client.organizations } };
  } finally {
    await client.close();
  }
}

type Answer = PromiseSettledResult<void>;

function linesOf(
  org: string,
  wanted: ReturnType<typeof endpoints>,
  lists: readonly { readonly path: string }[],
  answers: { readonly endpoints: readonly Answer[]; readonly lists: readonly Answer[] },
): readonly CheckLine[] {
  // A key may be good for usage and not for names, never the other way round.
  const rejected = answers.endpoints.find(
    (answer) => answer.status === 'rejected' && toEtlError(answer.reason).code === 'key_rejected',
  );
  if (rejected?.status === 'rejected') {
    return [
      failed(org, 'key', rejected.reason),
      skipped(org, 'endpoints', 'not tried further: the key is not accepted'),
    ];
  }
  const anyAnswered = answers.endpoints.some(({ status }) => status === 'fulfilled');
  const keyLine = anyAnswered ? [ok(org, 'key', 'accepted')] : [];
  return [
    ...keyLine,
    ...wanted.map(({ path, optional }, index) => endpointLine(org, path, optional, answers.endpoints[index])),
    ...lists.map(({ path }, index) => listLine(org, path, answers.lists[index])),
  ];
}

function endpointLine(org: string, path: string, optional: boolean, answer: Answer | undefined): CheckLine {
  if (answer?.status !== 'rejected') return ok(org, path, 'readable');
  const error = toEtlError(answer.reason);
  if (!optional || error.code !== 'dataset_unavailable') return failed(org, path, error);
  return { ...failed(org, path, error), status: 'notice' };
}

/** Names of projects, people, keys and groups need a permission of their own; usage and costs do without. */
function listLine(org: string, path: string, answer: Answer | undefined): CheckLine {
  if (answer?.status !== 'rejected') return ok(org, path, 'readable');
  return { ...failed(org, path, answer.reason), status: 'notice', remedy: namesRemedy };
}
