{
  grafanaDashboards+:: {
    'fleet.json': (import 'fleet.libsonnet')($._config),
    'host.json': (import 'host.libsonnet')($._config),
    'guest.json': (import 'guest.libsonnet')($._config),
    'storage.json': (import 'storage.libsonnet')($._config),
    'collectd-host.json': (import 'collectd_host.libsonnet')($._config),
    'collectd-guest.json': (import 'collectd_guest.libsonnet')($._config),
    'exporter.json': (import 'exporter.libsonnet')($._config),
  },
}
