import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineItem, parseLineItem } from '../../src/parse/line-item.ts';

const nothing: LineItem = {
  surface: null,
  model: null,
  modality: null,
  tokenClass: null,
  qualifier: null,
  service: null,
  parseStatus: 'unparsed',
  chargeCategory: 'Usage',
};

const model = (name: string | null, given: Partial<LineItem>): Partial<LineItem> => ({
  model: name,
  parseStatus: 'model',
  ...given,
});
const service = (name: string, given: Partial<LineItem> = {}): Partial<LineItem> => ({
  service: name,
  parseStatus: 'service',
  ...given,
});
const [uncached, cached, output] = [
  { tokenClass: 'input_uncached' },
  { tokenClass: 'input_cached' },
  { tokenClass: 'output' },
] as const;
const cacheWrite = { tokenClass: 'input_cache_write' } as const;

/** Every form that is known from a bill, a document or a program that reads them. */
const known: readonly (readonly [text: string, read: Partial<LineItem>])[] = [
  ['ft-gpt-4o-2024-08-06, input', model('ft-gpt-4o-2024-08-06', uncached)],
  ['ft-gpt-4o-2024-08-06, output', model('ft-gpt-4o-2024-08-06', output)],
  ['assistants api | file search', service('file search', { surface: 'assistants api' })],
  ['evals | gpt-4o-mini-2024-07-18, input', model('gpt-4o-mini-2024-07-18', { ...uncached, surface: 'evals' })],
  ['gpt-5.5-2026-04-23, cached input', model('gpt-5.5-2026-04-23', cached)],
  ['gpt-5.6-sol, input', model('gpt-5.6-sol', uncached)],
  ['gpt-5.6-luna, cache writes', model('gpt-5.6-luna', cacheWrite)],
  ['gpt-5.6-luna, cache write', model('gpt-5.6-luna', cacheWrite)],
  ['gpt-6-astra, input_tokens', model('gpt-6-astra', uncached)],
  ['gpt-6-astra, cached_input_tokens', model('gpt-6-astra', cached)],
  ['gpt-6-astra, input_cached_tokens', model('gpt-6-astra', cached)],
  ['gpt-6-astra, input_cache_write_tokens', model('gpt-6-astra', cacheWrite)],
  ['gpt-6-astra, input_uncached_tokens', model('gpt-6-astra', uncached)],
  ['gpt-6-astra, output_tokens', model('gpt-6-astra', output)],
  ['gpt-6-astra, output_audio_tokens', model('gpt-6-astra', { ...output, modality: 'audio' })],
  [
    'priority | gpt-5.6-sol, output, long context',
    model('gpt-5.6-sol', { ...output, surface: 'priority', qualifier: 'long context' }),
  ],
  ['priority | gpt-5.4-2026-03-05, input', model('gpt-5.4-2026-03-05', { ...uncached, surface: 'priority' })],
  [
    'decisions | priority | gpt-5.6-sol, cache writes',
    model('gpt-5.6-sol', { ...cacheWrite, surface: 'decisions | priority' }),
  ],
  ['flex | gpt-5-mini', model('gpt-5-mini', { surface: 'flex' })],
  ['gpt-audio-mini-2025-12-15 audio, input', model('gpt-audio-mini-2025-12-15', { ...uncached, modality: 'audio' })],
  ['gpt-audio-mini-2025-12-15 text, output', model('gpt-audio-mini-2025-12-15', { ...output, modality: 'text' })],
  ['gpt-image-2-2026-04-21 image, cached input', model('gpt-image-2-2026-04-21', { ...cached, modality: 'image' })],
  ['gpt-image-2.5-flare image, output', model('gpt-image-2.5-flare', { ...output, modality: 'image' })],
  ['gpt-image-2.5-sunburst text, cached input', model('gpt-image-2.5-sunburst', { ...cached, modality: 'text' })],
  [
    'gpt-realtime-2.1-mini-2026-08-28, audio input',
    model('gpt-realtime-2.1-mini-2026-08-28', { ...uncached, modality: 'audio' }),
  ],
  ['chat-latest, input', model('chat-latest', uncached)],
  ['text-embedding-3-small, input', model('text-embedding-3-small', uncached)],
  ['gpt-4o', model('gpt-4o', {})],
  ['o3', model('o3', {})],
  ['input_tokens', model(null, uncached)],
  ['whisper-1, audio', service('transcription', { model: 'whisper-1' })],
  ['tts-1, characters', service('speech', { model: 'tts-1' })],
  ['gpt-live-1, voice session', service('voice session', { model: 'gpt-live-1' })],
  ['ft-gpt-4o-2024-08-06 training', service('training', { model: 'ft-gpt-4o-2024-08-06' })],
  ['ft-gpt-4o-2024-08-06, training', service('training', { model: 'ft-gpt-4o-2024-08-06' })],
  ['web search tool calls', service('web search')],
  ['file search tool calls', service('file search')],
  ['Vector storage', service('vector storage')],
  ['code interpreter sessions', service('code interpreter')],
  ['Image models', service('images')],
  ['Text tokens', service('text tokens')],
  ['Promotional credit', service('credit', { chargeCategory: 'Credit' })],
  ['service credit', service('credit', { chargeCategory: 'Credit' })],
];

