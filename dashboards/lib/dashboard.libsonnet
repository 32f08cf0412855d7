// A dashboard: variables, links, and panels put in their places.
local p = import 'panel.libsonnet';

// Lines of panels from the top down: each is {row: title} or {height, panels}. Panels share the 24 columns evenly, but
// for those that have a width of their own.
local place(lines) =
  local step(done, line) =
    local panels = if std.objectHas(line, 'row')
    then [{ type: 'row', title: line.row, collapsed: false, panels: [], w:: 24 }]
    else line.panels;
    local height = if std.objectHas(line, 'row') then 1 else line.height;
    local fixed = [q.w for q in panels if std.objectHasAll(q, 'w')];
    local free = std.length(panels) - std.length(fixed);
    local share = if free == 0 then 0 else std.floor((24 - std.foldl(function(a, b) a + b, fixed, 0)) / free);
    local widths = [if std.objectHasAll(q, 'w') then q.w else share for q in panels];
    local at(i) = std.foldl(function(a, b) a + b, widths[:i], 0);
    {
      y: done.y + height,
      panels: done.panels + std.mapWithIndex(
        function(i, q) q { id: std.length(done.panels) + i + 1, gridPos: { x: at(i), y: done.y, w: widths[i], h: height } }, panels
      ),
    };
  std.foldl(step, lines, { y: 0, panels: [] }).panels;

local query(name, label, expr, extra) = {
  name: name,
  label: label,
  type: 'query',
  datasource: p.datasource,
  query: { query: expr, refId: name },
  refresh: 2,
  sort: 1,
  regex: '',
  hide: 0,
  skipUrlSync: false,
  options: [],
  multi: false,
  includeAll: false,
} + extra;

{
  row(title): { row: title },
  line(height, panels): { height: height, panels: panels },

  // The variables that all pages share. `all`: whether a page may begin with all hosts; it is slow where it shows guests.
  variables(s, metric, all): [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', regex: '', hide: 0, refresh: 1, skipUrlSync: false, options: [], multi: false, includeAll: false },
    query('cluster', 'Cluster', 'label_values(%s, %s)' % [metric, s.cluster], { multi: true, includeAll: true, allValue: '.*' }),
    query('job', 'Job', 'label_values(%s{%s=~"$cluster"}, job)' % [metric, s.cluster], { multi: true, includeAll: true, allValue: '.+' }),
    query('instance', 'Host', 'label_values(%s{%s}, instance)' % [metric, s.fleet], { multi: true, includeAll: all, allValue: '.+' }),
  ],
  variable(name, label, expr, extra={}): query(name, label, expr, extra),

  // A page. `key` is its address for ever: /d/virtmeter-KEY.
  page(config, key, title, description, variables, lines, annotations=[]): {
    uid: 'virtmeter-' + key,
    title: config.dashboardNamePrefix + title,
    description: description,
    tags: config.dashboardTags,
    editable: false,
    graphTooltip: 1,
    schemaVersion: 39,
    version: 1,
    timezone: 'browser',
    refresh: config.dashboardRefresh,
    time: { from: config.dashboardFrom, to: 'now' },
    timepicker: {},
    links: [{
      type: 'dashboards',
      title: config.dashboardTags[0],
      tags: [config.dashboardTags[0]],
      asDropdown: true,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
      icon: 'external link',
      tooltip: '',
      url: '',
    }],
    templating: { list: variables },
    annotations: { list: annotations },
    panels: place(lines),
  },

  // Links from a row of a table or a series to a page, for what the row is about; they carry all variables.
  links:: {
    local to(key, title, vars) = [{
      title: title,
      targetBlank: false,
      url: '/d/virtmeter-' + key + '?' + std.join('&', ['${datasource:queryparam}', '${cluster:queryparam}', '${job:queryparam}'] + vars + ['${__url_time_range}']),
    }],
    local field(name) = 'var-%s=${__data.fields.%s:percentencode}' % [name, name],
    local own(name) = 'var-%s=${__field.labels.%s:percentencode}' % [name, name],
    // From a table, by the row's columns.
    host: to('host', 'Host ${__data.fields.instance}', [field('instance')]),
    exporter: to('exporter', 'Exporter of ${__data.fields.instance}', [field('instance')]),
    storage: to('storage', 'Storage of ${__data.fields.instance}', [field('instance')]),
    guest: to('guest', 'Guest ${__data.fields.domain}', [field('instance'), field('domain')]),
    collectdGuest: to('collectd-guest', 'Guest ${__data.fields.exported_instance}', [field('instance'), 'var-domain=${__data.fields.exported_instance:percentencode}']),
    // From a graph, by the series' labels.
    hostOfSeries: to('host', 'Host ${__field.labels.instance}', [own('instance')]),
    guestOfSeries: to('guest', 'Guest ${__field.labels.domain}', [own('instance'), own('domain')]),
  },
}
