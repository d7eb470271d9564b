import { describe, expect, it } from 'vitest';
import { splitDay } from '../../src/allocate/parts.ts';
import { billGrain, costs, day, tokens, usageOf, userCosts } from './day.ts';
import { partsOf, weights } from './parts.ts';

const counts = (count: number) => ({ counts: [BigInt(count)] });
const input = (count: number) => tokens({ input_uncached: count });
const line = 'gpt-6-astra, input';

/** The parts of one cost, in words. */
const split = (cost: Parameters<typeof costs>[0][number], usage: Parameters<typeof day>[0]['usage'] = []) =>
  partsOf(day({ bill: costs([cost]), usage }));
const levelsOf = (inputs: ReturnType<typeof day>) => splitDay(inputs, weights).map(({ matchLevel }) => matchLevel);

describe('the provider’s own cut by user', () => {
  const usage = [usageOf('completions', [{ userId: 'user_used', ...input(5) }])];

  it('comes before what was used', () => {
    const inputs = day({
      bill: costs([{ lineItem: line, amount: '4' }]),
      userCut: userCosts([{ lineItem: line, userId: 'user_billed', amount: '4' }]),
      usage,
    });
    expect(partsOf(inputs)).toEqual(['user_billed 4 of 4/4']);
  });

  it('tells nothing of another key, line item, currency or sign', () => {
    const others = [{ apiKeyId: 'key_2' }, { lineItem: 'x' }, { currency: 'eur' }, { amount: '-4' }];
    for (const other of others) {
      const cut = userCosts([{ lineItem: line, userId: 'user_billed', amount: '4', ...other }]);
      const inputs = day({ bill: costs([{ lineItem: line, amount: '4' }]), userCut: cut, usage });
      expect(partsOf(inputs)).toEqual(['user_used 4 of 5/5']);
    }
  });

  it('is scaled to the bill where it gives more than was billed', () => {
    const cut = userCosts([
      { lineItem: line, userId: 'user_a', amount: '6' },
      { lineItem: line, userId: 'user_b', amount: '2' },
    ]);
    const inputs = day({ bill: costs([{ lineItem: line, amount: '4' }]), userCut: cut });
    expect(partsOf(inputs)).toEqual(['user_a 3 of 6/8', 'user_b 1 of 2/8']);
  });

  it('shares costs that it does not tell apart out alike, as one', () => {
    const bill = costs([
      { lineItem: line, amount: '6', apiKeyId: 'key_1' },
      { lineItem: line, amount: '4', apiKeyId: 'key_2' },
    ]);
    const cut = userCosts(
      [{ lineItem: line, apiKeyId: null, userId: 'user_a', amount: '5' }],
      ['user_id', 'line_item', 'project_id'],
    );
    expect(partsOf(day({ bill, userCut: cut }))).toEqual([
      'user_a 3 of 5/10',
      '(user_share_gap) 3 of 5/10',
      'user_a 2 of 5/10',
      '(user_share_gap) 2 of 5/10',
    ]);
  });

  it('is not carried from one project to another', () => {
    const bill = costs([
      { lineItem: line, amount: '6', projectId: 'proj_a' },
      { lineItem: line, amount: '4', projectId: 'proj_b' },
    ]);
    const cut = userCosts(
      [{ lineItem: line, projectId: null, apiKeyId: null, userId: 'user_a', amount: '10' }],
      ['user_id', 'line_item'],
    );
    expect(partsOf(day({ bill, userCut: cut, usage }))).toEqual(['user_used 6 of 5/5', '(no_matching_usage) 4']);
  });

  it('that names nobody tells nothing', () => {
    const cut = userCosts([{ lineItem: line, userId: null, amount: '4' }]);
    const inputs = day({ bill: costs([{ lineItem: line, amount: '4' }]), userCut: cut, usage });
    expect(partsOf(inputs)).toEqual(['user_used 4 of 5/5']);
  });

  it('that was not grouped by user is none', () => {
    const cut = userCosts([{ lineItem: line, amount: '4' }], ['line_item', 'api_key_id', 'project_id']);
    const inputs = day({ bill: costs([{ lineItem: line, amount: '4' }]), userCut: cut, usage });
    expect(partsOf(inputs)).toEqual(['user_used 4 of 5/5']);
  });
});

