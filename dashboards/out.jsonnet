// The files of out/: `jsonnet --string --multi out out.jsonnet`, which the script `generate` does.
function(mixin=import 'mixin.libsonnet')
  local json(value) = std.manifestJsonEx(value, '  ') + '\n';
  local yaml(value) = std.manifestYamlDoc(value, indent_array_in_object=true, quote_keys=false) + '\n';
  { ['grafana/' + name]: json(mixin.grafanaDashboards[name]) for name in std.objectFields(mixin.grafanaDashboards) } +
  {
    'prometheus/rules.yaml': yaml(mixin.prometheusRules),
    'prometheus/alerts.yaml': yaml(mixin.prometheusAlerts),
  }
