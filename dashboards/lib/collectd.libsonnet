// What the pages for collectd's users have in common. They read what its plugin write_prometheus makes of the values of
// the plugin virtmeter with the defaults HostnameFormat name and PluginInstanceFormat none: the guest is in the label
// exported_instance (Prometheus' name for the label instance of a target that has its own), the device in virtmeter.
local new = import 'select.libsonnet';

function(config) new(config) {
  local this = self,
  guest: this.host + ', exported_instance',
  g: this.s + ', exported_instance="$domain"',

  // Nanoseconds and milliseconds of collectd's stock types, as seconds a second.
  cores(metric, where, by): 'sum by (%s) (rate(%s{%s}[$__rate_interval])) / 1e9' % [by, metric, where],
  rate(metric, where, by): 'sum by (%s) (rate(%s{%s}[$__rate_interval]))' % [by, metric, where],
  // Mean time of a request, of the nanoseconds spent on all of them.
  latency(what, where, by): '%s / (%s > 0)' % [
    this.cores('collectd_virtmeter_disk_time_%s_total' % what, where, by),
    this.rate('collectd_virtmeter_disk_ops_%s_total' % what, where, by),
  ],

  // libvirt numbers the states of a guest.
  states:: ['nostate', 'running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended'],
}
