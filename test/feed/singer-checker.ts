import { Ajv, type ValidateFunction } from 'ajv';
import { z } from 'zod';

/** Formats that the tap uses, as RFC 3339 has them. */
const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

const row = z.record(z.string(), z.unknown());
const message = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('SCHEMA'),
    stream: z.string().min(1),
    schema: z.looseObject({ type: z.literal('object'), properties: row }),
    key_properties: z.array(z.string()).min(1),
    bookmark_properties: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('RECORD'),
    stream: z.string(),
    version: z.number().int(),
    time_extracted: z.string().regex(formats['date-time']),
    record: row,
  }),
  z.strictObject({ type: z.literal('ACTIVATE_VERSION'), stream: z.string(), version: z.number().int() }),
  z.strictObject({ type: z.literal('STATE'), value: row }),
]);

interface Known {
  readonly key: readonly string[];
  readonly validate: ValidateFunction;
}

interface Kept {
  readonly version: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A target that believes nothing: it throws at the first message that breaks the specification. */
export interface Target {
  /** Rows by stream and key, after every message so far; removed ones are not among them. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Kept>>;
  /** The value of the last STATE, as JSON; null before there was one. */
  state(): string | null;
  /** Takes output of a tap. Gives what it has counted in it. */
  take(output: string): Counted;
}

interface Counted {
  records: number;
  removals: number;
  states: number;
  activations: number;
}

/** A target with empty tables. */
export function target(): Target {
  const tables = new Map<string, Map<string, Kept>>();
  let state: string | null = null;
  const take = (output: string): Counted => {
    // Every run describes its streams anew.
    const streams = new Map<string, Known>();
    const counted: Counted = { records: 0, removals: 0, states: 0, activations: 0 };
    if (output !== '' && !output.endsWith('\n')) throw new Error('the output ends within a message');
    for (const line of output.split('\n').slice(0, -1)) apply(message.parse(JSON.parse(line)), streams, counted);
    return counted;
  };
  const apply = (given: z.output<typeof message>, streams: Map<string, Known>, counted: Counted) => {
    switch (given.type) {
      case 'SCHEMA':
        streams.set(given.stream, known(given));
        if (!tables.has(given.stream)) tables.set(given.stream, new Map());
        return;
      case 'RECORD': {
        const { key, validate } = found(streams, given.stream);
        if (!validate(given.record)) throw new Error(`${given.stream}: ${JSON.stringify(validate.errors)}`);
        const id = JSON.stringify(key.map((name) => given.record[name]));
        const table = tables.get(given.stream);
        if (typeof given.record['_sdc_deleted_at'] === 'string') {
          counted.removals += 1;
          table?.delete(id);
        } else {
          counted.records += 1;
          table?.set(id, { version: given.version, record: given.record });
        }
        return;
      }
      case 'ACTIVATE_VERSION': {
        found(streams, given.stream);
        counted.activations += 1;
        const table = tables.get(given.stream) ?? new Map<string, Kept>();
        for (const [id, { version }] of table) if (version !== given.version) table.delete(id);
        return;
      }
      case 'STATE':
        counted.states += 1;
        state = JSON.stringify(given.value);
        return;
    }
  };
  return { tables, state: () => state, take };
}

function known(given: Extract<z.output<typeof message>, { type: 'SCHEMA' }>): Known {
  const { properties } = given.schema;
  for (const name of [...given.key_properties, ...given.bookmark_properties]) {
    if (!(name in properties)) throw new Error(`${given.stream} has no property ${name}`);
  }
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats, allErrors: true });
  return { key: given.key_properties, validate: ajv.compile(given.schema) };
}

function found(streams: ReadonlyMap<string, Known>, name: string): Known {
  const stream = streams.get(name);
  if (stream === undefined) throw new Error(`a message of ${name} before its SCHEMA`);
  return stream;
}
