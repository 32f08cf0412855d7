// Events of guests, drawn into the graphs of a page. A counter of events begins at 1 with the event, so what was not
// there an interval ago is an event too.
local p = import 'panel.libsonnet';

function(select, where)
  local event(name, colour, metric, extra, text) =
    local names = select { m: metric, w: where + extra };
    local expr = 'sum by (%(labels)s) (%(m)s{%(w)s} - %(m)s{%(w)s} offset $__interval > 0 or (%(m)s{%(w)s} unless %(m)s{%(w)s} offset $__interval) > 0)' % (names { labels: std.join(', ', ['domain'] + text) });
    {
      name: name,
      enable: true,
      hide: false,
      iconColor: colour,
      datasource: p.datasource,
      expr: expr,
      step: '60s',
      titleFormat: name,
      textFormat: '{{domain}}: ' + std.join(', ', ['{{%s}}' % label for label in text]),
      tagKeys: '',
      useValueForTime: false,
    };
  [
    event('Life of guests', 'blue', 'libvirt_domain_lifecycle_events_total', '', ['event', 'detail']),
    event('I/O errors', 'red', 'libvirt_domain_io_errors_total', '', ['alias', 'action', 'reason']),
    event('Jobs', 'purple', 'libvirt_domain_jobs_completed_total', '', ['operation', 'result']),
  ]
