import type { Command } from 'commander';
import { exitCode } from '../../errors.ts';
import { type Service, startService } from '../../serve/service.ts';
import { createCommand, type Execute } from '../command.ts';
import { interrupted } from '../interrupted.ts';

/** `serve`: the schedule, health, metrics and the status page. */
export function serveCommand(run: Execute): Command {
  const command = createCommand({
    name: 'serve',
    description: `Runs until it is interrupted: syncs when the schedule says so, makes up for what was missed or failed, tells the
webhook what needs a person, and answers on http_host:http_port (default 127.0.0.1:8787): / for people, /livez, /readyz
and /metrics for machines. Beyond loopback it wants http_token.

SIGTERM and SIGINT end it with 0 once the slice in hand is finished or rolled back; a second signal ends it at once.`,
    examples: [
      ['serve', 'every night at 03:17 UTC'],
      ['serve --config /etc/usage-etl.yaml', 'several schedules, organizations, a webhook'],
    ],
  });
  return command.action(() =>
    run<object>(command, async ({ clock, log, signal, print, config }) => {
      const service = await startService({ readConfig: () => config({ needsKey: true }), clock, log, signal });
      const schedules = service.states();
      await print({
        document: { url: service.url, schedules },
        text: () => servingText(service.url, schedules),
        exit: exitCode.ok,
      });
      await interrupted(signal);
      await service.close();
      return null;
    }),
  );
}

function servingText(url: string, schedules: ReturnType<Service['states']>): string {
  const widest = Math.max(...schedules.map(({ name }) => name.length));
  const lines = schedules.map(
    ({ name, command, cron, timezone, next_at }) =>
      `  ${name.padEnd(widest)}  ${command}  ${cron} (${timezone}), next ${next_at?.slice(0, 16).replace('T', ' ')} UTC`,
  );
  return [`Serving at ${url} until interrupted (Ctrl-C).`, '', ...lines].join('\n');
}
