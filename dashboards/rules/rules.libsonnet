// Recording rules, level:metric:operations. Rates are of five minutes: four scrapes even where only one a minute is made.
// `without` keeps all labels that a site gives its targets.
local new = import '../lib/select.libsonnet';

{
  prometheusRules+:: {
    local select = new($._config) { fresh: $._config.balloonAgeSeconds, idle: $._config.idleCores },
    local rule(record, expr) = { record: record, expr: expr % select },

    groups: [
      {
        name: 'virtmeter-guest-cpu',
        rules: [
          // Cores that the guest uses, its hypervisor included.
          rule('instance_domain:libvirt_domain_cpu_seconds:rate5m', 'rate(libvirt_domain_cpu_seconds_total[5m])'),
          rule('instance_domain:libvirt_domain_vcpu_time_seconds:rate5m', 'sum without (vcpu) (rate(libvirt_domain_vcpu_time_seconds_total[5m]))'),
          // Cores that its vCPUs were ready to use and did not get.
          rule('instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m', 'sum without (vcpu) (rate(libvirt_domain_vcpu_delay_seconds_total[5m]))'),
          // The part of the CPU time it wanted that it did not get: steal. Of next to nothing any part is noise.
          rule('instance_domain:libvirt_domain_vcpu_delay:ratio_rate5m', |||
            instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m
            /
            (instance_domain:libvirt_domain_vcpu_time_seconds:rate5m + instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m > %(idle)g)
          |||),
          rule('instance_domain:libvirt_domain_cpu:ratio_rate5m', |||
            instance_domain:libvirt_domain_cpu_seconds:rate5m
            /
            (libvirt_domain_vcpus > 0)
          |||),
        ],
      },
      {
        name: 'virtmeter-guest-memory',
        rules: [
          // The host's clock on both sides: that of Prometheus may differ.
          rule('instance_domain:libvirt_domain_memory_guest_last_update:age_seconds', |||
            libvirt_exporter_last_collection_timestamp_seconds
            - on (%(host)s) group_right ()
            libvirt_domain_memory_guest_last_update_timestamp_seconds
          |||),
          // What the guest can still use, as long as its own figures are not old.
          rule('instance_domain:libvirt_domain_memory_guest_usable:ratio', |||
            (libvirt_domain_memory_guest_usable_bytes / (libvirt_domain_memory_guest_total_bytes > 0))
            and
            instance_domain:libvirt_domain_memory_guest_last_update:age_seconds < %(fresh)d
          |||),
          rule('instance_domain:libvirt_domain_memory_guest_swap_bytes:rate5m', |||
            rate(libvirt_domain_memory_guest_swap_in_bytes_total[5m])
            +
            rate(libvirt_domain_memory_guest_swap_out_bytes_total[5m])
          |||),
        ],
      },
      {
        name: 'virtmeter-guest-disks',
        rules: [
          rule('instance_domain_device:libvirt_domain_block_requests:rate5m', |||
            rate(libvirt_domain_block_read_requests_total[5m])
            +
            rate(libvirt_domain_block_write_requests_total[5m])
          |||),
          rule('instance_domain_device:libvirt_domain_block_time_seconds:rate5m', |||
            rate(libvirt_domain_block_read_time_seconds_total[5m])
            +
            rate(libvirt_domain_block_write_time_seconds_total[5m])
          |||),
          // Mean time of a read or write.
          rule('instance_domain_device:libvirt_domain_block_latency_seconds:mean5m', |||
            instance_domain_device:libvirt_domain_block_time_seconds:rate5m
            /
            (instance_domain_device:libvirt_domain_block_requests:rate5m > 0)
          |||),
          rule('instance_domain:libvirt_domain_block_requests:rate5m', 'sum without (device) (instance_domain_device:libvirt_domain_block_requests:rate5m)'),
          rule('instance_domain:libvirt_domain_block_latency_seconds:mean5m', |||
            sum without (device) (instance_domain_device:libvirt_domain_block_time_seconds:rate5m)
            /
            (instance_domain:libvirt_domain_block_requests:rate5m > 0)
          |||),
          rule('instance_domain:libvirt_domain_block_bytes:rate5m', |||
            sum without (device) (rate(libvirt_domain_block_read_bytes_total[5m]) + rate(libvirt_domain_block_write_bytes_total[5m]))
          |||),
        ],
      },
      {
        name: 'virtmeter-guest-interfaces',
        rules: [
          rule('instance_domain_interface:libvirt_domain_interface_packets:rate5m', |||
            rate(libvirt_domain_interface_receive_packets_total[5m])
            +
            rate(libvirt_domain_interface_transmit_packets_total[5m])
          |||),
          rule('instance_domain_interface:libvirt_domain_interface_drops:rate5m', |||
            rate(libvirt_domain_interface_receive_drops_total[5m])
            +
            rate(libvirt_domain_interface_transmit_drops_total[5m])
          |||),
          rule('instance_domain_interface:libvirt_domain_interface_errors:rate5m', |||
            rate(libvirt_domain_interface_receive_errors_total[5m])
            +
            rate(libvirt_domain_interface_transmit_errors_total[5m])
          |||),
          rule('instance_domain:libvirt_domain_interface_drops:rate5m', 'sum without (interface) (instance_domain_interface:libvirt_domain_interface_drops:rate5m)'),
          rule('instance_domain:libvirt_domain_interface_bytes:rate5m', |||
            sum without (interface) (rate(libvirt_domain_interface_receive_bytes_total[5m]) + rate(libvirt_domain_interface_transmit_bytes_total[5m]))
          |||),
        ],
      },
      {
        name: 'virtmeter-host',
        rules: [
          // Time of guests is in that of users.
          rule('instance:libvirt_node_cpu:ratio_rate5m', |||
            sum without (mode) (rate(libvirt_node_cpu_seconds_total{mode!~"idle|iowait|guest"}[5m]))
            /
            sum without (mode) (rate(libvirt_node_cpu_seconds_total{mode!="guest"}[5m]))
          |||),
          rule('instance:libvirt_domain_cpu_seconds:rate5m', 'sum without (domain) (instance_domain:libvirt_domain_cpu_seconds:rate5m)'),
          rule('instance:libvirt_domain_vcpu_delay_seconds:rate5m', 'sum without (domain) (instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m)'),
          rule('instance:libvirt_domain_collected:stuck_count', 'count without (domain) (libvirt_domain_collected == 0) or 0 * libvirt_up'),
          rule('instance:libvirt_node_vcpus_allocated:ratio', 'libvirt_node_vcpus_allocated / (libvirt_node_cpus > 0)'),
          rule('instance:libvirt_node_memory_allocated_bytes:ratio', 'libvirt_node_memory_allocated_bytes / (libvirt_node_memory_bytes > 0)'),
        ],
      },
      {
        name: 'virtmeter-storage',
        interval: '2m',
        rules: [
          rule('instance_storage_pool:libvirt_storage_pool_allocation:ratio', |||
            1 - libvirt_storage_pool_available_bytes / (libvirt_storage_pool_capacity_bytes > 0)
          |||),
          // Days until it is full if it goes on like in the last six hours; absent when it does not fill.
          rule('instance_storage_pool:libvirt_storage_pool_available:days_to_full6h', |||
            libvirt_storage_pool_available_bytes
            /
            (-deriv(libvirt_storage_pool_available_bytes[6h]) > 0)
            / 86400
          |||),
        ],
      },
      {
        // Few series for graphs of the whole fleet, and for a central Prometheus.
        name: 'virtmeter-fleet',
        rules: [
          rule('job:libvirt_up:sum', 'sum without (instance) (libvirt_up)'),
          rule('job:up:sum', 'sum without (instance) (up{%(up)s})'),
          rule('job:up:count', 'count without (instance) (up{%(up)s})'),
          rule('job:libvirt_node_domains:sum', 'sum without (instance) (libvirt_node_domains)'),
          rule('job:libvirt_node_cpus:sum', 'sum without (instance) (libvirt_node_cpus)'),
          rule('job:libvirt_node_vcpus_allocated:sum', 'sum without (instance) (libvirt_node_vcpus_allocated)'),
          rule('job:libvirt_node_memory_bytes:sum', 'sum without (instance) (libvirt_node_memory_bytes)'),
          rule('job:libvirt_node_memory_free_bytes:sum', 'sum without (instance) (libvirt_node_memory_free_bytes)'),
          rule('job:libvirt_node_memory_allocated_bytes:sum', 'sum without (instance) (libvirt_node_memory_allocated_bytes)'),
          rule('job:libvirt_domain_cpu_seconds:rate5m', 'sum without (instance) (instance:libvirt_domain_cpu_seconds:rate5m)'),
          rule('job:libvirt_domain_vcpu_delay_seconds:rate5m', 'sum without (instance) (instance:libvirt_domain_vcpu_delay_seconds:rate5m)'),
        ],
      },
    ],
  },
}
