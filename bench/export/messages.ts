import { z } from 'zod';
import { exportFormats } from '../../src/run/export.ts';

/** What a process that exports is told. */
export const exportOrder = z.object({ databaseUrl: z.string(), folder: z.string(), format: z.enum(exportFormats) });

/** What it answers. */
export const exportOutcome = z.object({
  rows: z.int(),
  files: z.int(),
  filesWritten: z.int(),
  bytes: z.int(),
  seconds: z.number(),
  peakBytes: z.int(),
});

/** What it answers. */
export type ExportOutcome = z.output<typeof exportOutcome>;
