import { z } from 'zod';

/** What the processes of the benchmark say to each other. */

export const serverStarted = z.object({ port: z.number() });

export const prepareOrder = z.object({ buckets: z.number(), variant: z.enum(['base', 'revised']) });
export type PrepareOrder = z.infer<typeof prepareOrder>;

export const serverPrepared = z.object({ bytes: z.number() });

export const syncOrder = z.object({
  databaseUrl: z.string(),
  baseUrl: z.string(),
  buckets: z.number(),
  refetch: z.boolean(),
});
export type SyncOrder = z.infer<typeof syncOrder>;

export const syncOutcome = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  /** Peak resident memory of the process. */
  peakBytes: z.number(),
  status: z.string(),
  rowsChanged: z.number(),
});
export type SyncOutcome = z.infer<typeof syncOutcome>;