describe('usage of the same day, project, key and model', () => {
  it('shares out by the class of tokens that the line bills', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...tokens({ input_uncached: 1, input_cached: 3, input_cache_write: 1, output: 9 }) },
        { userId: 'b', ...tokens({ input_uncached: 1, input_cached: 1, input_cache_write: 4, output: 1 }) },
      ]),
    ];
    expect(split({ lineItem: 'gpt-6-astra, input', amount: '20' }, usage)).toEqual(['a 10 of 1/2', 'b 10 of 1/2']);
    expect(split({ lineItem: 'gpt-6-astra, cached input', amount: '20' }, usage)).toEqual([
      'a 15 of 3/4',
      'b 5 of 1/4',
    ]);
    expect(split({ lineItem: 'gpt-6-astra, cache writes', amount: '20' }, usage)).toEqual([
      'a 4 of 1/5',
      'b 16 of 4/5',
    ]);
    expect(split({ lineItem: 'gpt-6-astra, output', amount: '20' }, usage)).toEqual(['a 18 of 9/10', 'b 2 of 1/10']);
  });

  it('shares a model that is billed without a class out by all its tokens', () => {
    const usage = [usageOf('completions', [{ userId: 'a', ...tokens({ input_uncached: 1, output: 2 }) }])];
    expect(split({ lineItem: 'gpt-6-astra', amount: '3' }, usage)).toEqual(['a 3 of 3/3']);
  });

  it('shares out by the modality that the line bills', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...tokens({ output: 10, 'output/audio': 9, 'output/text': 1 }) },
        { userId: 'b', ...tokens({ output: 10, 'output/audio': 1, 'output/text': 9 }) },
      ]),
    ];
    expect(split({ lineItem: 'gpt-6-astra audio, output', amount: '10' }, usage)).toEqual([
      'a 9 of 9/10',
      'b 1 of 1/10',
    ]);
    expect(split({ lineItem: 'gpt-6-astra, output_text_tokens', amount: '10' }, usage)).toEqual([
      'a 1 of 1/10',
      'b 9 of 9/10',
    ]);
  });

  it('takes text alone for any modality where that is closer to what was billed, and the total in doubt', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...tokens({ input_uncached: 100, 'input_uncached/text': 90 }) },
        { userId: 'b', ...tokens({ input_uncached: 100, 'input_uncached/text': 10 }) },
      ]),
    ];
    const billed = (quantity: string) => split({ lineItem: line, amount: '10', quantity }, usage)[0];
    expect(billed('100')).toBe('a 9 of 90/100');
    expect(billed('200')).toBe('a 5 of 100/200');
    expect(billed('150')).toBe('a 5 of 100/200');
    expect(split({ lineItem: line, amount: '10' }, usage)[0]).toBe('a 5 of 100/200');
  });

  it('does not take text for what was not reported', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...tokens({ input_uncached: 100, 'input_uncached/text': 1 }) },
        { userId: 'b', ...input(100) },
      ]),
    ];
    expect(split({ lineItem: line, amount: '10', quantity: '1' }, usage)).toEqual(['a 5 of 100/200', 'b 5 of 100/200']);
  });

  it('leaves what was billed beyond all usage to nobody, and scales to the bill what was used beyond it', () => {
    const usage = [usageOf('completions', [{ userId: 'a', ...input(6) }])];
    expect(split({ lineItem: line, amount: '10', quantity: '10', quantityUnit: 'tokens' }, usage)).toEqual([
      'a 6 of 6/10',
      '(usage_gap) 4 of 4/10',
    ]);
    expect(split({ lineItem: line, amount: '10', quantity: '3', quantityUnit: 'tokens' }, usage)).toEqual([
      'a 10 of 6/6',
    ]);
    expect(split({ lineItem: line, amount: '10', quantity: '6.5', quantityUnit: 'tokens' }, usage)).toEqual([
      'a 9.230769230769230769 of 6/6.5',
      '(usage_gap) 0.769230769230769231 of 0.5/6.5',
    ]);
  });

  it('holds several rows of one line item against the usage once', () => {
    const bill = costs([
      { lineItem: line, amount: '6', quantity: '6', quantityUnit: 'tokens' },
      { lineItem: line, amount: '4', quantity: '4', quantityUnit: 'tokens' },
    ]);
    const usage = [usageOf('completions', [{ userId: 'a', ...input(5) }])];
    expect(partsOf(day({ bill, usage }))).toEqual([
      'a 3 of 5/10',
      '(usage_gap) 3 of 5/10',
      'a 2 of 5/10',
      '(usage_gap) 2 of 5/10',
    ]);
  });

  it('shows usage of no user as that, not as unattributed', () => {
    const usage = [
      usageOf('completions', [
        { userId: null, ...input(1) },
        { userId: 'a', ...input(1) },
      ]),
    ];
    expect(split({ lineItem: line, amount: '1' }, usage)).toEqual(['a 0.5 of 1/2', '(no user) 0.5 of 1/2']);
  });

  it('blames nobody where usage was not grouped by user', () => {
    const usage = [usageOf('completions', [{ userId: null, ...input(1) }], ['project_id', 'api_key_id', 'model'])];
    expect(split({ lineItem: line, amount: '1' }, usage)).toEqual(['(usage_not_by_user) 1']);
  });

  it('splits the quantity as it splits the amount, exactly', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...input(1) },
        { userId: 'b', ...input(2) },
      ]),
    ];
    const bill = costs([{ lineItem: line, amount: '1', quantity: '1', quantityUnit: '1000_tokens' }]);
    expect(splitDay(day({ bill, usage }), weights).map(({ quantity }) => quantity)).toEqual([
      { coefficient: 1n, scale: 3 },
      { coefficient: 2n, scale: 3 },
      { coefficient: 997n, scale: 3 },
    ]);
  });

  it('splits free tokens too: their quantity, and nothing of the money', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', ...input(1) },
        { userId: 'b', ...input(3) },
      ]),
    ];
    const bill = costs([{ lineItem: line, amount: '0', quantity: '4', quantityUnit: 'tokens' }]);
    const parts = splitDay(
      day({ bill, userCut: userCosts([{ lineItem: line, userId: 'b', amount: '0' }]), usage }),
      weights,
    );
    expect(parts.map(({ userId, amount, quantity }) => [userId, amount.coefficient, quantity?.coefficient])).toEqual([
      ['a', 0n, 1n],
      ['b', 0n, 3n],
    ]);
  });
});

