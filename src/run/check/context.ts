import type { Clock } from '../../clock.ts';
import type { LoadedConfig } from '../../config.ts';
import type { Log } from '../../log.ts';
import type { Progress } from '../report.ts';

/** What a check needs. The database may be unreachable: that is one of the things it finds out. */
export interface CheckContext {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** True to post a test message to the webhook. */
  readonly webhook?: boolean;
}
