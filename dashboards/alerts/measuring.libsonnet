// Whether there is anything to alert on: targets, libvirt, collectors, and the daemon that may change guests.
function(alert, events) [
  alert(
    'TargetDown',
    'critical',
    '5m',
    'exporter',
    'up{%(up)s} == 0',
    'virtmeter-exporter on {{ $labels.instance }} does not answer',
    'Prometheus has not reached the exporter on {{ $labels.instance }} for 5 minutes. Nothing is known of the host and its guests.'
  ),
  alert(
    'TargetsAbsent',
    'critical',
    '10m',
    'fleet',
    'absent(up{%(up)s})',
    'Prometheus has no libvirt host to measure',
    'No target matches {%(up)s}: service discovery or the scrape configuration is broken, so no other alert can fire.'
  ),
  alert(
    'Unreachable',
    'critical',
    '3m',
    'exporter',
    'libvirt_up == 0',
    'libvirt on {{ $labels.instance }} does not answer',
    'The exporter on {{ $labels.instance }} runs, but libvirt has not answered it for 3 minutes. Guests may run on, but nobody can manage or measure them.'
  ),
  // A stuck guest makes the collectors of guests fail, and has an alert of its own.
  alert(
    'CollectorFailing',
    'warning',
    '15m',
    'exporter',
    |||
      (
        libvirt_exporter_collector_success{collector!~"cpu|vcpu|memory|block|interface|iothread|job"} == 0
        or
        libvirt_exporter_collector_success == 0
        unless on (%(host)s)
        libvirt_exporter_domains_skipped{reason=~"partial|timed_out"} > 0
      )
      and on (%(host)s)
      libvirt_up == 1
    |||,
    'Collector {{ $labels.collector }} fails on {{ $labels.instance }}',
    'The collector {{ $labels.collector }} on {{ $labels.instance }} has not got all that it asked libvirt for, for 15 minutes, while libvirt itself answers.'
  ),
  alert(
    'ScrapeSlow',
    'warning',
    '15m',
    'exporter',
    'scrape_duration_seconds{%(up)s} > %(scrapeTimeRatio)g * %(scrapeTimeoutSeconds)d',
    'Scrapes of {{ $labels.instance }} take nearly as long as they may',
    'A scrape of {{ $labels.instance }} takes {{ $value | humanizeDuration }}, near the timeout of %(scrapeTimeoutSeconds)d s. When it is cut off, series are missing.'
  ),
  alert(
    'StuckCalls',
    'critical',
    '5m',
    'exporter',
    'libvirt_exporter_stuck_calls >= %(stuckCallsMax)d',
    '{{ $value }} calls to libvirt hang on {{ $labels.instance }}',
    'On {{ $labels.instance }} {{ $value }} calls to libvirt do not return. The exporter asks no hypervisor any more, so disks, vCPUs and memory of all its guests are unknown.'
  ),
  alert(
    'ConnectionUnstable',
    'warning',
    '10m',
    'exporter',
    'sum without (reason) (increase(libvirt_exporter_reconnects_total[30m])) > 3',
    'libvirt on {{ $labels.instance }} keeps going away',
    'The exporter on {{ $labels.instance }} lost its connection to libvirt {{ $value | humanize }} times in 30 minutes: libvirtd crashes, freezes or is restarted again and again.'
  ),
  alert(
    'AdminDenials',
    'warning',
    '1m',
    'exporter',
    'sum without (reason) (increase(virtmeter_admin_denials_total[15m])) > %(adminDenials)d',
    'virtmeter-admind on {{ $labels.instance }} denies requests',
    '{{ $value | humanize }} requests to change guests on {{ $labels.instance }} were denied within 15 minutes: somebody tries what he may not, or something stops many guests at once.'
  ),
  alert(
    'AdminAuditFailing',
    'critical',
    '1m',
    'exporter',
    'increase(virtmeter_admin_audit_failures_total[15m]) > 0',
    'virtmeter-admind on {{ $labels.instance }} cannot write its audit file',
    'Lines of the audit file on {{ $labels.instance }} could not be written within the last 15 minutes. Without them nothing is changed: guests there cannot be started or stopped by it.'
  ),
]
