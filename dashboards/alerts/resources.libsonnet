// Guests that lack CPU or memory or lose packets, and hosts that sold too much.
function(alert, events) [
  // An idle guest loses a large part of next to nothing: it must miss real time too.
  alert(
    'VcpuStarved',
    'warning',
    '15m',
    'guest',
    |||
      instance_domain:libvirt_domain_vcpu_delay:ratio_rate5m > %(vcpuDelayRatio)g
      and
      instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m > %(vcpuDelayCores)g
    |||,
    'Guest {{ $labels.domain }} on {{ $labels.instance }} does not get its CPU time',
    '{{ $value | humanizePercentage }} of the CPU time that {{ $labels.domain }} on {{ $labels.instance }} wants goes to others.'
  ),
  alert(
    'GuestMemoryLow',
    'warning',
    '15m',
    'guest',
    |||
      instance_domain:libvirt_domain_memory_guest_usable:ratio < %(guestMemoryUsableRatio)g
      and on (%(domain)s) libvirt_domain_state{state="running"} == 1
    |||,
    'Guest {{ $labels.domain }} on {{ $labels.instance }} has little memory left',
    '{{ $labels.domain }} on {{ $labels.instance }} says that only {{ $value | humanizePercentage }} of its memory is usable.'
  ),
  alert(
    'BalloonStale',
    'info',
    '15m',
    'guest',
    |||
      instance_domain:libvirt_domain_memory_guest_last_update:age_seconds > %(balloonAgeSeconds)d
      and on (%(domain)s) libvirt_domain_state{state="running"} == 1
    |||,
    'Memory figures of {{ $labels.domain }} on {{ $labels.instance }} are old',
    'The balloon driver of {{ $labels.domain }} on {{ $labels.instance }} last reported {{ $value | humanizeDuration }} ago: its memory is unknown, and no alert can warn of its lack.'
  ),
  alert(
    'GuestSwapping',
    'warning',
    '15m',
    'guest',
    'instance_domain:libvirt_domain_memory_guest_swap_bytes:rate5m > %(guestSwapBytesPerSecond)d',
    'Guest {{ $labels.domain }} on {{ $labels.instance }} swaps',
    '{{ $labels.domain }} on {{ $labels.instance }} swaps {{ $value | humanize1024 }}B a second in and out: it is slow for lack of memory.'
  ),
  // A guest that is paused receives nothing, and all that is sent to it is dropped.
  alert(
    'InterfaceDrops',
    'warning',
    '15m',
    'guest',
    |||
      instance_domain_interface:libvirt_domain_interface_drops:rate5m
      /
      (instance_domain_interface:libvirt_domain_interface_drops:rate5m + instance_domain_interface:libvirt_domain_interface_packets:rate5m > 0)
      > %(dropRatio)g
      and
      instance_domain_interface:libvirt_domain_interface_drops:rate5m > %(dropsPerSecond)g
      and on (%(domain)s) libvirt_domain_state{state="running"} == 1
    |||,
    'Guest {{ $labels.domain }} on {{ $labels.instance }} loses packets',
    '{{ $value | humanizePercentage }} of the packets on {{ $labels.interface }} of {{ $labels.domain }} on {{ $labels.instance }} are dropped.'
  ),
  alert(
    'InterfaceErrors',
    'warning',
    '15m',
    'guest',
    'instance_domain_interface:libvirt_domain_interface_errors:rate5m > %(interfaceErrorsPerSecond)g',
    'Interface {{ $labels.interface }} of {{ $labels.domain }} on {{ $labels.instance }} has errors',
    '{{ $value | humanize }} errors a second on {{ $labels.interface }} of {{ $labels.domain }} on {{ $labels.instance }}.'
  ),
  alert(
    'VcpusOvercommitted',
    'warning',
    '30m',
    'host',
    'instance:libvirt_node_vcpus_allocated:ratio > %(vcpuOvercommitRatio)g',
    'Too many vCPUs are sold on {{ $labels.instance }}',
    'Guests on {{ $labels.instance }} have {{ $value | humanize }} vCPUs for each CPU; the policy allows %(vcpuOvercommitRatio)g.'
  ),
  alert(
    'MemoryOvercommitted',
    'warning',
    '30m',
    'host',
    'instance:libvirt_node_memory_allocated_bytes:ratio > %(memoryOvercommitRatio)g',
    'Too much memory is sold on {{ $labels.instance }}',
    'Guests on {{ $labels.instance }} have {{ $value | humanizePercentage }} of its memory; the policy allows %(memoryOvercommitRatio)g times. When all use theirs, the host swaps or kills.'
  ),
]
