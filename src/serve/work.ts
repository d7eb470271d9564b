import type { LoadedConfig, ScheduleSettings } from '../config.ts';
import { exitCode, toEtlError } from '../errors.ts';
import type { RunContext, SyncOptions } from '../run/context.ts';
import { withStore } from '../run/database.ts';
import { raiseAlerts, tellingOfFailure } from '../run/notify.ts';
import { silentProgress } from '../run/report.ts';
import { runSync } from '../run/sync.ts';
import { runVerify } from '../run/verify.ts';
import type { ServeContext } from './service.ts';

const dayMs = 86_400_000;

/**
 * Does what a schedule says and resolves with the exit code that the command line would have had. Never rejects: what
 * went wrong is logged.
 */
export async function doWork(
  { clock, log, signal }: Pick<ServeContext, 'clock' | 'log' | 'signal'>,
  config: LoadedConfig,
  schedule: ScheduleSettings,
): Promise<number> {
  try {
    const work = async (store: RunContext['store']) => {
      const context = { config, store, clock, log, signal, progress: silentProgress };
      const asked = askedFor(schedule, clock.now());
      const report = schedule.command === 'verify' ? await runVerify(context, asked) : await runSync(context, asked);
      await raiseAlerts(context, config.alerts);
      return report.exit_code;
    };
    return await tellingOfFailure({ alerts: config.alerts, clock, log, signal }, () =>
      withStore({ config, clock, log, patience: signal }, 'any', work),
    );
  } catch (thrown) {
    const error = toEtlError(thrown);
    if (!signal.aborted) {
      log.error({ schedule: schedule.name, code: error.code, remedy: error.remedy }, error.message);
    }
    return error.exit;
  }
}

/** Time helps against all but a difference from the API's own totals: that stays until somebody looks. */
export function isWorthRetrying(exit: number): boolean {
  return exit !== exitCode.ok && exit !== exitCode.difference;
}

function askedFor({ organizations, datasets, days }: ScheduleSettings, now: Date): SyncOptions {
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  return {
    command: 'sync',
    organizations,
    datasets,
    acceptRestatement: false,
    preview: false,
    from: days === null ? null : new Date(today - (days - 1) * dayMs),
    to: null,
    refetch: false,
  };
}
