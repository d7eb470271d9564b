import type { Attribute, Measure } from '../../catalog/column.ts';
import { costsPath, type Endpoint } from '../endpoint.ts';
import { keyOf, type Result } from '../world/atom.ts';
import type { Organization } from '../world/organization.ts';
import { type AmountStyle, amountText, numberText } from './amount-text.ts';
import type { BucketDraft } from './page.ts';

/** Writes the buckets of an endpoint as JSON. */
export interface Writer {
  bucket(draft: BucketDraft): string;
}

/** One top-level field: its name as JSON with the colon, and the JSON text of its value in a result. */
interface Field {
  readonly name: string;
  readonly label: string;
  readonly text: (result: Result, salt: string) => string;
}

/** A writer for an endpoint as it is at the level answered. */
export function createWriter(endpoint: Endpoint, organization: Organization, style: AmountStyle): Writer {
  const fields = [
    field('object', () => JSON.stringify(endpoint.object)),
    ...columnFields(endpoint, style),
    ...endpoint.dimensions.map(({ name }, index) =>
      field(name, ({ dimensions }) => JSON.stringify(dimensions[index] ?? null)),
    ),
    ...endpoint.undocumented.map((name) => field(name, undocumentedText(name, endpoint, organization))),
  ];
  const resultText = (result: Result, { edits }: BucketDraft) => {
    const salt = keyOf(result.dimensions) + result.measures.join();
    if (edits.length === 0) return `{${fields.map(({ label, text }) => label + text(result, salt)).join(',')}}`;
    const written = new Map(fields.map(({ name, text }) => [name, text(result, salt)]));
    const edited = edits.reduce<ReadonlyMap<string, string>>((map, edit) => edit(map), written);
    return `{${[...edited].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
  };
  return {
    bucket: (draft) => {
      const { results } = draft;
      const iso = endpoint.path === costsPath ? isoFields(draft) : '';
      const written = results.map((result) => resultText(result, draft)).join(',');
      return `{"object":"bucket",${timesText(draft)},${iso}"results":[${written}]}`;
    },
  };
}

function timesText({ start, end, timesAs }: BucketDraft): string {
  if (timesAs === 'null') return `"start_time":null,"end_time":${end}`;
  const unit = timesAs === 'milliseconds' ? 1000 : 1;
  return `"start_time":${start * unit},"end_time":${end * unit}`;
}

/** The JSON text of a page of written buckets. */
export function pageText(buckets: readonly string[], hasMore: boolean, nextPage: string | null): string {
  return `{"object":"page","data":[${buckets.join(',')}],"has_more":${hasMore},"next_page":${JSON.stringify(nextPage)}}`;
}

function field(name: string, text: Field['text']): Field {
  return { name, label: `${JSON.stringify(name)}:`, text };
}

/** A measure or attribute and the JSON text of its value. */
interface Leaf {
  readonly path: readonly string[];
  readonly text: Field['text'];
}

/** Measures and attributes where their paths put them: those of one first key share an object. */
function columnFields({ measures, attributes }: Endpoint, style: AmountStyle): readonly Field[] {
  const leaves: readonly Leaf[] = [
    ...measures.map((measure, index) => ({ path: measure.path, text: measureText(measure, index, style) })),
    ...attributes.map((attribute: Attribute, index) => ({
      path: attribute.path,
      text: (result: Result) => JSON.stringify(result.attributes[index] ?? null),
    })),
  ];
  return fieldsOf(leaves);
}

function fieldsOf(leaves: readonly Leaf[]): readonly Field[] {
  const byFirstKey = Map.groupBy(leaves, ({ path }) => path[0] ?? '');
  return [...byFirstKey].map(([name, [first, ...others]]) => {
    if (first !== undefined && first.path.length === 1) return field(name, first.text);
    const inner = fieldsOf([first, ...others].flatMap((leaf) => (leaf ? [{ ...leaf, path: leaf.path.slice(1) }] : [])));
    return field(name, (result, salt) => `{${inner.map(({ label, text }) => label + text(result, salt)).join(',')}}`);
  });
}

function measureText({ unit }: Measure, index: number, style: AmountStyle): Field['text'] {
  return ({ measures }, salt) => {
    const value = measures[index] ?? null;
    if (typeof value !== 'bigint') return String(value);
    // Captures show strings only where a value is money; quantities are always numbers.
    return unit === 'amount_currency' ? amountText(value, style, salt) : numberText(value);
  };
}

/** Undocumented fields, filled as captures show them. */
function undocumentedText(name: string, endpoint: Endpoint, organization: Organization): Field['text'] {
  const projectAt = endpoint.dimensions.findIndex((dimension) => dimension.name === 'project_id');
  const userAt = endpoint.dimensions.findIndex((dimension) => dimension.name === 'user_id');
  const projectNames = new Map<unknown, string>(organization.projects.map((project) => [project.id, project.name]));
  const emails = new Map<unknown, string>(
    organization.userIds.map((id, index) => [id, `person${index + 1}@example.com`]),
  );
  const texts: Readonly<Record<string, Field['text']>> = {
    organization_id: () => JSON.stringify(organization.id),
    organization_name: () => JSON.stringify(organization.name),
    project_name: ({ dimensions }) => JSON.stringify(projectNames.get(dimensions[projectAt]) ?? null),
    user_email: ({ dimensions }) => JSON.stringify(emails.get(dimensions[userAt]) ?? null),
  };
  return texts[name] ?? (() => 'null');
}

/** Undocumented, and as uneven as captures show: only empty buckets say that they mean UTC. */
function isoFields({ start, end, results }: BucketDraft): string {
  const zone = results.length === 0 ? '+00:00' : '';
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19) + zone;
  return `"start_time_iso":"${iso(start)}","end_time_iso":"${iso(end)}",`;
}
