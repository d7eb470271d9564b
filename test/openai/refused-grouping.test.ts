import { describe, expect, test } from 'vitest';
import { completions } from '../../src/catalog/datasets/completions.ts';
import { costs } from '../../src/catalog/datasets/costs.ts';
import { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import { dropDimension, namesRefusedDimension, refusedDimensions } from '../../src/openai/refused-grouping.ts';

const costsGrain = ['project_id', 'line_item', 'api_key_id', 'api_source'];
const usageGrain = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source'];

describe('what a message about costs refuses', () => {
  const messages: readonly (readonly [message: string, refused: readonly string[]])[] = [
    // One name, no list.
    ["Invalid value: 'api_source'.", ['api_source']],
    ['api_key_id is not supported for this organization', ['api_key_id']],
    ['Unsupported group_by: api_key_id', ['api_key_id']],
    ['Invalid group_by value "api_source"', ['api_source']],
    ['group_by[]=api_key_id is not a valid grouping', ['api_key_id']],
    ['Grouping by `api_key_id` is not supported.', ['api_key_id']],
    ['The api_source dimension is only available to organizations on the Enterprise plan.', ['api_source']],
    ['api_key_id is supported only when a single project is selected', ['api_key_id']],
    ['This endpoint does not support grouping by api_key_id.', ['api_key_id']],
    ['This endpoint no longer supports api_key_id.', ['api_key_id']],
    ["'api_key_id' isn't a valid option here", ['api_key_id']],
    ["'api_source' is not currently supported", ['api_source']],
    ['You cannot use api_key_id here.', ['api_key_id']],
    ['Only organization owners can group by api_key_id', ['api_key_id']],
    ['Unknown dimension: api_source; remove it', ['api_source']],
    // Several names.
    ['api_key_id cannot be combined with line_item', ['line_item', 'api_key_id']],
    ["Invalid values: 'api_key_id', 'api_source'", ['api_key_id', 'api_source']],
    ['group_by values api_key_id and api_source are not supported', ['api_key_id', 'api_source']],
    // The refused name first, then what is accepted.
    ["Invalid value: 'api_key_id'. Supported values are: 'project_id', 'line_item', and 'user_id'.", ['api_key_id']],
    ['Unsupported group_by api_source. Valid values: project_id, line_item, api_key_id', ['api_source']],
    ["'api_source' is not one of ['project_id', 'line_item', 'api_key_id']", ['api_source']],
    ['api_source is not in the allowed list: project_id, line_item, api_key_id', ['api_source']],
    ['"api_source" is invalid: must be one of "project_id", "line_item" or "api_key_id"', ['api_source']],
    ['api_key_id is not allowed; allowed values are project_id | line_item', ['api_key_id']],
    ['api_key_id is not supported. This endpoint supports project_id and line_item.', ['api_key_id']],
    ['api_key_id is not supported. Only project_id and line_item are supported.', ['api_key_id']],
    ["api_key_id is not supported; 'project_id', 'line_item' are the only supported values", ['api_key_id']],
    ['Grouping by api_key_id is unavailable, use project_id or line_item instead.', ['api_key_id']],
    ['value is not a valid enumeration member; permitted: project_id, line_item; received api_source', ['api_source']],
    ['Cannot group by api_source (available dimensions: project_id, line_item, api_key_id)', ['api_source']],
    ['api_source is not supported; results can only be grouped by project_id, line_item, api_key_id', ['api_source']],
    ['Use project_id instead of api_key_id', ['api_key_id']],
    ['api_source is unknown. Accepted:\n- project_id\n- line_item\n- api_key_id', ['api_source']],
    // What is accepted first, then the refused name.
    ['Supported values are: project_id, line_item. api_key_id is not supported.', ['api_key_id']],
    ["Expected one of 'project_id', 'line_item', 'api_key_id', got 'api_source'", ['api_source']],
    ['Expected one of project_id, line_item, got api_key_id', ['api_key_id']],
    ["Input should be 'project_id', 'line_item' or 'api_key_id', input was 'api_source'", ['api_source']],
    ["Expected 'project_id' | 'line_item', received 'api_source'", ['api_source']],
    ['Must be one of project_id, line_item but api_key_id was given', ['api_key_id']],
    ['Allowed values are project_id, line_item, api_key_id is not allowed', ['api_key_id']],
    ['project_id and line_item are supported, api_source is not', ['api_source']],
    ['Only project_id and line_item may be used; remove api_key_id', ['api_key_id']],
    ['The supported groupings (project_id, line_item) do not include api_source', ['api_source']],
    ['Supported values:\n- project_id\n\nReceived: api_source', ['api_source']],
    // Nothing of the grain is refused by name.
    ['Invalid group_by', []],
    ["Supported values are: 'project_id', 'line_item', 'api_key_id', 'api_source'", []],
    ['group_by project_ids is unknown', []],
    ['my_api_key_id_field is unknown', []],
  ];

  test.each(messages)('%s', (message, refused) => {
    expect(refusedDimensions(message, costsGrain)).toEqual(refused);
  });
});

describe('the dimension given up', () => {
  test('is the refused one, wherever it stands in the drop order', () => {
    expect(dropDimension(completions, usageGrain, "Invalid value: 'user_id'")).toBe('user_id');
    expect(dropDimension(completions, usageGrain, 'model is not supported in group_by')).toBe('model');
  });

  test('is the first in the drop order when several are refused', () => {
    expect(dropDimension(completions, usageGrain, 'model, user_id and batch cannot be combined')).toBe('batch');
  });

  test('is the first of the drop order when the message names none', () => {
    expect(dropDimension(costs, costsGrain, 'Too many dimensions')).toBe('api_source');
    expect(dropDimension(costs, ['project_id', 'line_item', 'api_key_id'], 'Too many dimensions')).toBe('api_key_id');
  });

  test('is the first of the drop order when the refused one may not be given up', () => {
    const grain = ['user_id', 'line_item', 'api_key_id', 'project_id'];
    expect(dropDimension(costsByUser, grain, 'user_id cannot be grouped')).toBe('project_id');
  });

  test('is never one that was not asked for', () => {
    expect(dropDimension(costs, ['project_id', 'line_item', 'api_key_id'], 'api_source is unsupported')).toBe(
      'api_key_id',
    );
  });

  test('is null when nothing that may go is left', () => {
    expect(dropDimension(costs, ['project_id', 'line_item'], 'project_id is not supported')).toBeNull();
    expect(dropDimension(costs, [], 'Invalid group_by')).toBeNull();
  });

  test('takes no time to find in a message of thousands of names', () => {
    const message = `${"'project_id', ".repeat(300)}'api_source'`;
    expect(dropDimension(costs, costsGrain, message.slice(0, 4000))).toBe('api_source');
  });
});

describe('a message that does not speak of grouping', () => {
  test.each([
    ["Invalid value: 'api_key_id'.", true],
    ["'model' is not supported for this organization", true],
    ['The model you asked for does not exist', false],
    ["Supported values are: 'api_key_id'", false],
  ])('%s refuses a dimension: %s', (message, refuses) => {
    expect(namesRefusedDimension(message, usageGrain)).toBe(refuses);
  });
});
