import { widthSeconds } from '../../src/catalog/width.ts';
import { type Answer, type AskedOf, type ScriptedApi, scriptedApi } from './scripted-api.ts';

/** JSON text that goes out as it stands: a number that JavaScript would round, a lone surrogate. */
export function verbatim(json: string): string {
  return `${mark}${json}${mark}`;
}

const mark = '@@@';

/** JSON text of a value that may hold {@link verbatim} pieces. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value).replace(/"@@@(.*?)@@@"/g, (_, json: string) => JSON.parse(`"${json}"`) as string);
}

/** What a double answers for one bucket: its results, or a whole bucket in their place. */
export type Told = (asked: AskedOf, start: number) => readonly unknown[] | { readonly bucket: unknown };

/** A double that answers every bucket that is asked for, and only lists that are empty. */
export async function toldApi(told: Told): Promise<ScriptedApi> {
  return await scriptedApi((asked) => answerOf(asked, told));
}

/** The answer to one request. */
export function answerOf(asked: AskedOf, told: Told): Answer {
  if (asked.start === null) return { body: { object: 'list', data: [], has_more: false } };
  const seconds = widthSeconds[asked.width as keyof typeof widthSeconds];
  const end = asked.end ?? asked.start + seconds;
  const data: unknown[] = [];
  for (let start = asked.start; start < end; start += seconds) {
    const results = told(asked, start);
    data.push(
      'bucket' in results
        ? results.bucket
        : { object: 'bucket', start_time: start, end_time: start + seconds, results },
    );
  }
  return { body: jsonOf({ object: 'page', data, has_more: false, next_page: null }) };
}

/** A result of the completions endpoint. */
export function completion(fields: Readonly<Record<string, unknown>> = {}) {
  return {
    object: 'organization.usage.completions.result',
    input_tokens: 10,
    output_tokens: 5,
    num_model_requests: 1,
    project_id: 'proj_a',
    user_id: 'user_a',
    api_key_id: 'key_a',
    model: 'gpt-4.1',
    batch: false,
    service_tier: 'default',
    ...fields,
  };
}

/** A result of the costs endpoint. */
export function cost(value: unknown, fields: Readonly<Record<string, unknown>> = {}) {
  return {
    object: 'organization.costs.result',
    amount: { value, currency: 'usd' },
    project_id: 'proj_a',
    line_item: 'gpt-4.1, input',
    ...fields,
  };
}
