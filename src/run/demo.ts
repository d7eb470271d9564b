import type { Clock } from '../clock.ts';
import { loadConfig } from '../config.ts';
import { demoQuestions, type Question } from '../derive/demo-questions.ts';
import type { Log } from '../log.ts';
import { storyBudgets, storyMapping, storyStart } from '../simulator/index.ts';
import { importBudgets } from './budgets.ts';
import { withStore } from './database.ts';
import { runMap } from './map.ts';
import { type QueryAnswer, runQuery } from './query.ts';
import type { Progress, RunReport } from './report.ts';
import { dateAfter } from './report-data.ts';
import { simulate, simulatorKey } from './simulate.ts';
import { runSync } from './sync.ts';
import { type WrittenReport, writeReport } from './write-report.ts';

/** What the demonstration did. */
export interface DemoReport {
  /** Folder of the database, which stays. */
  readonly data_dir: string;
  readonly sync: RunReport;
  readonly answers: readonly DemoAnswer[];
  readonly report: WrittenReport;
}

/** A question and its answer. */
export interface DemoAnswer extends Question {
  readonly answer: QueryAnswer;
}

/** What a demonstration needs. */
export interface DemoContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Absolute folder of the embedded server. */
  readonly dataDir: string;
  /** Absolute path of the page to write. */
  readonly reportFile: string;
  readonly seed: number;
}

/**
 * Loads a made-up year of every dataset from the simulator into an embedded database of its own, answers three questions
 * about it in SQL and writes its report. Asks nothing of the environment: no key, no database. Can be repeated.
 */
export async function runDemo(context: DemoContext): Promise<DemoReport> {
  const { clock, log, dataDir, reportFile, seed, signal } = context;
  const simulator = await simulate({ ...asItIs, clock, seed, story: true });
  try {
    const env = {
      OPENAI_ADMIN_KEY: simulatorKey,
      OPENAI_BASE_URL: simulator.url,
      USAGE_ETL_DATA_DIR: dataDir,
      USAGE_ETL_START: dateOf(storyStart(clock.now())),
    };
    const config = loadConfig({ env, cwd: dataDir, configFile: null, clock });
    return await withStore({ config, clock, log }, 'any', async (store) => {
      const sync = await runSync({ ...context, config, store }, everything);
      await runMap(store, { file: 'projects.csv', text: storyMapping(), dryRun: false, organizations: null });
      const budgets = { file: 'budgets.csv', text: storyBudgets, dryRun: false, organizations: [] };
      await importBudgets(store, budgets);
      const answers: DemoAnswer[] = [];
      for (const question of demoQuestions) {
        answers.push({ ...question, answer: await runQuery(store, question.sql, signal) });
      }
      const from = dateAfter(dateOf(clock.now()), -reportedDays);
      const report = await writeReport(
        { store, clock, signal },
        { file: reportFile, organizations: null, from, to: null },
      );
      return { data_dir: dataDir, sync, answers, report };
    });
  } finally {
    await simulator.close();
  }
}

/** Half of what is loaded, so that there is as much before it to compare with. */
const reportedDays = 180;

const asItIs = { port: null, level: null, horizonDays: null, replayFolder: null } as const;

function dateOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

const everything = {
  command: 'sync',
  datasets: null,
  organizations: null,
  acceptRestatement: false,
  preview: false,
  from: null,
  to: null,
  refetch: false,
} as const;
