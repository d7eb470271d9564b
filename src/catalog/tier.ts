/** What a token of a tier counts for beside one at the standard tier. Of several that fit, the first counts. */
export interface TierWeight {
  /** A class of tiers, as `tierClassOf` names them, or the name of a tier nobody knows yet. */
  readonly tier: string;
  /** A model, its dated and fine-tuned forms included, or a pattern with `*` for any characters. */
  readonly models: string;
  readonly thousandths: number;
  /** First and last UTC day of usage it is for, `YYYY-MM-DD`; absent: no bound. */
  readonly from?: string;
  readonly until?: string;
}

/** Weights in the order they are tried. */
export type TierWeights = readonly TierWeight[];

/** The tier of requests that ask for none. */
export const standardTier = 'standard';

/** Names of tiers in requests, answers, settings and bills, by the one price that they stand for. */
const classes: Readonly<Record<string, string>> = {
  default: standardTier,
  auto: standardTier,
  standard: standardTier,
  // One tier that was renamed: usage says the old name for older models and the new one for newer.
  priority: 'fast',
  fast: 'fast',
  ultrafast: 'ultrafast',
  flex: 'flex',
  batch: 'batch',
  scale: 'scale',
};

/** The class of a tier by any of its names; null for a name that nobody knows. */
export function tierClassOf(name: string): string | null {
  const known = name.toLowerCase();
  return Object.hasOwn(classes, known) ? (classes[known] ?? null) : null;
}

const fast = (models: string, thousandths: number): TierWeight => ({ tier: 'fast', models, thousandths });

/** Published price factors of the end of 2026. Scale is prepaid, so that its tokens count as any other. */
export const publishedTierWeights: TierWeights = [
  { tier: 'batch', models: '*', thousandths: 500 },
  { tier: 'flex', models: '*', thousandths: 500 },
  { tier: 'scale', models: '*', thousandths: 1000 },
  fast('gpt-5.5', 2500),
  fast('gpt-5-mini', 1800),
  fast('gpt-4.1', 1750),
  fast('gpt-4.1-mini', 1750),
  fast('gpt-4o-2024-05-13', 1750),
  fast('gpt-4o', 1700),
  fast('gpt-4o-mini', 1667),
  fast('o3', 1750),
  fast('o4-mini', 1818),
  fast('*', 2000),
  { tier: 'ultrafast', models: 'gpt-6.2-sol', thousandths: 3000, until: '2027-02-28' },
  { tier: 'ultrafast', models: '*', thousandths: 6000 },
];
