// Counters of events begin with the event itself: a series that is new stands at 1, and increase() does not see that.
// So what is new is counted too, if its host was measured before: after a pause of the exporter or of Prometheus
// everything looks new.
function(select) {
  // What happened within the window, by all labels of the counter. `where` are matchers of the counter, `hosts` those of
  // the hosts that have it.
  increase(metric, where, window, hosts=''):
    local names = select { m: '%s{%s}' % [metric, where], window: window, up: 'libvirt_up{%s}' % hosts };
    ('(increase(%(m)s[%(window)s]) > 0 or (%(m)s unless %(m)s offset %(window)s' +
     ' and on (%(host)s) %(up)s offset %(window)s >= 0))') % names,
}
