// Counters of events begin with the event itself: a series that is new stands at 1, and increase() does not see that.
// So what is new is counted too, if its host was measured before: a pause of the exporter or of Prometheus makes
// everything look new.
function(select) {
  local names = select,
  // What happened within the window; with `where` the matchers, and the labels of the counter.
  increase(metric, where, window):
    ('(increase(%(metric)s{%(where)s}[%(window)s]) > 0 or (%(metric)s{%(where)s}' +
     ' unless %(metric)s{%(where)s} offset %(window)s' +
     ' and on (%(host)s) (libvirt_up offset %(window)s >= 0)))') % (names { metric: metric, where: where, window: window }),
}
