import type { DeviationLetter } from './rule.ts';

/** What the views cannot give, and why. Published in docs/focus.md and counted by `check focus`. */
export interface Deviation {
  readonly letter: DeviationLetter;
  readonly sentence: string;
  /** SQL condition on the rows of the charges view that it concerns; null when it concerns the whole data set. */
  readonly rows: string | null;
  /** SQL that counts what is not in the views at all, where the deviation is about that. */
  readonly leftOut?: string;
}

/** A charge of which neither the bill nor a counter states a quantity in a known unit, or that names no line item. */
const unmeasured = `"ConsumedQuantity" is null and ("x_Quantity" is null or "x_QuantityUnit" is null or "x_LineItem" is null)`;

export const deviations: readonly Deviation[] = [
  {
    letter: 'a',
    sentence:
      'Usage that names no line item, or whose line item states no quantity or none in a known unit while no usage endpoint counts it, has no quantity and no SKU.',
    rows: `"ChargeCategory" in ('Usage', 'Purchase') and "ChargeClass" is null and ${unmeasured}`,
  },
  {
    letter: 'b',
    sentence:
      'ListUnitPrice and ContractedUnitPrice are left out: the API knows no prices, and cost divided by quantity is no list price.',
    rows: null,
  },
  {
    letter: 'c',
    sentence:
      'Drawing down prepaid credit, taxes, purchases and invoices are not in the API: EffectiveCost is BilledCost, InvoiceId is null.',
    rows: null,
  },
  {
    letter: 'd',
    sentence:
      'The texts of line items are no SKU list that anyone has promised: SkuId and SkuPriceId change when they do.',
    rows: null,
  },
  {
    letter: 'e',
    sentence:
      'A cost of which the API tells no amount or no currency is left out, because neither may be null here: it is stored with null and its day counts as incomplete (openai_bi.coverage).',
    rows: null,
    leftOut: `select coalesce(sum(amounts_missing), 0) as left_out from openai_bi.coverage where dataset = 'costs'`,
  },
];

/** The deviation of charges without quantity, for the rules they break. */
export const noQuantity = { letter: 'a', when: unmeasured } as const;
