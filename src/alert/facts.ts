import type { QueryResultRow } from 'pg';
import {
  anomaliesSql,
  budgetsSql,
  capabilitiesSql,
  driftSql,
  massRemovalsSql,
  quarantineSql,
  restatementsSql,
  runsSql,
  tieOutsSql,
} from './facts-sql.ts';
import type { AnomalyFact, BudgetFact } from './spending.ts';

/** How one run ended. */
export interface RunFact {
  readonly run_id: number;
  readonly org_id: string;
  readonly command: string;
  readonly status: 'ok' | 'partial' | 'failed';
  readonly started_at: Date;
  readonly error: string | null;
  /** True when the API answered at least one of its requests well. */
  readonly answered: boolean;
}

/** How far one dataset at one width is complete. */
export interface FreshnessFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: string;
  readonly through: Date | null;
  readonly last_read_at: Date | null;
  /** False while the API denies the dataset. */
  readonly available: boolean;
}

/** What could not be typed, and holds. */
export interface QuarantineFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly reason: string;
  readonly entries: number;
  readonly detail: string;
  readonly from: Date | null;
}

/** Something the catalog does not know, of which nobody has been told. */
export interface DriftFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly kind: string;
  readonly name: string;
  readonly seen_count: number;
  readonly subject: string;
}

/** The differences of a dataset in the newest comparison of each bucket. */
export interface TieOutFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly buckets: number;
  readonly from: Date;
  readonly to: Date;
  readonly checked_at: Date;
  /** Measure and exact difference of the newest bucket that differs. */
  readonly example: string;
}

/** Settled money that one run found changed, in one currency: exact decimal text. */
export interface RestatementFact {
  readonly org_id: string;
  readonly run_id: number;
  readonly dataset: string;
  readonly currency: string;
  readonly rows: number;
  /** UTC dates, oldest first. */
  readonly days: readonly string[];
  readonly net: string;
  readonly gross: string;
}

/** An answer that the guard refused, and whose buckets have not been read since. */
export interface MassRemovalFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly bucket_width: string;
  readonly run_id: number;
  readonly detail: string;
}

/** What the API does not grant in full. */
export interface CapabilityFact {
  readonly org_id: string;
  readonly dataset: string;
  readonly status: 'reduced' | 'unavailable';
  readonly detail: string;
  readonly optional: boolean;
  /** Dimensions that stored buckets have and the API no longer grants. */
  readonly lost: readonly string[];
  /** True when buckets of it are stored. */
  readonly stored: boolean;
}

/** All that alerts are decided on. */
export interface Facts {
  readonly now: Date;
  readonly freshnessHours: number;
  /** Newest first; without those that are under way. */
  readonly runs: readonly RunFact[];
  /** When each organization first ran. */
  readonly firstRuns: ReadonlyMap<string, Date>;
  readonly freshness: readonly FreshnessFact[];
  readonly quarantine: readonly QuarantineFact[];
  readonly drift: readonly DriftFact[];
  readonly tieOuts: readonly TieOutFact[];
  readonly restatements: readonly RestatementFact[];
  readonly massRemovals: readonly MassRemovalFact[];
  readonly capabilities: readonly CapabilityFact[];
  readonly budgets: readonly BudgetFact[];
  /** Of the last 14 days, the greatest excess first. */
  readonly anomalies: readonly AnomalyFact[];
}

/** A dataset of an organization that the configuration asks for. */
export interface WatchedDataset {
  readonly org_id: string;
  readonly dataset: string;
  readonly optional: boolean;
  /** The fields of its rows that are money and its currency; null where it counts none. */
  readonly money: { readonly amount: string; readonly currency: string } | null;
}

/** What alerts are to be decided on: everything that is configured. */
export interface Watched {
  readonly now: Date;
  readonly freshnessHours: number;
  /** Decimal text. */
  readonly restatementAlert: string;
  readonly organizations: readonly string[];
  /** Each once, whatever its widths. */
  readonly datasets: readonly WatchedDataset[];
  readonly freshness: readonly FreshnessFact[];
}

/** One connection or a pool. */
export interface Reader {
  query<Row extends QueryResultRow>(sql: string, values: readonly unknown[]): Promise<{ readonly rows: Row[] }>;
}

/** Reads everything that alerts are decided on, one statement a fact. */
export async function readFacts(reader: Reader, watched: Watched): Promise<Facts> {
  const { now, freshnessHours, organizations, datasets, freshness } = watched;
  const rowsOf = async <Row extends QueryResultRow>(sql: string, values: readonly unknown[]) =>
    (await reader.query<Row>(sql, values)).rows;
  const configured = [
    datasets.map(({ org_id }) => org_id),
    datasets.map(({ dataset }) => dataset),
    datasets.map(({ optional }) => optional),
  ];
  const counted = datasets.flatMap(({ org_id, dataset, money }) =>
    money === null ? [] : [{ org_id, dataset, money }],
  );
  const money = [
    counted.map(({ org_id }) => org_id),
    counted.map(({ dataset }) => dataset),
    counted.map((one) => one.money.amount),
    counted.map((one) => one.money.currency),
  ];
  const runs = await rowsOf<RunFact & { first_started_at: Date }>(runsSql, [organizations]);
  return {
    now,
    freshnessHours,
    runs,
    firstRuns: new Map(runs.map(({ org_id, first_started_at }) => [org_id, first_started_at])),
    freshness,
    quarantine: await rowsOf<QuarantineFact>(quarantineSql, configured.slice(0, 2)),
    drift: await rowsOf<DriftFact>(driftSql, [organizations]),
    tieOuts: await rowsOf<TieOutFact>(tieOutsSql, configured.slice(0, 2)),
    restatements: await rowsOf<RestatementFact>(restatementsSql, [...money, watched.restatementAlert, now]),
    massRemovals: await rowsOf<MassRemovalFact>(massRemovalsSql, [...configured.slice(0, 2), now]),
    capabilities: await rowsOf<CapabilityFact>(capabilitiesSql, configured),
    budgets: await rowsOf<BudgetFact & QueryResultRow>(budgetsSql, [organizations, now]),
    anomalies: await rowsOf<AnomalyFact & QueryResultRow>(anomaliesSql, [organizations, now]),
  };
}
