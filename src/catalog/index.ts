import type { Dataset } from './dataset.ts';
import { audioSpeeches } from './datasets/audio-speeches.ts';
import { audioTranscriptions } from './datasets/audio-transcriptions.ts';
import { codeInterpreterSessions } from './datasets/code-interpreter-sessions.ts';
import { completions } from './datasets/completions.ts';
import { costs } from './datasets/costs.ts';
import { costsByUser } from './datasets/costs-by-user.ts';
import { decisions } from './datasets/decisions.ts';
import { embeddings } from './datasets/embeddings.ts';
import { fileSearchCalls } from './datasets/file-search-calls.ts';
import { images } from './datasets/images.ts';
import { moderations } from './datasets/moderations.ts';
import { vectorStores } from './datasets/vector-stores.ts';
import { webSearchCalls } from './datasets/web-search-calls.ts';

/** Every dataset the program knows. Adding one here, and its table in a migration, is all an endpoint takes. */
export const datasets: readonly Dataset[] = [
  completions,
  embeddings,
  moderations,
  images,
  audioSpeeches,
  audioTranscriptions,
  vectorStores,
  codeInterpreterSessions,
  fileSearchCalls,
  webSearchCalls,
  decisions,
  costs,
  costsByUser,
];
