// One alert. Its runbook is runbooks/NAME.md; dashboard_url leads to the page that shows the thing.
function(config, select) {
  local label(name) = '{{ $labels.%s | urlquery }}' % name,
  local variables = {
    fleet: [],
    host: ['instance'],
    storage: ['instance'],
    exporter: ['instance'],
    guest: ['instance', 'domain'],
  },
  local page(key) = config.grafanaUrl + '/d/virtmeter-' + key + '?' + std.join(
    '&', ['var-cluster=' + label(select.cluster), 'var-job=' + label('job')] + ['var-%s=%s' % [v, label(v)] for v in variables[key]]
  ),

  new(name, severity, duration, page_key, expr, summary, description): {
    alert: 'Libvirt' + name,
    expr: expr % select,
    'for': duration,
    labels: { severity: severity },
    annotations: {
      summary: summary,
      description: description % select,
      runbook_url: config.runbookUrl + 'Libvirt' + name + '.md',
      dashboard_url: page(page_key),
    },
  },
}