describe('the ladder of matches', () => {
  it('prefers the model of the same name to its dated form, and that to the model tuned from it', () => {
    const named = (model: string) => ({ userId: `user of ${model}`, model, ...input(1) });
    const found = (lineItem: string, models: readonly string[]) => {
      const inputs = day({
        bill: costs([{ lineItem, amount: '1' }]),
        usage: [usageOf('completions', models.map(named))],
      });
      return [...partsOf(inputs), ...levelsOf(inputs)];
    };
    expect(found('gpt-4o, input', ['gpt-4o', 'gpt-4o-2024-08-06'])).toEqual([
      'user of gpt-4o 1 of 1/1',
      'project+api_key+model',
    ]);
    expect(found('gpt-4o, input', ['gpt-4o-2024-08-06', 'gpt-4o-mini'])).toEqual([
      'user of gpt-4o-2024-08-06 1 of 1/1',
      'project+api_key+model_alias',
    ]);
    expect(found('gpt-4o-2024-08-06, input', ['gpt-4o', 'gpt-4'])).toEqual([
      'user of gpt-4o 1 of 1/1',
      'project+api_key+model_alias',
    ]);
    expect(found('ft-gpt-4o-2024-08-06, input', ['ft:gpt-4o-2024-08-06:acme::x1', 'gpt-4o-2024-08-06'])).toEqual([
      'user of ft:gpt-4o-2024-08-06:acme::x1 1 of 1/1',
      'project+api_key+fine_tune',
    ]);
    expect(found('gpt-4o, input', ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'gpt-4o-2024'])).toEqual([
      '(no_matching_usage) 1',
      null,
    ]);
  });

  it('ignores the key where the cost has none, and never otherwise', () => {
    const usage = [usageOf('completions', [{ userId: 'a', apiKeyId: 'key_9', ...input(1) }])];
    expect(split({ lineItem: line, amount: '1', apiKeyId: null }, usage)).toEqual(['a 1 of 1/1']);
    expect(split({ lineItem: line, amount: '1' }, usage)).toEqual(['(no_matching_usage) 1']);
  });

  it('prefers usage without a key for a cost without one, but not where the bill knows no keys', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'keyed', ...input(1) },
        { userId: 'keyless', apiKeyId: null, ...input(1) },
      ]),
    ];
    const bill = costs([{ lineItem: line, amount: '1', apiKeyId: null }]);
    expect(partsOf(day({ bill, usage }))).toEqual(['keyless 1 of 1/1']);
    expect(partsOf(day({ bill, billGrain: ['project_id', 'line_item'], usage }))).toEqual([
      'keyed 0.5 of 1/2',
      'keyless 0.5 of 1/2',
    ]);
  });

  it('never crosses projects', () => {
    const usage = [usageOf('completions', [{ userId: 'a', projectId: 'proj_b', ...input(1) }])];
    expect(split({ lineItem: line, amount: '1' }, usage)).toEqual(['(no_matching_usage) 1']);
    expect(split({ lineItem: line, amount: '1', projectId: null, apiKeyId: null }, usage)).toEqual([
      '(no_matching_usage) 1',
    ]);
    const grain = ['user_id', 'api_key_id', 'model'];
    const projectless = [usageOf('completions', [{ userId: 'a', projectId: null, ...input(1) }], grain)];
    expect(split({ lineItem: line, amount: '1' }, projectless)).toEqual(['a 1 of 1/1']);
    expect(split({ lineItem: line, amount: '1', apiKeyId: null }, projectless)).toEqual(['(no_matching_usage) 1']);
  });

  it('shares a class that is billed without a model out by that class of all models', () => {
    const usage = [
      usageOf('completions', [
        { userId: 'a', model: 'x', ...input(1) },
        { userId: 'b', model: 'y', ...input(3) },
      ]),
    ];
    expect(split({ lineItem: 'input_tokens', amount: '4' }, usage)).toEqual(['a 1 of 1/4', 'b 3 of 3/4']);
  });
});

