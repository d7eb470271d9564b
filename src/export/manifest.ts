import { z } from 'zod';
import { EtlError } from '../errors.ts';
import { formats } from './select-sql.ts';

/** Raised when a reader of older manifests would misread a newer one. */
export const manifestVersion = 1;

/** Where the manifest stands, below the target. */
export const manifestPath = 'manifest.json';

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);
const instant = z.iso.datetime();
const month = z.string().regex(/^\d{4}-\d{2}$/);
/** Below the target, and never out of it. */
const filePath = z.string().regex(/^dataset=[\w.-]+\/(month=\d{4}-\d{2}\/)?part-[0-9a-f]{16}\.[a-z]+(\.gz)?$/);

const file = z.strictObject({
  path: filePath.describe('Where the file is, relative to the manifest.'),
  month: month.nullable().describe('UTC month of its rows; null where the stream has no partitions.'),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sums: z
    .record(z.string(), decimalText.nullable())
    .describe('Sum of every column of exact numbers; null where no row has one.'),
  data_through: instant.nullable().describe('End of the buckets loaded without a gap; null where there is no ledger.'),
  final_through: instant.nullable().describe('End of those that are settled as well.'),
});

const column = z.strictObject({
  name: z.string(),
  type: z
    .string()
    .regex(/^(text|int64|double|boolean|date|timestamp|decimal|decimal\(38,(18|24|30|36)\))$/)
    .describe('decimal(38,S) in Parquet, decimal elsewhere; text in Parquet where 38 digits are too few.'),
  store_type: z.string().describe('The type in PostgreSQL.'),
  nullable: z.boolean(),
  rounded_from: z
    .string()
    .nullable()
    .describe('The column that this one is a copy of, rounded to 18 decimals; null for a column of the store.'),
});

const stream = z.strictObject({
  name: z.string(),
  table: z.string().describe('Table or view in PostgreSQL, with its schema.'),
  key: z.array(z.string()).describe('Columns that identify a row; none for a view.'),
  month_column: z.string().nullable().describe('The column whose UTC month is the partition.'),
  columns: z.array(column),
  files: z.array(file),
});

/** What an export's folder holds, as its readers are told. */
const manifestSchema = z.strictObject({
  format_version: z.literal(manifestVersion),
  product: z.literal('openai-usage-etl'),
  product_version: z.string(),
  schema_version: z.int().min(1).describe('Newest migration of the store.'),
  format: z.enum(formats),
  compression: z.enum(['zstd', 'gzip']),
  cursor: z
    .string()
    .regex(/^v1\.[0-9a-f]{16}\.\d{1,20}$/)
    .describe('From where usage-etl changes --since goes on after these files.'),
  exported_at: instant,
  selection: z.enum(['all', 'named']).describe('all: every fact and what names ids, those of later versions too.'),
  streams: z.array(stream),
  retired: z.array(filePath).describe('Files of the export before, kept for its readers until the next one.'),
});

/** What an export's folder holds. */
export type Manifest = z.output<typeof manifestSchema>;

/** One stream of it. */
export type ManifestStream = Manifest['streams'][number];

/** One file of it. */
export type ManifestFile = ManifestStream['files'][number];

/** True for a manifest of this program, of whatever version. */
export function isOurs(text: string): boolean {
  return z.looseObject({ product: z.literal('openai-usage-etl') }).safeParse(json(text)).success;
}

/** True for a manifest of this version. */
export function isReadable(text: string): boolean {
  return manifestSchema.safeParse(json(text)).success;
}

/** Reads the text of a manifest. Throws `target_foreign` for anything else. */
export function parseManifest(text: string, where: string): Manifest {
  const result = manifestSchema.safeParse(json(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new EtlError(
    'target_foreign',
    `${manifestPath} in ${where} is none of this version of usage-etl: ${issue?.path.join('.') || 'the whole'}`,
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The text of a manifest. Throws for one that its own readers would refuse. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
}

/** The JSON Schema of a manifest, as it is published for those who read it. */
export function manifestJsonSchema() {
  return z.toJSONSchema(manifestSchema);
}

/** Every file that a manifest's readers may still open. */
export function livePaths({ streams, retired }: Manifest): ReadonlySet<string> {
  return new Set([...streams.flatMap(({ files }) => files.map(({ path }) => path)), ...retired]);
}
