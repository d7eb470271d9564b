import type {
  UsageAudioSpeechesParams,
  UsageAudioSpeechesResponse,
  UsageAudioTranscriptionsParams,
  UsageAudioTranscriptionsResponse,
  UsageCodeInterpreterSessionsParams,
  UsageCodeInterpreterSessionsResponse,
  UsageCompletionsParams,
  UsageCompletionsResponse,
  UsageCostsParams,
  UsageCostsResponse,
  UsageDecisionsParams,
  UsageDecisionsResponse,
  UsageEmbeddingsParams,
  UsageEmbeddingsResponse,
  UsageFileSearchCallsParams,
  UsageFileSearchCallsResponse,
  UsageImagesParams,
  UsageImagesResponse,
  UsageModerationsParams,
  UsageModerationsResponse,
  UsageVectorStoresParams,
  UsageVectorStoresResponse,
  UsageWebSearchCallsParams,
  UsageWebSearchCallsResponse,
} from 'openai/resources/admin/organization/usage';
import type { Dataset } from '../../src/catalog/dataset.ts';
import type { audioSpeeches } from '../../src/catalog/datasets/audio-speeches.ts';
import type { audioTranscriptions } from '../../src/catalog/datasets/audio-transcriptions.ts';
import type { codeInterpreterSessions } from '../../src/catalog/datasets/code-interpreter-sessions.ts';
import type { completions } from '../../src/catalog/datasets/completions.ts';
import type { costs } from '../../src/catalog/datasets/costs.ts';
import type { costsByUser } from '../../src/catalog/datasets/costs-by-user.ts';
import type { decisions } from '../../src/catalog/datasets/decisions.ts';
import type { embeddings } from '../../src/catalog/datasets/embeddings.ts';
import type { fileSearchCalls } from '../../src/catalog/datasets/file-search-calls.ts';
import type { images } from '../../src/catalog/datasets/images.ts';
import type { moderations } from '../../src/catalog/datasets/moderations.ts';
import type { vectorStores } from '../../src/catalog/datasets/vector-stores.ts';
import type { webSearchCalls } from '../../src/catalog/datasets/web-search-calls.ts';
import type { Known, Nothing } from './nothing.ts';

/**
 * The catalog held against the types of the newest official client. What that client has and the catalog lacks fails to
 * compile by its name: "Type '"new_field"' does not satisfy the constraint 'never'".
 */

/** Parameters that every endpoint has and the program sets by itself. */
type Standing = 'start_time' | 'end_time' | 'bucket_width' | 'group_by' | 'limit' | 'page';

interface Asked {
  readonly group_by?: readonly string[] | null;
  readonly bucket_width?: string | null;
}

type ColumnsOf<D extends Dataset> = D['columns'][number];
type DimensionsOf<D extends Dataset> = Extract<ColumnsOf<D>, { role: 'dimension' }>['name'];
/** The first key of what is no dimension: a result has it at its top. */
type PathsOf<D extends Dataset> = Exclude<ColumnsOf<D>, { role: 'dimension' }>['path'][0];
type FieldsOf<D extends Dataset> = DimensionsOf<D> | PathsOf<D>;
/** The second key of what stands inside an object of a result. */
type NestedOf<D extends Dataset> = Exclude<ColumnsOf<D>, { role: 'dimension' }>['path'][1];
type FiltersOf<D extends Dataset> = D['filters'][number]['name'];
type WidthsOf<D extends Dataset> = keyof D['pageLimits'];

type GroupsOf<P extends Asked> = NonNullable<P['group_by']>[number];
type WidthParameter<P extends Asked> = NonNullable<P['bucket_width']>;
type ElementOf<L> = L extends readonly (infer E)[] ? E : never;
/** The closed list of a filter in the client's types; never where any text goes. */
type ChoicesOf<P, F extends string> = F extends keyof P
  ? string extends ElementOf<NonNullable<P[F]>>
    ? never
    : ElementOf<NonNullable<P[F]>>
  : never;
type ValuesOf<Filter> = Filter extends { values: readonly (infer V)[] } ? V : never;
type CatalogChoices<D extends Dataset, F extends string> = ValuesOf<Extract<D['filters'][number], { name: F }>>;