describe('service tiers', () => {
  const usage = [
    usageOf('completions', [
      { userId: 'standard', ...input(1000) },
      { userId: 'priority', serviceTier: 'priority', ...input(1000) },
      { userId: 'flex', serviceTier: 'flex', ...input(1000) },
      { userId: 'batch', batch: true, serviceTier: 'default', ...input(1000) },
    ]),
  ];
  const costOf = (lineItem: string) => ({ lineItem, amount: '3' });
  const plain = (lines: readonly string[]) => partsOf(day({ bill: costs(lines.map(costOf)), usage }));

  it('weigh in where they are billed together, batch and flex half', () => {
    expect(plain([line])).toEqual([
      'batch 0.5 of 500/3000',
      'flex 0.5 of 500/3000',
      'priority 1 of 1000/3000',
      'standard 1 of 1000/3000',
    ]);
  });

  it('that have lines of their own for the model are billed there, and nowhere else', () => {
    expect(plain([line, `priority | ${line}`, 'flex | gpt-6-astra, output'])).toEqual([
      'batch 1 of 500/1500',
      'standard 2 of 1000/1500',
      'priority 3 of 1000/1000',
      '(no_matching_usage) 3',
    ]);
  });

  it('that have lines for another model are billed with the rest', () => {
    expect(plain([line, 'priority | gpt-7, input'])).toHaveLength(5);
  });

  it('are not asked for where usage was not grouped by them', () => {
    const grain = ['project_id', 'user_id', 'api_key_id', 'model'];
    const untold = [usageOf('completions', [{ userId: 'a', batch: null, ...input(1) }], grain)];
    expect(split({ lineItem: `priority | ${line}`, amount: '1' }, untold)).toEqual(['a 1 of 1/1']);
  });

  it('count for a gap by their tokens, not by their weight', () => {
    const batch = [usageOf('completions', [{ userId: 'a', batch: true, ...input(6) }])];
    expect(split({ lineItem: line, amount: '7', quantity: '10', quantityUnit: 'tokens' }, batch)).toEqual([
      'a 3 of 3/7',
      '(usage_gap) 4 of 4/7',
    ]);
  });
});

describe('a line that is not understood', () => {
  it('belongs to nobody, and may be negative', () => {
    expect(split({ lineItem: 'Tax adjustment', amount: '-3' })).toEqual(['(unparsed_line_item) -3']);
  });

  it('is not taken for seconds of speech because it is billed in seconds', () => {
    const usage = [usageOf('audio_transcriptions', [{ userId: 'a', model: 'sora-2', ...counts(9) }])];
    const billed = { amount: '9', quantity: '9', quantityUnit: 'duration_seconds' };
    expect(split({ lineItem: 'sora-2, seconds', ...billed }, usage)).toEqual(['(unparsed_line_item) 9']);
  });

  it('is billed by duration where it is the bare name of a model and its unit says so', () => {
    const usage = [
      usageOf('audio_transcriptions', [{ userId: 'a', model: 'gpt-realtime-translate', ...counts(9) }]),
      usageOf('completions', [{ userId: 'b', model: 'gpt-realtime-translate', ...input(5) }]),
    ];
    const billed = { lineItem: 'gpt-realtime-translate', amount: '9', quantity: '9' };
    expect(split({ ...billed, quantityUnit: 'duration_seconds' }, usage)).toEqual(['a 9 of 9/9']);
    expect(split({ ...billed, quantity: '5', quantityUnit: 'tokens' }, usage)).toEqual(['b 9 of 5/5']);
  });
});

