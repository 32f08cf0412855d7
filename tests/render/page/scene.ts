// A dashboard's JSON as a scene: the layout engine, variables, queries and transformations that Grafana draws with.
import * as scenes from '@grafana/scenes';

import { PANELS, unknownOptions } from './panels';

const variables: Record<string, (json: any) => any> = {
  datasource: (json) => new scenes.DataSourceVariable({ ...common(json), pluginId: json.query, regex: json.regex }),
  query: (json) =>
    new scenes.QueryVariable({
      ...common(json),
      datasource: json.datasource,
      query: json.query,
      regex: json.regex,
      sort: json.sort,
      refresh: json.refresh,
      defaultToAll: json.includeAll,
    }),
  custom: (json) => new scenes.CustomVariable({ ...common(json), query: json.query }),
  constant: (json) => new scenes.ConstantVariable({ name: json.name, value: json.query, hide: json.hide }),
  textbox: (json) => new scenes.TextBoxVariable({ name: json.name, label: json.label, value: json.query }),
};

function common(json: any) {
  return {
    name: json.name,
    label: json.label,
    isMulti: json.multi,
    includeAll: json.includeAll,
    allValue: json.allValue,
    hide: json.hide,
  };
}

function variable(json: any, chosen: URLSearchParams) {
  const make = variables[json.type];
  if (!make) {
    throw new Error(`variable ${json.name}: nothing knows the type ${json.type}`);
  }
  const made = make(json);
  const value = chosen.get(`var-${json.name}`);
  if (value !== null && !json.includeAll) {
    made.setState({ value: json.multi ? [value] : value, text: json.multi ? [value] : value, defaultToAll: false });
  }
  return made;
}

function panel(json: any) {
  if (!PANELS[json.type]) {
    throw new Error(`panel ${json.title}: nothing draws the type ${json.type}`);
  }
  if (unknownOptions(json).length) {
    throw new Error(`panel ${json.title}: nothing knows the options ${unknownOptions(json)}`);
  }
  const data =
    json.targets?.length &&
    new scenes.SceneDataTransformer({
      $data: new scenes.SceneQueryRunner({
        datasource: json.datasource,
        queries: json.targets,
        maxDataPoints: json.maxDataPoints,
        minInterval: json.interval,
      }),
      transformations: json.transformations ?? [],
    });
  return new scenes.VizPanel({
    key: `panel-${json.id}`,
    title: json.title,
    description: json.description,
    pluginId: json.type,
    options: json.options,
    fieldConfig: json.fieldConfig,
    displayMode: json.transparent ? 'transparent' : 'default',
    $data: data || undefined,
  });
}

const place = ({ x, y, w, h }: any) => ({ x, y, width: w, height: h });
const item = (json: any) => new scenes.SceneGridItem({ ...place(json.gridPos), body: panel(json) });

// Every row is drawn open: what it holds stands below it, and rows after it move down.
function grid(panels: any[]) {
  const children: any[] = [];
  let row: any;
  let moved = 0;
  const move = (json: any) => ({ ...json, gridPos: { ...json.gridPos, y: json.gridPos.y + moved } });
  for (const json of panels) {
    if (json.type === 'row') {
      row = new scenes.SceneGridRow({
        ...place(move(json).gridPos),
        title: json.title,
        isCollapsed: false,
        children: [],
      });
      children.push(row);
      row.setState({ children: (json.panels ?? []).map((inner: any) => item(move(inner))) });
      if (json.panels?.length) {
        moved += Math.max(...json.panels.map((inner: any) => inner.gridPos.y + inner.gridPos.h)) - json.gridPos.y - 1;
      }
    } else if (row) {
      row.setState({ children: [...row.state.children, item(move(json))] });
    } else {
      children.push(item(move(json)));
    }
  }
  return new scenes.SceneGridLayout({ children });
}

/** `chosen`: the time range as from and to in milliseconds, and var-NAME for those variables that cannot be All. */
export function dashboardScene(json: any, chosen: URLSearchParams) {
  const time = (name: string) => new Date(Number(chosen.get(name))).toISOString();
  return new scenes.EmbeddedScene({
    $timeRange: new scenes.SceneTimeRange({ from: time('from'), to: time('to'), timeZone: 'utc' }),
    $variables: new scenes.SceneVariableSet({
      variables: json.templating.list.map((one: any) => variable(one, chosen)),
    }),
    controls: [new scenes.VariableValueSelectors({})],
    body: grid(json.panels),
  });
}
