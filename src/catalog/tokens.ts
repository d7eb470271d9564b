import { type ContractLevel, count, optionalCount, overlapping } from './column.ts';
import type { Identity } from './dataset.ts';

const unit = 'tokens';

/** A token count that is part of another: summing both counts the same tokens twice. */
function part<const N extends string>(name: N, of: string, doc: string, since: ContractLevel) {
  return optionalCount(name, { unit, doc, since, additivity: overlapping(of) });
}

/**
 * The token measures that completions and decisions share, with the contract level that brought each to completions.
 */
export const tokenMeasures = [
  count('input_tokens', { unit, doc: 'All input tokens of every modality: uncached, cached and cache writes.' }),
  count('output_tokens', { unit, doc: 'All output tokens of every modality.' }),
  count('num_model_requests', { unit: 'requests', doc: 'Requests made to the model.' }),
  part('input_cached_tokens', 'input_tokens', 'Input tokens read from the prompt cache, all modalities.', 'baseline'),
  part('input_uncached_tokens', 'input_tokens', 'Input tokens neither read from nor written to the cache.', '6.48.0'),
  part('input_cache_write_tokens', 'input_tokens', 'Input tokens written to the prompt cache.', '6.48.0'),
  part(
    'input_cache_write_30m_tokens',
    'input_cache_write_tokens',
    'Cache writes kept for 30 minutes; absent on older results.',
    '7.40.0',
  ),
  part('input_cache_write_12h_tokens', 'input_cache_write_tokens', 'Cache writes kept for 12 hours.', '7.47.0'),
  part('input_text_tokens', 'input_uncached_tokens', 'Uncached text input tokens.', '6.48.0'),
  part('input_cached_text_tokens', 'input_cached_tokens', 'Cached text input tokens.', '6.48.0'),
  part(
    'input_audio_tokens',
    'input_uncached_tokens',
    'Uncached audio input tokens; before 6.48.0 documented as including cached ones.',
    'baseline',
  ),
  part('input_cached_audio_tokens', 'input_cached_tokens', 'Cached audio input tokens.', '6.48.0'),
  part('input_image_tokens', 'input_uncached_tokens', 'Uncached image input tokens.', '6.48.0'),
  part('input_cached_image_tokens', 'input_cached_tokens', 'Cached image input tokens.', '6.48.0'),
  part('output_text_tokens', 'output_tokens', 'Text output tokens.', '6.48.0'),
  part('output_audio_tokens', 'output_tokens', 'Audio output tokens.', 'baseline'),
  part('output_image_tokens', 'output_tokens', 'Image output tokens.', '6.48.0'),
] as const;

/** How the token measures add up, from the worked examples of the API specification. */
export const tokenIdentities: readonly Identity[] = [
  { total: 'input_tokens', parts: ['input_uncached_tokens', 'input_cached_tokens', 'input_cache_write_tokens'] },
  { total: 'input_uncached_tokens', parts: ['input_text_tokens', 'input_audio_tokens', 'input_image_tokens'] },
  {
    total: 'input_cached_tokens',
    parts: ['input_cached_text_tokens', 'input_cached_audio_tokens', 'input_cached_image_tokens'],
  },
  { total: 'input_cache_write_tokens', parts: ['input_cache_write_30m_tokens', 'input_cache_write_12h_tokens'] },
  { total: 'output_tokens', parts: ['output_text_tokens', 'output_audio_tokens', 'output_image_tokens'] },
];
