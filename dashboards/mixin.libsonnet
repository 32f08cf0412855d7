// Dashboards, recording rules and alerts for libvirt hosts measured with virtmeter, as a monitoring mixin.
(import 'config.libsonnet') +
(import 'rules/rules.libsonnet') +
(import 'alerts/alerts.libsonnet') +
(import 'dashboards/dashboards.libsonnet')
