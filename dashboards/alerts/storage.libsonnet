// Disks of guests that are slow or fail, and what fills: images that cannot grow, and pools.
local thin = |||
  and libvirt_domain_block_physical_bytes < libvirt_domain_block_capacity_bytes
  and on (%(disk)s) libvirt_domain_block_info{disk_type="block"}
|||;
local pools = 'and on (%(pool)s) libvirt_storage_pool_info{type=~"%(poolTypes)s"}\n';

function(alert, events) [
  alert(
    'DiskLatencyHigh',
    'warning',
    '15m',
    'guest',
    |||
      instance_domain_device:libvirt_domain_block_latency_seconds:mean5m > %(diskLatencySeconds)g
      and
      instance_domain_device:libvirt_domain_block_requests:rate5m > %(diskRequestsPerSecond)g
    |||,
    'Disk {{ $labels.device }} of {{ $labels.domain }} on {{ $labels.instance }} is slow',
    'A request to {{ $labels.device }} of {{ $labels.domain }} on {{ $labels.instance }} takes {{ $value | humanizeDuration }} in the mean.'
  ),
  alert(
    'DiskErrors',
    'warning',
    '1m',
    'guest',
    'sum without (action, reason) (\n  ' + events.increase('libvirt_domain_io_errors_total', '', '15m') + '\n)\n',
    'Disk {{ $labels.alias }} of {{ $labels.domain }} on {{ $labels.instance }} fails',
    'libvirt reported I/O errors of the disk {{ $labels.alias }} of {{ $labels.domain }} on {{ $labels.instance }} within the last 15 minutes.'
  ),
  // Only images on a block device that is smaller than the disk can run out; files grow with their pool.
  alert(
    'ThinImageFilling',
    'critical',
    '5m',
    'guest',
    'libvirt_domain_block_allocation_bytes / (libvirt_domain_block_physical_bytes > 0) > %(thinImageRatio)g\n' + thin,
    'The image of {{ $labels.device }} of {{ $labels.domain }} on {{ $labels.instance }} is nearly full',
    '{{ $value | humanizePercentage }} of the volume below {{ $labels.device }} of {{ $labels.domain }} on {{ $labels.instance }} is written. At the end the guest is paused.'
  ),
  alert(
    'ThinImageFillingSoon',
    'warning',
    '15m',
    'guest',
    |||
      predict_linear(libvirt_domain_block_allocation_bytes[1h], %(thinImageHours)d * 3600) > libvirt_domain_block_physical_bytes
      and libvirt_domain_block_allocation_bytes > 0.5 * libvirt_domain_block_physical_bytes
    ||| + thin,
    'The image of {{ $labels.device }} of {{ $labels.domain }} on {{ $labels.instance }} will be full soon',
    'If {{ $labels.domain }} on {{ $labels.instance }} goes on writing to {{ $labels.device }} like in the last hour, the volume below is full within %(thinImageHours)d hours, and the guest is paused.'
  ),
  alert(
    'PoolFilling',
    'warning',
    '15m',
    'storage',
    'instance_storage_pool:libvirt_storage_pool_allocation:ratio > 1 - %(poolLowRatio)g\n' + pools,
    'Storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} is filling',
    '{{ $value | humanizePercentage }} of the storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} is taken.'
  ),
  alert(
    'PoolFull',
    'critical',
    '5m',
    'storage',
    'instance_storage_pool:libvirt_storage_pool_allocation:ratio > 1 - %(poolFullRatio)g\n' + pools,
    'Storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} is full',
    '{{ $value | humanizePercentage }} of the storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} is taken. Guests whose images grow there are paused when nothing is left.'
  ),
  alert(
    'PoolFillingSoon',
    'warning',
    '1h',
    'storage',
    |||
      predict_linear(libvirt_storage_pool_available_bytes[6h], %(poolDays)d * 86400) < 0
      and libvirt_storage_pool_available_bytes < %(poolPredictionRatio)g * libvirt_storage_pool_capacity_bytes
    ||| + pools,
    'Storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} will be full soon',
    'If the storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} goes on filling like in the last six hours, it is full within %(poolDays)d days.'
  ),
  // A pool that is not used may be inactive for good: it must have been running within the last day.
  alert(
    'PoolInactive',
    'warning',
    '10m',
    'storage',
    |||
      max without (state) (
        libvirt_storage_pool_status{state=~"degraded|inaccessible"} == 1
        or
        (libvirt_storage_pool_status{state="inactive"} == 1 and on (%(pool)s) max_over_time(libvirt_storage_pool_status{state="running"}[1d:10m]) == 1)
      )
    |||,
    'Storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} does not work',
    'The storage pool {{ $labels.storage_pool }} on {{ $labels.instance }} is degraded or inaccessible, or was stopped within the last day. Guests with images there cannot start.'
  ),
]