describe('what is not billed by class of token', () => {
  const callers = ['project_id', 'user_id', 'api_key_id', 'model'];
  const users = [
    { userId: 'a', ...counts(1) },
    { userId: 'b', ...counts(3) },
  ];
  const cases = [
    ['web_search_calls', 'web search tool calls', null],
    ['file_search_calls', 'file search tool calls', null],
    ['file_search_calls', 'assistants api | file search', null],
    ['images', 'gpt-6-astra image, output', 'images'],
    ['images', 'Image models', 'images'],
    ['audio_transcriptions', 'gpt-6-astra, audio', 'duration_seconds'],
    ['audio_speeches', 'gpt-6-astra, characters', 'characters'],
  ] as const;

  it.each(cases)('is shared out by %s: %s', (dataset, lineItem, quantityUnit) => {
    const usage = [usageOf(dataset, users, callers)];
    expect(split({ lineItem, amount: '8', quantity: '8', quantityUnit }, usage)).toEqual([
      'a 1 of 1/8',
      'b 3 of 3/8',
      '(usage_gap) 4 of 4/8',
    ]);
  });

  it('is measured in the unit that is billed', () => {
    const usage = [usageOf('audio_transcriptions', users, callers)];
    const billed = { lineItem: 'gpt-6-astra, audio', amount: '60', quantity: '1', quantityUnit: 'duration_minutes' };
    expect(split(billed, usage)).toEqual(['a 1 of 1/60', 'b 3 of 3/60', '(usage_gap) 56 of 56/60']);
  });

  it('is not shared out by calls where storage is billed', () => {
    const usage = [usageOf('file_search_calls', users, callers)];
    const storage = {
      lineItem: 'assistants api | file search',
      amount: '8',
      quantity: '8',
      quantityUnit: 'gibibyte_hours',
    };
    expect(split(storage, usage)).toEqual(['(service_line_item) 8']);
  });

  it('shares embeddings and moderations out by their input', () => {
    const embedded = [usageOf('embeddings', [{ userId: 'a', model: 'e', counts: [3n, 3n] }], callers)];
    expect(split({ lineItem: 'e, input', amount: '1' }, embedded)).toEqual(['a 1 of 3/3']);
    const moderated = [usageOf('moderations', [{ userId: 'a', model: 'm', counts: [3n, 3n] }], callers)];
    expect(split({ lineItem: 'm, input', amount: '1' }, moderated)).toEqual(['a 1 of 3/3']);
  });

  it('shares decisions out by their own tokens, which others do not share in', () => {
    const usage = [
      usageOf('completions', [{ userId: 'completing', ...input(1) }]),
      usageOf('decisions', [{ userId: 'deciding', ...input(1) }]),
    ];
    const lines = [line, `decisions | ${line}`, 'decisions'];
    expect(lines.map((lineItem) => split({ lineItem, amount: '1' }, usage)[0])).toEqual([
      'completing 1 of 1/1',
      'deciding 1 of 1/1',
      'deciding 1 of 1/1',
    ]);
  });
});

describe('what nothing tells of', () => {
  const usage = [usageOf('completions', [{ userId: 'a', ...input(1) }])];

  it.each([
    ['gpt-7, input', '(no_matching_usage) 1'],
    ['Vector storage', '(service_line_item) 1'],
    ['code interpreter sessions', '(service_line_item) 1'],
    ['Mystery surcharge', '(unparsed_line_item) 1'],
    ['Promotional credit', '(credit) 1'],
    [null, '(no_line_item) 1'],
  ])('is unattributed, and says why: %s', (lineItem, part) => {
    expect(split({ lineItem, amount: '1' }, usage)).toEqual([part]);
  });

  it('is attributed all the same where the provider does it', () => {
    const bill = costs([{ lineItem: 'Mystery surcharge', amount: '1' }]);
    const userCut = userCosts([{ lineItem: 'Mystery surcharge', userId: 'a', amount: '1' }]);
    expect(partsOf(day({ bill, userCut, usage, billGrain }))).toEqual(['a 1 of 1/1']);
  });
});