/** Texts with what is known of them: seen on a bill, reported, documented, made up by others, or like one of these. */
const evidenced: readonly (readonly [evidence: string, text: string, read: Partial<LineItem>])[] = [
  ['live', 'ft-gpt-4o-2024-08-06, input', model('ft-gpt-4o-2024-08-06', uncached)],
  ['live', 'assistants api | file search', service('file search', { surface: 'assistants api' })],
  ['live', 'evals | gpt-4o-mini-2024-07-18, input', model('gpt-4o-mini-2024-07-18', { ...uncached, surface: 'evals' })],
  ['live', 'gpt-5.5-2026-04-23, input', model('gpt-5.5-2026-04-23', uncached)],
  ['live', 'gpt-4.1-2025-04-14, output', model('gpt-4.1-2025-04-14', output)],
  ['live', 'web search tool calls', service('web search')],
  ['live', 'gpt-4o-mini-2024-07-18, cached input', model('gpt-4o-mini-2024-07-18', cached)],
  ['live', 'gpt-5.4-mini-2026-03-17, cached input', model('gpt-5.4-mini-2026-03-17', cached)],
  [
    'live',
    'gpt-audio-mini-2025-12-15 audio, input',
    model('gpt-audio-mini-2025-12-15', { ...uncached, modality: 'audio' }),
  ],
  [
    'live',
    'gpt-audio-mini-2025-12-15 text, input',
    model('gpt-audio-mini-2025-12-15', { ...uncached, modality: 'text' }),
  ],
  ['live', 'text-embedding-3-small, input', model('text-embedding-3-small', uncached)],
  ['report', 'gpt-5.6-luna, cache writes', model('gpt-5.6-luna', cacheWrite)],
  ['report', 'gpt-image-2-2026-04-21 image, output', model('gpt-image-2-2026-04-21', { ...output, modality: 'image' })],
  ['report', 'gpt-image-2-2026-04-21 text, input', model('gpt-image-2-2026-04-21', { ...uncached, modality: 'text' })],
  [
    'report',
    'priority | gpt-5.6-sol, output, long context',
    model('gpt-5.6-sol', { ...output, surface: 'priority', qualifier: 'long context' }),
  ],
  ['report', 'flex | gpt-5-mini', model('gpt-5-mini', { surface: 'flex' })],
  ['report', 'ft-gpt-4o-2024-08-06 training', service('training', { model: 'ft-gpt-4o-2024-08-06' })],
  ['report', 'Text tokens', service('text tokens')],
  ['document', 'gpt-6-astra, input_tokens', model('gpt-6-astra', uncached)],
  ['document', 'input_tokens', model(null, uncached)],
  ['document', 'Image models', service('images')],
  [
    'fixture',
    'priority | gpt-5.4-2026-03-05, input',
    model('gpt-5.4-2026-03-05', { ...uncached, surface: 'priority' }),
  ],
  ['fixture', 'gpt-5.6-luna, output_tokens', model('gpt-5.6-luna', output)],
  ['fixture', 'gpt-realtime-1.5 audio, output', model('gpt-realtime-1.5', { ...output, modality: 'audio' })],
  [
    'fixture',
    'gpt-realtime-2.1-mini-2026-08-28, audio input',
    model('gpt-realtime-2.1-mini-2026-08-28', { ...uncached, modality: 'audio' }),
  ],
  ['fixture', 'gpt-realtime-translate', model('gpt-realtime-translate', {})],
  ['fixture', 'gpt-realtime-whisper', model('gpt-realtime-whisper', {})],
  ['fixture', 'gpt-live-transcribe', model('gpt-live-transcribe', {})],
  ['fixture', 'gpt-live-1, voice session', service('voice session', { model: 'gpt-live-1' })],
  ['fixture', 'whisper-1, audio', service('transcription', { model: 'whisper-1' })],
  ['fixture', 'gpt-5.3-codex, cached input', model('gpt-5.3-codex', cached)],
  ['fixture', 'chat-latest, input', model('chat-latest', uncached)],
  [
    'fixture',
    'gpt-image-2.5-sunburst text, cached input',
    model('gpt-image-2.5-sunburst', { ...cached, modality: 'text' }),
  ],
  ['fixture', 'Vector storage', service('vector storage')],
  ['by analogy', 'ultrafast | gpt-6-astra, input', model('gpt-6-astra', { ...uncached, surface: 'ultrafast' })],
  ['by analogy', 'batch | gpt-5.6-sol, output', model('gpt-5.6-sol', { ...output, surface: 'batch' })],
  ['by analogy', 'gpt-5.6-luna, cache writes 30m', model('gpt-5.6-luna', { ...cacheWrite, qualifier: '30m' })],
  ['by analogy', 'gpt-5.6-luna, 12h cache writes', model('gpt-5.6-luna', { ...cacheWrite, qualifier: '12h' })],
  ['by analogy', 'gpt-5.6-luna, cache writes, 12h', model('gpt-5.6-luna', { ...cacheWrite, qualifier: '12h' })],
  [
    'by analogy',
    'gpt-5.6-luna, input_cache_write_30m_tokens, long context',
    model('gpt-5.6-luna', { ...cacheWrite, qualifier: '30m, long context' }),
  ],
  ['by analogy', 'web search preview tool calls', service('web search')],
  ['by analogy', 'Web search (high context)', service('web search')],
  ['by analogy', 'gpt-5.4, web search calls', service('web search', { model: 'gpt-5.4' })],
  ['by analogy', 'web search, high context', service('web search')],
];

