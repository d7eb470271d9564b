import type { Dataset } from '../../src/catalog/dataset.ts';
import { datasets as catalog } from '../../src/catalog/index.ts';
import { widthSeconds } from '../../src/catalog/width.ts';
import { formatDecimal, parseDecimal } from '../../src/parse/decimal.ts';
import { parseJsonExact } from '../../src/parse/json.ts';
import { jsonbText } from '../../src/parse/jsonb.ts';
import type { Fault, TruthRow } from '../../src/simulator/index.ts';
import type { Acted } from './act.ts';
import { driftField } from './fault-drawing.ts';
import { BrokenPromise } from './memory.ts';
import { type BucketAt, digest, lineOf, type Oracle } from './oracle.ts';
import { bucketName, contentOf, type Entry } from './stored.ts';

/** A dataset by its name. */
export function datasetNamed(name: string): Dataset {
  const dataset = catalog.find((one) => one.name === name);
  if (dataset === undefined) throw new BrokenPromise(`the ledger has a dataset ${name}`);
  return dataset;
}

/** What the API may have said while an act went on. */
export interface Said {
  readonly oracle: Oracle;
  readonly faults: readonly Fault[];
  readonly act: Pick<Acted, 'from' | 'to' | 'honestUntil'>;
}

/** True where `content` is wholly one of the things the API said of a bucket while the act went on. */
export function isWhatWasSaid({ oracle, faults, act }: Said, entry: Entry, content: string): boolean {
  const dataset = datasetNamed(entry.dataset);
  const bucket: BucketAt = { dataset, width: entry.width, start: entry.start, grain: entry.grain };
  const closed = entry.start + widthSeconds[entry.width] <= act.from;
  if (closed && oracle.digest(bucket) === content) return true;
  const edits = faults.filter(({ when }) => when.dataset === dataset.name).flatMap((fault) => editOf(dataset, fault));
  // The API counts by the minute.
  const instants = closed ? [Number.MAX_SAFE_INTEGER] : minutes(act.from, act.to);
  return instants.some((instant) =>
    (['after', 'before'] as const).some((version) => {
      const rows = oracle.rows(bucket, instant, version).map((row) => lineOf(dataset, row));
      if (digest(rows) === content) return true;
      return edits.some((edit) => digest(edit(oracle.rows(bucket, instant, version))) === content);
    }),
  );
}

function minutes(from: number, to: number): readonly number[] {
  const instants = [to, from];
  for (let instant = from; instant < to; instant += 60) instants.push(instant);
  return instants;
}

type Edit = (rows: readonly TruthRow[]) => readonly string[];

/** What a fault makes the API say that is not the truth, and that nobody could tell from it. */
function editOf(dataset: Dataset, { then }: Fault): readonly Edit[] {
  if (then.kind === 'missing-buckets') return [() => []];
  if (then.kind === 'remove-field') return [withMeasure(dataset, then.field, null)];
  if (then.kind !== 'set-field') return [];
  // Results of another tag are quarantined, the rest of the bucket is loaded: nothing.
  if (then.field === 'object') return [() => []];
  if (then.field === driftField) {
    const extra = jsonbText({ [then.field]: parseJsonExact(then.json) });
    return [(rows) => rows.map((row) => lineOf(dataset, row, extra))];
  }
  const decimal = parseDecimal(then.json.replaceAll('"', ''));
  return decimal === null ? [] : [withMeasure(dataset, then.field, formatDecimal(decimal))];
}

/** A measure that is not required, or that may be any decimal, is taken as it comes. */
function withMeasure(dataset: Dataset, field: string, value: string | null): Edit {
  return (rows) => rows.map((row) => lineOf(dataset, { ...row, [field]: value }));
}

/** What is wrong with a bucket, row for row, for people. */
export function differenceOf({ oracle, act }: Said, entry: Entry, lines: Iterable<string>): string {
  const dataset = datasetNamed(entry.dataset);
  const bucket = { dataset, width: entry.width, start: entry.start, grain: entry.grain };
  const closed = entry.start + widthSeconds[entry.width] <= act.from;
  const truth = oracle.rows(bucket, closed ? Number.MAX_SAFE_INTEGER : act.to).map((row) => lineOf(dataset, row));
  const stored = [...lines].map((line) => contentOf(dataset, line));
  const missing = truth.filter((row) => !stored.includes(row));
  const surplus = stored.filter((row) => !truth.includes(row));
  return [
    `${bucketName(entry)} at ${entry.grain.join()} holds ${stored.length} rows, the API said ${truth.length}`,
    ...missing.slice(0, 2).map((row) => `  lacks ${row}`),
    ...surplus.slice(0, 2).map((row) => `  has   ${row}`),
  ].join('\n');
}
