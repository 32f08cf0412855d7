// Alerts, prefix Libvirt. Critical: guests are down or unseen, or will be within hours. Warning: look in office hours.
// Info: something to put in order. None of them fires because an exporter, libvirtd or a guest restarts, because a guest
// migrates, or because counters begin anew: the tests in tests/dashboards/rules say so for each.
local newAlert = import '../lib/alert.libsonnet';
local newEvents = import '../lib/events.libsonnet';
local newSelect = import '../lib/select.libsonnet';

{
  prometheusAlerts+:: {
    local select = newSelect($._config),
    local group(name, alerts) = {
      name: 'virtmeter-alerts-' + name,
      rules: alerts(newAlert($._config, select + $._config).new, newEvents(select)),
    },
    groups: [
      group('measuring', import 'measuring.libsonnet'),
      group('guests', import 'guests.libsonnet'),
      group('resources', import 'resources.libsonnet'),
      group('storage', import 'storage.libsonnet'),
    ],
  },
}
