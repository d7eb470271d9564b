import { amountOf, amountText, plus } from './amount.ts';
import { lost, withFirst } from './bucket.ts';
import { type Effect, strikes } from './fault.ts';
import { digits, isDigits, type JsonObject } from './json.ts';
import { randomOf } from './random.ts';
import type { Row } from './results.ts';

type Change = (result: JsonObject, row: Row, salt: number) => { readonly result: JsonObject; readonly row: Row } | null;

/** The first result of some buckets is one that nothing can make sense of: what is stored of them stays. */
function unreadable(change: (result: JsonObject) => JsonObject | null): Effect {
  return {
    spoil: (bucket, asked, fault) => {
      if (!strikes(fault, asked, bucket)) return bucket;
      const [first, ...others] = bucket.results ?? [];
      const changed = first === undefined ? null : change(first);
      return changed === null ? bucket : { ...bucket, results: [changed, ...others], meaning: lost };
    },
  };
}

/** The first result of some buckets is one that a store may or may not be able to hold. */
function extreme(change: Change): Effect {
  return {
    spoil: (bucket, asked, fault) =>
      strikes(fault, asked, bucket)
        ? withFirst(bucket, { kind: 'either', loud: false }, (result, row) => only(change(result, row, fault.salt)))
        : bucket,
  };
}

function only(changed: ReturnType<Change>) {
  return changed === null ? null : { results: [changed.result], rows: [changed.row] };
}

const texts = ['line_item', 'model', 'project_id'] as const;

const textIn = (result: JsonObject) => texts.find((name) => typeof result[name] === 'string') ?? null;

const withText = (text: string) =>
  unreadable((result) => {
    const name = textIn(result);
    return name === null ? null : { ...result, [name]: text };
  });

export const nulTexts = withText('a\u0000b');
export const surrogateTexts = withText('a\ud800b');

/** Characters that no compression makes short. */
function longText(salt: number): string {
  const random = randomOf('long', salt);
  return Array.from({ length: 5000 }, () => String.fromCharCode(0x61 + random.below(26))).join('');
}

const longIn = (name: string): Effect =>
  extreme((result, row, salt) => {
    if (typeof result[name] !== 'string') return null;
    const text = longText(salt);
    return { result: { ...result, [name]: text }, row: { ...row, [name]: text } };
  });

export const longModels = longIn('model');
export const longLineItems = longIn('line_item');
export const longProjects = longIn('project_id');

const withField = (name: (salt: number) => string): Effect =>
  extreme((result, row, salt) => ({ result: { ...result, [name(salt)]: 1 }, row }));

export const longFields = withField(longText);
export const nulFields = withField(() => 'a\u0000b');

/** The tag of a result holds what PostgreSQL does not: it is of no dataset, and the rest of its bucket is loaded. */
export const nulTags: Effect = {
  spoil: (bucket, asked, fault) =>
    strikes(fault, asked, bucket)
      ? withFirst(bucket, { kind: 'rows', loud: true }, (result) => ({
          results: [{ ...result, object: `${String(result['object'])}\u0000` }],
          rows: [],
        }))
      : bucket,
};

export const fractionsOfCounts = unreadable((result) =>
  'input_tokens' in result ? { ...result, input_tokens: digits('9007199254740990.6') } : null,
);

/** Bills so much more, and where a quantity is told, so much more of that. */
const withMore = (value: string, quantity: string) =>
  extreme((result, row) => {
    if (typeof result['amount'] !== 'object') return null;
    const billed = amountText(plus(amountOf(row['amount_value'] ?? '0'), amountOf(value)));
    const counted =
      row['quantity'] === undefined ? null : amountText(plus(amountOf(row['quantity']), amountOf(quantity)));
    return {
      result: {
        ...result,
        amount: { value: digits(billed), currency: 'usd' },
        ...(counted === null ? {} : { quantity: digits(counted) }),
      },
      row: { ...row, amount_value: billed, ...(counted === null ? {} : { quantity: counted }) },
    };
  });

export const ninesBilled = withMore(`${'9'.repeat(131_000)}${'0'.repeat(72)}`, '0');
export const endlessPrices = withMore('1e130000', '1e-10000');

const half = 5_000_000_000_000_000_000n;

/** Hours that hold as much as bigint can, of days that would hold more. */
export const hugeHours: Effect = {
  spoil: (bucket, asked, fault) => {
    if (!fault.days.some((day) => bucket.position !== null && bucket.position >= day && bucket.position < day + 86_400))
      return bucket;
    const raised = withFirst(bucket, { kind: 'either', loud: false }, (result, row) => {
      const tokens = result['input_tokens'];
      if (!isDigits(tokens)) return null;
      const sum = BigInt(tokens.digits) + (asked.width === '1d' ? 3n * half : half);
      return { results: [{ ...result, input_tokens: digits(sum) }], rows: [{ ...row, input_tokens: String(sum) }] };
    });
    return asked.width === '1d' && raised !== bucket ? { ...raised, meaning: lost } : raised;
  },
};

/** Some results are billed in `USD`, and of one a part: the same currency all the same. */
export const mixedCase: Effect = {
  spoil: (bucket) => {
    const spelled = bucket.results?.map((result, index) => (index % 2 === 1 ? inCapitals(result) : result)) ?? null;
    return withFirst({ ...bucket, results: spelled }, bucket.meaning, (result, row) => {
      const rest = amountText(plus(amountOf(row['amount_value'] ?? '0'), amountOf('-0.25')));
      const { quantity: _, ...unpriced } = result;
      const part = { ...unpriced, amount: { value: '0.25', currency: 'USD' } };
      return { results: [{ ...result, amount: { value: rest, currency: 'usd' } }, part], rows: [row] };
    });
  },
};

function inCapitals(result: JsonObject): JsonObject {
  const amount = result['amount'];
  if (typeof amount !== 'object' || amount === null || !('value' in amount)) return result;
  return { ...result, amount: { ...amount, currency: 'USD' } };
}

/** What is billed to no project comes as '', and so does the text of a service. */
export const emptyTexts: Effect = {
  spoil: (bucket, { groupBy }) => {
    const empty = (fields: Readonly<Record<string, unknown>>) => ({
      ...(groupBy.includes('project_id') && (fields['project_id'] ?? null) === null ? { project_id: '' } : {}),
      ...(fields['line_item'] === 'web search tool calls' ? { line_item: '' } : {}),
    });
    const rows = bucket.meaning.rows.map((row) => ({ ...row, ...empty(row) }));
    const results = bucket.results?.map((result) => ({ ...result, ...empty(result) })) ?? null;
    return { ...bucket, results, meaning: { ...bucket.meaning, rows } };
  },
};

/** Grouped by something, results carry their project unasked. */
export const unaskedProjects: Effect = {
  unasked: ({ groupBy }) => (groupBy.length > 0 ? ['project_id'] : []),
};
