import type { ClientBase, Pool } from 'pg';

/** Totals of a run, under the names of openai_etl.runs. */
export interface RunTotals {
  readonly requests: number;
  /** Requests that repeated a failed one. */
  readonly retries: number;
  /** Requests by what came of them: an HTTP status, or `network` where no answer arrived. */
  readonly responses: Readonly<Record<string, number>>;
  readonly pages: number;
  readonly results: number;
  readonly rows_inserted: number;
  readonly rows_updated: number;
  readonly rows_deleted: number;
  readonly buckets_loaded: number;
  readonly buckets_unchanged: number;
  readonly buckets_refused: number;
  readonly buckets_unanswered: number;
  /** With the three that follow, all of `results`. */
  readonly results_placed: number;
  readonly results_merged: number;
  readonly results_quarantined: number;
  readonly results_without_place: number;
}

/** How a run ended. */
export interface RunEnd extends RunTotals {
  readonly finishedAt: Date;
  readonly status: 'ok' | 'partial' | 'failed';
  readonly error: string | null;
}

/** Records that a run has begun and gives its run_id. */
export async function beginRun(
  client: ClientBase,
  run: { readonly command: string; readonly organization: string; readonly startedAt: Date; readonly version: string },
): Promise<number> {
  const { rows } = await client.query<{ run_id: number }>(
    `insert into openai_etl.runs (command, org_id, started_at, status, version)
     values ($1, $2, $3, 'running', $4) returning run_id`,
    [run.command, run.organization, run.startedAt, run.version],
  );
  return Number(rows[0]?.run_id);
}

/** Records how a run ended. */
export async function endRun(pool: Pool, runId: number, end: RunEnd): Promise<void> {
  await pool.query(
    `update openai_etl.runs set finished_at = $2, status = $3, error = $4, requests = $5, pages = $6, results = $7,
       rows_inserted = $8, rows_updated = $9, rows_deleted = $10, buckets_loaded = $11, buckets_unchanged = $12,
       buckets_refused = $13, retries = $14, responses = $15, buckets_unanswered = $16, results_placed = $17,
       results_merged = $18, results_quarantined = $19, results_without_place = $20
     where run_id = $1`,
    [
      runId,
      end.finishedAt,
      end.status,
      end.error,
      end.requests,
      end.pages,
      end.results,
      end.rows_inserted,
      end.rows_updated,
      end.rows_deleted,
      end.buckets_loaded,
      end.buckets_unchanged,
      end.buckets_refused,
      end.retries,
      JSON.stringify(end.responses),
      end.buckets_unanswered,
      end.results_placed,
      end.results_merged,
      end.results_quarantined,
      end.results_without_place,
    ],
  );
}

/** The runs of an organization that are still marked running. */
export async function runningRuns(pool: Pool, organization: string): Promise<readonly number[]> {
  const { rows } = await pool.query<{ run_id: number }>(
    `select run_id from openai_etl.runs where org_id = $1 and status = 'running'`,
    [organization],
  );
  return rows.map((row) => Number(row.run_id));
}

/** Marks a run whose process is gone, and could not say how it ended. */
export async function markKilled(pool: Pool, runId: number): Promise<void> {
  await pool.query(
    `update openai_etl.runs set status = 'failed', error = 'unfinished: the process was killed, or cut off from the database to the end'
     where run_id = $1 and status = 'running'`,
    [runId],
  );
}
