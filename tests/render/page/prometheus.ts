// Prometheus as a data source of scenes: what Grafana's own plugin does between a query of a dashboard and the HTTP
// API, as far as our dashboards use it. The plugin is part of Grafana's server and not published.
import { DataFrame, FieldType, LoadingState, MetricFindValue, toDataFrame } from '@grafana/data';
import { RuntimeDataSource, SceneObject, sceneGraph } from '@grafana/scenes';
import { from } from 'rxjs';

export const DATA_SOURCE = { uid: 'prometheus', type: 'prometheus', name: 'Prometheus' };

type Labels = Record<string, string>;
type Point = [number, string];
interface Series {
  metric: Labels;
  value?: Point;
  values?: Point[];
}
export interface Asked {
  expr: string;
  series: number;
  error?: string;
}

export class Prometheus extends RuntimeDataSource {
  /** Every query that was asked, for the report. */
  asked: Asked[] = [];

  constructor(
    private url: string,
    private scrapeInterval: number,
  ) {
    super(DATA_SOURCE.type, DATA_SOURCE.uid);
  }

  query(request: any): any {
    const answers = request.targets
      .filter((target: any) => !target.hide)
      .map((target: any) => this.ask(target, request));
    return from(Promise.all(answers).then((frames) => ({ data: frames.flat(), state: LoadingState.Done })));
  }

  async metricFindQuery(query: any, options: any): Promise<MetricFindValue[]> {
    const scene: SceneObject = options.scopedVars.__sceneObject.value.valueOf();
    const text = sceneGraph.interpolate(scene, typeof query === 'string' ? query : query.query);
    const values = /^label_values\((?:(.+),)?\s*(\w+)\)$/s.exec(text.trim());
    if (!values) {
      throw new Error(`not a query of label values: ${text}`);
    }
    const { from, to } = sceneGraph.getTimeRange(scene).state.value;
    const parameters = new URLSearchParams({ start: String(from.unix()), end: String(to.unix()) });
    if (values[1]) {
      parameters.set('match[]', values[1].trim());
    }
    const names: string[] = await this.get(`label/${values[2]}/values`, parameters);
    this.asked.push({ expr: text, series: names.length });
    return names.map((name) => ({ text: name, value: name }));
  }

  async testDatasource() {
    return { status: 'success', message: '' };
  }

  private async get(path: string, parameters: URLSearchParams) {
    const answer = await (await fetch(`${this.url}/api/v1/${path}?${parameters}`)).json();
    if (answer.status !== 'success') {
      throw new Error(answer.error);
    }
    return answer.data;
  }

  private async ask(target: any, request: any): Promise<DataFrame[]> {
    const start = request.range.from.unix();
    const end = request.range.to.unix();
    const step = Math.max(Math.ceil(request.intervalMs / 1000), this.scrapeInterval);
    const expr = this.interpolate(target.expr, request, step, end - start);
    const parameters = new URLSearchParams({ query: expr });
    if (target.instant) {
      parameters.set('time', String(end));
    } else {
      // whole steps, so that points stay where they are when time moves on
      Object.entries({ start: start - (start % step), end: end - (end % step), step }).forEach(([name, value]) =>
        parameters.set(name, String(value)),
      );
    }
    const asked: Asked = { expr, series: 0 };
    this.asked.push(asked);
    try {
      const { result } = await this.get(target.instant ? 'query' : 'query_range', parameters);
      asked.series = result.length;
      return target.format === 'table'
        ? [table(target, result, request.targets.length > 1)]
        : result.map((one: Series) => timeSeries(target, one, step));
    } catch (error) {
      asked.error = String((error as Error).message);
      throw error;
    }
  }

  private interpolate(expr: string, request: any, step: number, range: number) {
    const rate = Math.max(step + this.scrapeInterval, 4 * this.scrapeInterval);
    const own = Object.entries({
      __interval: `${step}s`,
      __rate_interval: `${rate}s`,
      __range: `${range}s`,
      __range_s: `${range}`,
    }).map(([name, value]) => [name, { value, text: value }]);
    const scene = request.scopedVars.__sceneObject.value.valueOf();
    return sceneGraph.interpolate(scene, expr, { ...request.scopedVars, ...Object.fromEntries(own) }, escape);
  }
}

// Several values of a variable become alternatives of a regular expression.
function escape(value: unknown): string {
  const quote = (one: unknown) => String(one).replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&');
  return Array.isArray(value)
    ? value.length === 1
      ? quote(value[0])
      : `(${value.map(quote).join('|')})`
    : String(value);
}

function legend(format: string | undefined, metric: Labels): string {
  if (format && format !== '__auto') {
    return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
  }
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length ? `${name}{${pairs.join(', ')}}` : name || 'Value';
}

const number = (text: string) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

// A time without a sample is a point without a value: a gap, not a line across it.
function timeSeries(target: any, { metric, value, values = [value!] }: Series, step: number): DataFrame {
  const times: number[] = [];
  const numbers: Array<number | null> = [];
  for (const [time, text] of values) {
    for (let missing = times.at(-1); missing !== undefined && (missing += step * 1000) < time * 1000;) {
      times.push(missing);
      numbers.push(null);
    }
    times.push(time * 1000);
    numbers.push(number(text));
  }
  const name = legend(target.legendFormat, metric);
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: times },
      { name: 'Value', type: FieldType.number, values: numbers, labels: metric, config: { displayNameFromDS: name } },
    ],
  });
}

function table(target: any, series: Series[], isOneOfMany: boolean): DataFrame {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.metric)))].sort();
  const last = (one: Series) => one.value ?? one.values!.at(-1)!;
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: series.map((one) => last(one)[0] * 1000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: series.map((one) => one.metric[name] ?? '') })),
      {
        name: isOneOfMany ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: series.map((one) => number(last(one)[1])),
      },
    ],
  });
}
