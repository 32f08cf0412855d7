// Panels of classic dashboard JSON, as Grafana 9 and newer read it.
local datasource = { type: 'prometheus', uid: '${datasource}' };

local panel(type, title, description, targets) = {
  type: type,
  title: title,
  description: description,
  datasource: datasource,
  targets: std.mapWithIndex(function(i, t) t { refId: std.char(std.codepoint('A') + i), datasource: datasource }, targets),
};

local withField(unit) = {
  fieldConfig: { defaults: { unit: unit, color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps: [{ color: 'blue', value: null }] } }, overrides: [] },
};

// How far an axis reaches at least, so that noise around 0 does not fill a graph.
local least = { percentunit: 0.1, none: 1, short: 1, iops: 1, pps: 1, cps: 1, reqps: 1, Bps: 1024, s: 0.001 };

local colours = {
  running: 'green',
  paused: 'orange',
  crashed: 'red',
  shutoff: 'text',
  inactive: 'orange',
  degraded: 'red',
  inaccessible: 'red',
};

local reduced = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, orientation: 'auto' };

{
  datasource: datasource,

  // ---- targets
  range(expr, legend): { expr: expr, legendFormat: legend, editorMode: 'code', range: true, instant: false },
  instant(expr, legend=''): { expr: expr, legendFormat: legend, editorMode: 'code', range: false, instant: true },
  rows(expr): { expr: expr, legendFormat: '', editorMode: 'code', format: 'table', range: false, instant: true },

  // ---- panels
  timeseries(title, description, unit, targets): panel('timeseries', title, description, targets) {
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    fieldConfig: {
      defaults: {
        unit: unit,
        min: 0,
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: 'line',
          lineWidth: 1,
          fillOpacity: 10,
          showPoints: 'auto',
          pointSize: 4,
          spanNulls: false,
          stacking: { mode: 'none', group: 'A' },
          thresholdsStyle: { mode: 'off' },
        } + (if std.objectHas(least, unit) then { axisSoftMax: least[unit] } else {}),
      },
      overrides: [],
    },
  },
  stat(title, description, unit, target): panel('stat', title, description, [target]) + withField(unit) {
    options: reduced { colorMode: 'value', graphMode: 'none', justifyMode: 'auto', textMode: 'auto' },
  },
  bargauge(title, description, unit, targets): panel('bargauge', title, description, targets) + withField(unit) {
    options: reduced { orientation: 'horizontal', displayMode: 'basic', showUnfilled: true, valueMode: 'color' },
  },
  // `columns`: what to call the labels and values, in this order; what is not named is not shown.
  table(title, description, targets, columns, hidden=[]): panel('table', title, description, targets) {
    options: { showHeader: true, cellHeight: 'sm' },
    fieldConfig: {
      defaults: { unit: 'none', custom: { align: 'auto', minWidth: 60, cellOptions: { type: 'auto' }, inspect: false, filterable: true } },
      overrides: [
        {
          matcher: { id: 'byName', options: c.name },
          properties: [{ id: 'unit', value: c.unit }] +
                      (if std.objectHas(c, 'decimals') then [{ id: 'decimals', value: c.decimals }] else []) +
                      (if std.objectHas(c, 'mappings') then [{ id: 'mappings', value: $.texts(c.mappings) }] else []) +
                      (if std.objectHas(c, 'minWidth') then [{ id: 'custom.minWidth', value: c.minWidth }] else []) +
                      (if std.objectHas(c, 'links') then [{ id: 'links', value: c.links }] else []) +
                      (if std.objectHas(c, 'steps') then [
                         { id: 'thresholds', value: { mode: 'absolute', steps: c.steps } },
                         { id: 'custom.cellOptions', value: { type: 'color-text' } },
                       ] else []),
        }
        for c in columns
        if std.length(std.setInter(std.set(std.objectFields(c)), std.set(['unit', 'links']))) > 0
      ],
    },
    transformations: (if std.length(targets) > 1 then [{ id: 'merge', options: {} }] else []) + [
      {
        id: 'organize',
        options: {
          excludeByName: { [name]: true for name in ['Time', '__name__', 'job'] + hidden },
          indexByName: { [columns[i].field]: i for i in std.range(0, std.length(columns) - 1) },
          renameByName: { [c.field]: c.name for c in columns if c.name != c.field },
        },
      },
    ],
  },
  text(title, content): { type: 'text', title: title, description: '', options: { mode: 'markdown', content: content } },

  // A column of a table. A label keeps its own name, so that links can refer to it.
  label(name, links=null): { field: name, name: name } + (if links == null then {} else { unit: 'none', links: links, minWidth: if name == 'domain' then 120 else 80 }),
  value(field, name, unit, steps=null): { field: field, name: name, unit: unit } + (if unit == 'short' then { decimals: 3 } else {}) + (if steps == null then {} else { steps: steps }),

  // ---- what is added to a panel
  steps(limits): [{ color: 'green', value: null }] + [{ color: l[1], value: l[0] } for l in limits],
  limits(limits): { fieldConfig+: { defaults+: { thresholds: { mode: 'absolute', steps: $.steps(limits) } } } },
  lines(limits): $.limits(limits) { fieldConfig+: { defaults+: { custom+: { thresholdsStyle: { mode: 'dashed' } } } } },
  stacked: { fieldConfig+: { defaults+: { custom+: { fillOpacity: 60, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } } } } },
  steps01: { fieldConfig+: { defaults+: { max: 1, custom+: { lineInterpolation: 'stepAfter' } } } },
  legendRight: { options+: { legend: { showLegend: true, displayMode: 'table', placement: 'right', calcs: ['lastNotNull'] } } },
  bars: { fieldConfig+: { defaults+: { custom+: { drawStyle: 'bars', fillOpacity: 80 } } } },
  upTo(max): { fieldConfig+: { defaults+: { max: max } } },
  decimals(n): { fieldConfig+: { defaults+: { decimals: n } } },
  signed: { fieldConfig+: { defaults+: { min:: null } } },
  texts(texts): [{ type: 'value', options: { [v]: { text: texts[v][0], color: texts[v][1], index: 0 } for v in std.objectFields(texts) } }],
  named(texts): { fieldConfig+: { defaults+: { mappings: $.texts(texts) } } },
  links(links): { fieldConfig+: { defaults+: { links: links } } },
  // States in the colours that one expects of them.
  states: { fieldConfig+: { overrides+: [
    { matcher: { id: 'byName', options: s }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colours[s] } }] }
    for s in std.objectFields(colours)
  ] } },
  noValue(text): { fieldConfig+: { defaults+: { noValue: text } } },
  width(n): { w:: n },
}
