{
  grafanaDashboards+:: {
    'fleet.json': (import 'fleet.libsonnet')($._config),
    'host.json': (import 'host.libsonnet')($._config),
  },
}
