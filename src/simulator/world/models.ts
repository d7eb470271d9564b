/** How the tokens of a group spread over kinds: the share of each measure in the tokens of a request. */
export type TokenShares = Readonly<Record<string, number>>;

/** Traffic of written text, with cache writes, with pictures to look at, of voices and of drawings. */
const text: TokenShares = { input_text_tokens: 0.7, input_cached_text_tokens: 0.3, output_text_tokens: 0.22 };
const caching: TokenShares = {
  ...text,
  input_cache_write_30m_tokens: 0.06,
  input_cache_write_12h_tokens: 0.02,
};
const vision: TokenShares = {
  ...caching,
  input_image_tokens: 0.45,
  input_cached_image_tokens: 0.08,
};
const voice: TokenShares = {
  input_text_tokens: 0.2,
  input_audio_tokens: 0.6,
  input_cached_text_tokens: 0.1,
  input_cached_audio_tokens: 0.1,
  output_text_tokens: 0.1,
  output_audio_tokens: 0.4,
};
const drawing: TokenShares = {
  input_text_tokens: 0.3,
  input_image_tokens: 0.3,
  input_cached_image_tokens: 0.1,
  output_text_tokens: 0.05,
  output_image_tokens: 1.6,
};

/** A model as the usage endpoints name it, and the kinds of traffic seen on it. */
export interface Model {
  readonly name: string;
  readonly shares: readonly TokenShares[];
}

const written = (name: string): Model => ({ name, shares: [caching, caching, vision] });
const plain = (name: string): Model => ({ name, shares: [text] });

const chatModels: readonly Model[] = [
  written('gpt-5.6-sol'),
  written('gpt-5.6-luna'),
  written('gpt-5.4-2026-03-05'),
  written('gpt-5.4-mini-2026-03-17'),
  plain('gpt-4.1-2025-04-14'),
  plain('gpt-4o-mini-2024-07-18'),
  plain('ft-gpt-4o-2024-08-06'),
  { name: 'gpt-audio-mini-2025-12-15', shares: [voice] },
  { name: 'gpt-image-2.5-flare', shares: [drawing] },
];

const modelsByDataset: Readonly<Record<string, readonly Model[]>> = {
  completions: chatModels,
  decisions: chatModels.slice(0, 4),
  web_search_calls: chatModels.slice(0, 3),
  embeddings: [plain('text-embedding-3-small'), plain('text-embedding-3-large'), plain('text-embedding-ada-002-v2')],
  moderations: [plain('omni-moderation-2024-09-26'), plain('text-moderation-007')],
  images: [plain('gpt-image-2-2026-04-21'), plain('gpt-image-1'), plain('dall-e-3')],
  audio_speeches: [plain('tts-1'), plain('tts-1-hd')],
  audio_transcriptions: [plain('whisper-1')],
};

/** The models a dataset is used with; any dataset not known by name gets two made-up ones. */
export function modelsOf(datasetName: string): readonly Model[] {
  return modelsByDataset[datasetName] ?? [plain(`${datasetName}-1`), plain(`${datasetName}-2-mini`)];
}
