import { count, dimension } from '../column.ts';
import { defineDataset } from '../dataset.ts';
import { unitsDriver } from '../driver.ts';
import { choice, commonDimensions, commonFilters, usagePageLimits, usageSettleSeconds } from '../shared.ts';

export const images = defineDataset({
  name: 'images',
  path: '/organization/usage/images',
  object: 'organization.usage.images.result',
  table: 'usage_images',
  since: 'baseline',
  optional: false,
  pageLimits: usagePageLimits,
  settleSeconds: usageSettleSeconds,
  bytesPerResult: 300,
  columns: [
    ...commonDimensions,
    dimension('size', 'Width x height in pixels; an open list, newer models have more sizes than the filter knows.'),
    dimension('source', 'image.generation, image.edit or image.variation.'),
    count('images', { unit: 'images', doc: 'Images made.' }),
    count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  ],
  dropOrder: ['source', 'size', 'user_id', 'api_key_id', 'project_id', 'model'],
  ignored: [],
  filters: [
    ...commonFilters,
    choice('sources', 'source', ['image.generation', 'image.edit', 'image.variation']),
    choice('sizes', 'size', ['256x256', '512x512', '1024x1024', '1792x1792', '1024x1792']),
  ],
  identities: [],
  driver: unitsDriver('images', 'images', { images: 1 }),
  doc: 'Image generation, edits and variations by the Images API.',
});
