/** What a schedule has done and will do, as the status page shows it. */
export interface ScheduleState {
  readonly name: string;
  readonly command: 'sync' | 'verify';
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  /** ISO instant of the next run, before jitter; null once the service is stopping. */
  readonly next_at: string | null;
  readonly running: boolean;
  /** ISO instant at which this process last started it; null when it has not yet. */
  readonly last_started_at: string | null;
  /** Exit code of that run; null while it runs. */
  readonly last_exit_code: number | null;
}
