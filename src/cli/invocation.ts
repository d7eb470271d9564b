/** How this copy of the program is called: installed as a command, in a clone through npm. */
export const invocation = import.meta.url.endsWith('.ts') ? 'npm run -s usage-etl --' : 'usage-etl';
