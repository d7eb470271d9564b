import { describe, expect, it } from 'vitest';
import { costs, day, tokens, usageOf, userCosts } from './day.ts';
import { partsOf } from './parts.ts';

/** Five million and so on, at one project and key. */
const used = usageOf('completions', [
  { userId: 'user_1', ...tokens({ input_uncached: 5_000_000, input_cached: 1_000_000, output: 200_000 }) },
  { userId: 'user_2', ...tokens({ input_uncached: 3_000_000, input_cached: 1_000_000, output: 200_000 }) },
  { userId: 'user_3', ...tokens({ input_uncached: 1_000_000, input_cached: 1_000_000, output: 200_000 }) },
]);

const split = (cost: Parameters<typeof costs>[0][number], cut: Parameters<typeof userCosts>[0] = []) =>
  partsOf(day({ bill: costs([cost]), userCut: userCosts(cut), usage: [used] }));

describe('the worked example', () => {
  it('shares input out by uncached tokens, and leaves what was billed beyond them unattributed', () => {
    const lineItem = 'gpt-6-astra, input';
    expect(split({ lineItem, amount: '12.345678901', quantity: '9876543', quantityUnit: 'tokens' })).toEqual([
      'user_1 6.250000076443751624 of 5000000/9876543',
      'user_2 3.750000045866250975 of 3000000/9876543',
      'user_3 1.250000015288750325 of 1000000/9876543',
      '(usage_gap) 1.095678763401247076 of 876543/9876543',
    ]);
  });

  it('shares cached input that is billed by the thousand out by cached tokens', () => {
    const lineItem = 'gpt-6-astra, cached input';
    expect(split({ lineItem, amount: '0.75', quantity: '3000', quantityUnit: '1000_tokens' })).toEqual([
      'user_1 0.25 of 1000000/3000000',
      'user_2 0.25 of 1000000/3000000',
      'user_3 0.25 of 1000000/3000000',
    ]);
  });

  it('gives the unit that is left over to the first of equals', () => {
    const lineItem = 'gpt-6-astra, output';
    expect(split({ lineItem, amount: '100.00', quantity: '600000', quantityUnit: 'tokens' })).toEqual([
      'user_1 33.333333333333333334 of 200000/600000',
      'user_2 33.333333333333333333 of 200000/600000',
      'user_3 33.333333333333333333 of 200000/600000',
    ]);
  });

  it('leaves a service without a counter unattributed', () => {
    expect(split({ lineItem: 'web search tool calls', amount: '0.25' })).toEqual(['(service_line_item) 0.25']);
  });

  it('leaves a credit to nobody', () => {
    expect(split({ lineItem: 'Promotional credit', amount: '-3.25', projectId: null, apiKeyId: null })).toEqual([
      '(credit) -3.25',
    ]);
  });

  it('takes the provider’s own cut by user where there is one, and leaves what it does not give to anybody', () => {
    const cost = { lineItem: 'gpt-6-astra, output', apiKeyId: 'key_2', amount: '7.50' };
    expect(split(cost, [{ ...cost, userId: 'user_2', amount: '7.40' }])).toEqual([
      'user_2 7.4 of 7.4/7.5',
      '(user_share_gap) 0.1 of 0.1/7.5',
    ]);
  });

  it('splits the smallest negative amount in two of three', () => {
    const lineItem = 'gpt-6-astra, output';
    expect(split({ lineItem, amount: '-0.000000000000000002' })).toEqual([
      'user_1 -0.000000000000000001 of 200000/600000',
      'user_2 -0.000000000000000001 of 200000/600000',
      'user_3 0 of 200000/600000',
    ]);
  });
});