/** Texts that look like something and are not. */
const unknown: readonly string[] = [
  '',
  ' ',
  ',',
  'gpt-5.6-sol, something new',
  'sora-2, seconds',
  'sora-2, video seconds',
  'sora-2-pro, audio',
  'gpt-live-1, seconds',
  'gpt-6-astra, minutes',
  'gpt-5.6-luna, input 30m',
  'gpt-5.6-sol grader',
  'Scale Tier',
  'data residency uplift',
  'Container usage',
  'gpt-5.6-sol, cached output',
  'gpt-audio-mini audio, text input',
  'gpt-audio-mini, audio text input',
  'two words, input',
  'Mystery surcharge',
  'platform_fee',
  'refund',
  'tax',
];

describe('a line item', () => {
  it.each(known)('reads %s', (text, read) => {
    expect(parseLineItem(text)).toEqual({ ...nothing, ...read });
  });

  it.each(evidenced)('is read by evidence (%s): %s', (_evidence, text, read) => {
    expect(parseLineItem(text)).toEqual({ ...nothing, ...read });
  });

  it.each(unknown)('says of “%s” that it is not understood, and does not guess', (text) => {
    expect(parseLineItem(text)).toEqual(nothing);
  });

  it('keeps the surface of what it does not understand', () => {
    expect(parseLineItem('evals | grading fee')).toEqual({ ...nothing, surface: 'evals' });
  });

  it('is read the same in upper case and with uneven spaces, but for the name of the model', () => {
    expect(parseLineItem(' Priority |  GPT-6 ,  Cached_Input_Tokens ,Long context')).toEqual({
      ...nothing,
      ...model('GPT-6', { ...cached, surface: 'Priority', qualifier: 'Long context' }),
    });
  });

  it('never fails, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { parseStatus, chargeCategory } = parseLineItem(text);
        expect(['model', 'service', 'unparsed']).toContain(parseStatus);
        expect(['Usage', 'Credit']).toContain(chargeCategory);
      }),
    );
  });

  it('is a model, a service or neither, and never two of them', () => {
    const word = fc.constantFrom(
      'gpt-6',
      'input',
      'cached input',
      'image',
      ', ',
      ' | ',
      'web search',
      'credit',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const item = parseLineItem(words.join(''));
        const facts = [item.model ?? item.tokenClass, item.service, item.modality];
        if (item.parseStatus === 'unparsed') expect(facts).toEqual([null, null, null]);
        if (item.parseStatus === 'model') expect(item.service).toBeNull();
        if (item.parseStatus === 'service') expect([item.service === null, item.tokenClass]).toEqual([false, null]);
      }),
    );
  });
});
