import { EtlError } from '../errors.ts';

/** Buckets received, and the results in them. */
export interface Received {
  readonly buckets: number;
  readonly results: number;
}

/** What became of everything received: each bucket and each result is in exactly one of the counts below `received`. */
export interface Books {
  readonly received: Received;
  readonly bucketsPlaced: number;
  readonly bucketsRefused: number;
  /** Rows. */
  readonly resultsPlaced: number;
  /** Part of another's row: of equal grain, or the same again. */
  readonly resultsMerged: number;
  /** Set aside: by themselves, or with the bucket that was refused. */
  readonly resultsQuarantined: number;
  /** Without a place: of another time than was asked for. */
  readonly outside: Received;
  /** Without a place: of no time that can be read. */
  readonly undated: Received;
}

const nothing: Received = { buckets: 0, results: 0 };

/** Books of nothing received. */
export const emptyBooks: Books = {
  received: nothing,
  bucketsPlaced: 0,
  bucketsRefused: 0,
  resultsPlaced: 0,
  resultsMerged: 0,
  resultsQuarantined: 0,
  outside: nothing,
  undated: nothing,
};

/** The sum of two. */
export function addReceived(a: Received, b: Received): Received {
  return { buckets: a.buckets + b.buckets, results: a.results + b.results };
}

/** The books of both. */
export function addBooks(a: Books, b: Books): Books {
  return {
    received: addReceived(a.received, b.received),
    bucketsPlaced: a.bucketsPlaced + b.bucketsPlaced,
    bucketsRefused: a.bucketsRefused + b.bucketsRefused,
    resultsPlaced: a.resultsPlaced + b.resultsPlaced,
    resultsMerged: a.resultsMerged + b.resultsMerged,
    resultsQuarantined: a.resultsQuarantined + b.resultsQuarantined,
    outside: addReceived(a.outside, b.outside),
    undated: addReceived(a.undated, b.undated),
  };
}

/** What was received and has no place. */
export function withoutPlace({ outside, undated }: Books): Received {
  return addReceived(outside, undated);
}

/** Throws `contract_broken` where something received is counted nowhere, or twice: then no number of it can be trusted. */
export function assertBalanced(books: Books): void {
  const lost = withoutPlace(books);
  const buckets = books.bucketsPlaced + books.bucketsRefused + lost.buckets;
  const results = books.resultsPlaced + books.resultsMerged + books.resultsQuarantined + lost.results;
  if (buckets === books.received.buckets && results === books.received.results) return;
  const { received } = books;
  throw new EtlError(
    'contract_broken',
    `${received.results} results in ${received.buckets} buckets were received, ${results} in ${buckets} are accounted for`,
  );
}
