import { type Command, Option } from 'commander';
import { EtlError, exitCode } from '../../errors.ts';
import { withStore } from '../../run/database.ts';
import { runQuery } from '../../run/query.ts';
import { createCommand, type Execute } from '../command.ts';
import { readInputFile } from '../input-file.ts';
import { answerCsv, answerDocument, answerTable, answerTableInFull } from '../render/query-answer.ts';

/** `query SQL`: read-only SQL against the store. */
export function queryCommand(run: Execute): Command {
  const command = createCommand({
    name: 'query',
    description: `Answers one SQL query in a read-only transaction. Numbers are printed with every digit they have, instants in UTC, null as
∅ in the table, null in JSON and nothing in CSV. In JSON, integers are numbers as far as a double holds them; numeric
values are texts, so that no digit is lost.

The tables: openai.costs, openai.costs_by_user, openai.usage_completions and so on; openai_etl.buckets, runs,
restatements, quarantine.`,
    examples: [
      ['query "select * from openai.costs limit 5"', 'as a table'],
      ['query --csv "table openai.costs" > costs.csv', 'as CSV'],
      ['query --json "select sum(amount_value) from openai.costs"', 'as JSON'],
      ['query - < report.sql', 'SQL from standard input'],
    ],
  });
  return command
    .argument('<SQL>', 'one statement, in quotes; - reads standard input')
    .addOption(new Option('--csv', 'print CSV with a header line').conflicts('json'))
    .action(() =>
      run<{ readonly csv?: boolean }>(command, async (invocation, flags, [operand = '']) => {
        const { clock, log, signal, terminal } = invocation;
        const config = invocation.config({ needsKey: false });
        const sql = operand === '-' ? await readInputFile(terminal, operand, 'arguments_invalid') : operand;
        if (sql.trim() === '') throw new EtlError('arguments_invalid', 'the SQL is empty');
        const answer = await withStore({ config, clock, log }, 'readable', (store) => runQuery(store, sql, signal));
        return {
          document: answerDocument(answer),
          text: (style) => {
            if (flags.csv === true) return answerCsv(answer);
            return terminal.out.isTerminal ? answerTable(answer, style) : answerTableInFull(answer);
          },
          exact: flags.csv === true,
          exit: exitCode.ok,
        };
      }),
    );
}