/** Everything of one endpoint that either side has and the other lacks. Each property must be `never`. */
interface Differences<D extends Dataset, Result, Params extends Asked> {
  readonly fieldsUnknown: Exclude<keyof Result, FieldsOf<D> | D['ignored'][number] | 'object'>;
  readonly fieldsInvented: Exclude<FieldsOf<D>, keyof Result>;
  readonly groupingsUnknown: Exclude<GroupsOf<Params>, DimensionsOf<D> | D['ignored'][number]>;
  readonly groupingsInvented: Exclude<DimensionsOf<D>, GroupsOf<Params>>;
  readonly filtersUnknown: Exclude<keyof Params, FiltersOf<D> | Standing>;
  readonly filtersInvented: Exclude<FiltersOf<D>, keyof Params>;
  readonly widthsUnknown: Exclude<WidthParameter<Params>, WidthsOf<D>>;
  readonly widthsInvented: Exclude<WidthsOf<D>, WidthParameter<Params>>;
  readonly choicesUnknown: {
    [F in FiltersOf<D>]: Exclude<ChoicesOf<Params, F>, CatalogChoices<D, F>>;
  }[FiltersOf<D>];
  readonly choicesInvented: {
    [F in FiltersOf<D>]: Exclude<CatalogChoices<D, F>, ChoicesOf<Params, F>>;
  }[FiltersOf<D>];
  readonly tag: Exclude<D['object'], Result extends { object: infer Tag } ? Tag : never>;
}

type All<D extends Dataset, Result, Params extends Asked> = Differences<D, Result, Params>[keyof Differences<
  D,
  Result,
  Params
>];

export type EveryEndpointAsTheClientHasIt = Known<
  [
    Nothing<
      All<typeof completions, UsageCompletionsResponse.Data.OrganizationUsageCompletionsResult, UsageCompletionsParams>
    >,
    Nothing<
      All<typeof embeddings, UsageEmbeddingsResponse.Data.OrganizationUsageEmbeddingsResult, UsageEmbeddingsParams>
    >,
    Nothing<
      All<typeof moderations, UsageModerationsResponse.Data.OrganizationUsageModerationsResult, UsageModerationsParams>
    >,
    Nothing<All<typeof images, UsageImagesResponse.Data.OrganizationUsageImagesResult, UsageImagesParams>>,
    Nothing<
      All<
        typeof audioSpeeches,
        UsageAudioSpeechesResponse.Data.OrganizationUsageAudioSpeechesResult,
        UsageAudioSpeechesParams
      >
    >,
    Nothing<
      All<
        typeof audioTranscriptions,
        UsageAudioTranscriptionsResponse.Data.OrganizationUsageAudioTranscriptionsResult,
        UsageAudioTranscriptionsParams
      >
    >,
    Nothing<
      All<
        typeof vectorStores,
        UsageVectorStoresResponse.Data.OrganizationUsageVectorStoresResult,
        UsageVectorStoresParams
      >
    >,
    Nothing<
      All<
        typeof codeInterpreterSessions,
        UsageCodeInterpreterSessionsResponse.Data.OrganizationUsageCodeInterpreterSessionsResult,
        UsageCodeInterpreterSessionsParams
      >
    >,
    Nothing<
      All<
        typeof fileSearchCalls,
        UsageFileSearchCallsResponse.Data.OrganizationUsageFileSearchesResult,
        UsageFileSearchCallsParams
      >
    >,
    Nothing<
      All<
        typeof webSearchCalls,
        UsageWebSearchCallsResponse.Data.OrganizationUsageWebSearchesResult,
        UsageWebSearchCallsParams
      >
    >,
    Nothing<All<typeof decisions, UsageDecisionsResponse.Data.Result, UsageDecisionsParams>>,
    Nothing<Exclude<keyof UsageCostsResponse.Data.OrganizationCostsResult.Amount, NestedOf<typeof costs>>>,
    Nothing<All<typeof costs, UsageCostsResponse.Data.OrganizationCostsResult, UsageCostsParams>>,
    Nothing<All<typeof costsByUser, UsageCostsResponse.Data.OrganizationCostsResult, UsageCostsParams>>,
  ]
>;
