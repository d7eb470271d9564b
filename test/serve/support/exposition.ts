/** One line of a metrics page. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metrics page, read strictly. */
export interface Exposition {
  readonly samples: readonly ExposedSample[];
  readonly types: ReadonlyMap<string, string>;
  /** The values of one metric, by its labels in order, `a=b,c=d`. */
  of(name: string): Record<string, number>;
}

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;
const labelForm = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const suffixes = ['', '_bucket', '_sum', '_count'];

/**
 * Reads the text format of Prometheus, version 0.0.4, by its letter. Throws for a line that is not of it, for a sample
 * without a type and a help text of its own before it, for a metric that comes in two pieces, and for a sample that
 * comes twice.
 */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const seen = new Set<string>();
  const samples: ExposedSample[] = [];
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!nameForm.test(name) || rest === '' || helps.has(name)) throw new Error(`a wrong help line: ${line}`);
      helps.add(name);
    } else if (keyword === 'TYPE') {
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest) || types.has(name) || !helps.has(name)) {
        throw new Error(`a wrong type line: ${line}`);
      }
      types.set(name, rest);
      family = name;
    } else {
      const sample = parseSample(line);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (!suffixes.some((suffix) => sample.name === `${family}${suffix}`)) throw new Error(`out of place: ${line}`);
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      samples.push(sample);
    }
  }
  const of = (wanted: string) =>
    Object.fromEntries(
      samples
        .filter(({ name }) => name === wanted)
        .map(({ labels, value }) => [
          Object.entries(labels)
            .map((pair) => pair.join('='))
            .join(','),
          value,
        ]),
    );
  return { samples, types, of };
}

function parseSample(line: string): ExposedSample {
  const [, name = '', labelText = '', value = ''] = sampleForm.exec(line) ?? [];
  if (name === '') throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = labelText; rest !== ''; ) {
    const [whole, label = '', text = ''] = labelForm.exec(rest) ?? [];
    if (whole === undefined || label in labels) throw new Error(`wrong labels: ${line}`);
    labels[label] = text.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}
