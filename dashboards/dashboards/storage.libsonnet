// Storage pools, the images of guests, and virtual networks.
local d = import '../lib/dashboard.libsonnet';
local newEvents = import '../lib/events.libsonnet';
local p = import '../lib/panel.libsonnet';
local new = import '../lib/select.libsonnet';

function(config)
  local select = new(config) { days: config.poolDays };
  local events = newEvents(select);
  local q(expr) = expr % select;
  local taken = p.steps([[1 - config.poolLowRatio, 'orange'], [1 - config.poolFullRatio, 'red']]);

  local lines = [
    d.row('Storage pools'),
    d.line(4, [
      p.stat('Pools running', 'Storage pools that can be used.', 'none', p.instant(q('sum(libvirt_storage_pool_status{%(s)s, state="running"})'))),
      p.stat('Pools not running', 'Pools that are inactive, degraded or inaccessible; the graph of states says which. Guests with images there cannot start: runbook LibvirtPoolInactive.', 'none', p.instant(q('sum(libvirt_storage_pool_status{%(s)s, state!="running"})'))) + p.limits([[1, 'orange']]),
      p.stat('Space', 'Size of all pools. Pools on shared storage count once for each host.', 'bytes', p.instant(q('sum(libvirt_storage_pool_capacity_bytes{%(s)s})'))),
      p.stat('Left', 'Space left in all pools. Little: see the days to full below.', 'bytes', p.instant(q('sum(libvirt_storage_pool_available_bytes{%(s)s})'))),
      p.stat('Images could still take', 'What the images of all guests would take more if they were written in full. More than is left: storage is overcommitted, so watch the days to full.', 'bytes', p.instant(q('sum(libvirt_domain_block_capacity_bytes{%(s)s} - libvirt_domain_block_allocation_bytes{%(s)s} > 0) or vector(0)'))),
      p.stat('Networks down', 'Virtual networks that are not active; the table of networks says which. Guests on them cannot start: virsh net-start NAME.', 'none', p.instant(q('count(libvirt_network_active{%(s)s} == 0) or vector(0)'))) + p.limits([[1, 'orange']]),
    ]),
    d.line(9, [
      p.table('Pools', 'All pools. Days to full are reckoned from the last six hours; without days, a pool does not fill. libvirt knows the space of some pools only after virsh pool-refresh, which virtmeter never does.', [
        p.rows(q('max by (%(pool)s, type, target) (libvirt_storage_pool_info{%(s)s})')),
        p.rows(q('max by (%(pool)s, state) (libvirt_storage_pool_status{%(s)s} == 1)')),
        p.rows(q('max by (%(pool)s) (libvirt_storage_pool_capacity_bytes{%(s)s})')),
        p.rows(q('max by (%(pool)s) (libvirt_storage_pool_allocation_bytes{%(s)s})')),
        p.rows(q('max by (%(pool)s) (libvirt_storage_pool_available_bytes{%(s)s})')),
        p.rows(q('max by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_allocation:ratio{%(s)s})')),
        p.rows(q('max by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_available:days_to_full6h{%(s)s})')),
        p.rows(q('max by (%(pool)s) (libvirt_storage_pool_volumes{%(s)s})')),
      ], [
        p.label('storage_pool'),
        p.label('instance', d.links.host),
        p.label('type'),
        p.label('state'),
        p.value('Value #F', 'taken', 'percentunit', taken),
        p.value('Value #G', 'days to full', 'none', [{ color: 'red', value: null }, { color: 'orange', value: config.poolDays }, { color: 'green', value: 30 }]) + { decimals: 1 },
        p.value('Value #E', 'left', 'bytes'),
        p.value('Value #D', 'allocated', 'bytes'),
        p.value('Value #C', 'size', 'bytes'),
        p.value('Value #H', 'volumes', 'none'),
        p.label('target'),
      ], hidden=[select.cluster, 'Value #A', 'Value #B']),
    ]),
    d.line(8, [
      p.timeseries('Taken', 'Part of each pool that is taken. At 100 % guests with growing images there are paused: clean up, move volumes, or grow the pool.', 'percentunit', [
        p.range(q('1 - libvirt_storage_pool_available_bytes{%(s)s} / (libvirt_storage_pool_capacity_bytes{%(s)s} > 0)'), '{{instance}} {{storage_pool}}'),
      ]) + p.upTo(1) + p.lines([[1 - config.poolLowRatio, 'orange'], [1 - config.poolFullRatio, 'red']]),
      p.timeseries('Left, and left in %d days' % config.poolDays, 'What is left now, and what will be left in %d days if it goes on like in the last six hours. At 0: it will be full by then.' % config.poolDays, 'bytes', [
        p.range(q('libvirt_storage_pool_available_bytes{%(s)s}'), '{{instance}} {{storage_pool}}'),
        p.range(q('clamp_min(predict_linear(libvirt_storage_pool_available_bytes{%(s)s}[6h], %(days)d * 86400), 0)'), '{{instance}} {{storage_pool}} in %d days' % config.poolDays),
      ]),
      p.timeseries('States of pools', 'How many pools are in each state. A pool that leaves running: virsh pool-start, and look why; runbook LibvirtPoolInactive.', 'none', [
        p.range(q('sum by (state) (libvirt_storage_pool_status{%(s)s})'), '{{state}}'),
      ]) + p.stacked + p.states,
    ]),

    d.row('Images of guests'),
    d.line(9, [
      p.table('Images that grew most', 'The twenty images with most written into them in six hours. If a pool fills, these are why.', [
        p.rows(q('topk(20, max by (%(disk)s) (delta(libvirt_domain_block_allocation_bytes{%(s)s}[6h])))')),
        p.rows(q('max by (%(disk)s) (libvirt_domain_block_allocation_bytes{%(s)s}) and topk(20, max by (%(disk)s) (delta(libvirt_domain_block_allocation_bytes{%(s)s}[6h])))')),
        p.rows(q('max by (%(disk)s) (libvirt_domain_block_capacity_bytes{%(s)s}) and topk(20, max by (%(disk)s) (delta(libvirt_domain_block_allocation_bytes{%(s)s}[6h])))')),
      ], [
        p.label('domain', d.links.guest),
        p.label('device'),
        p.label('instance', d.links.host),
        p.value('Value #A', 'grew by', 'bytes'),
        p.value('Value #B', 'allocated', 'bytes'),
        p.value('Value #C', 'size', 'bytes'),
      ], hidden=[select.cluster]),
      p.table('Images nearest to their space', 'Images on block devices, such as qcow2 on a volume of LVM, which cannot grow beyond it, and how much of that is written. At 100 % of a volume smaller than the disk the guest is paused: runbook LibvirtThinImageFilling.', [
        p.rows(q('topk(20, max by (%(disk)s) (libvirt_domain_block_allocation_bytes{%(s)s} / (libvirt_domain_block_physical_bytes{%(s)s} > 0) and on (%(disk)s) libvirt_domain_block_info{%(s)s, disk_type="block"}))')),
        p.rows(q('max by (%(disk)s) (libvirt_domain_block_physical_bytes{%(s)s} and on (%(disk)s) libvirt_domain_block_info{%(s)s, disk_type="block"})')),
        p.rows(q('max by (%(disk)s) (libvirt_domain_block_capacity_bytes{%(s)s} and on (%(disk)s) libvirt_domain_block_info{%(s)s, disk_type="block"})')),
      ], [
        p.label('domain', d.links.guest),
        p.label('device'),
        p.label('instance', d.links.host),
        p.value('Value #A', 'written', 'percentunit'),
        p.value('Value #B', 'volume', 'bytes'),
        p.value('Value #C', 'size', 'bytes'),
      ], hidden=[select.cluster]),
    ]),

    d.row('Networks'),
    d.line(8, [
      p.table('Networks', 'Virtual networks of libvirt. One that is not active: its guests cannot start; virsh net-start NAME, and virsh net-autostart NAME.', [
        p.rows(q('max by (%(host)s, network, bridge, forward) (libvirt_network_info{%(s)s})')),
        p.rows(q('max by (%(host)s, network) (libvirt_network_active{%(s)s})')),
        p.rows(q('max by (%(host)s, network) (libvirt_network_dhcp_leases{%(s)s})')),
      ], [
        p.label('network'),
        p.label('instance', d.links.host),
        p.value('Value #B', 'active', 'none') + { mappings: { '0': ['no', 'red'], '1': ['yes', 'green'] } },
        p.label('bridge'),
        p.label('forward'),
        p.value('Value #C', 'leases', 'none'),
      ], hidden=[select.cluster, 'Value #A']) + p.width(9),
      p.timeseries('DHCP leases', "Leases that libvirt's own servers gave. At the size of the range, new guests get no address: make the range larger, virsh net-edit.", 'none', [
        p.range(q('libvirt_network_dhcp_leases{%(s)s}'), '{{instance}} {{network}}'),
      ]),
      p.timeseries('Other things of libvirt', 'Secrets, filters, devices and interfaces that libvirt knows. One that only grows, such as bindings of filters, is a leak of what manages this host.', 'none', [
        p.range(q('sum by (kind) (libvirt_objects{%(s)s})'), '{{kind}}'),
      ]),
      p.timeseries('Events of pools and networks', "Pools and networks that were started, stopped, defined, refreshed. A pool that stops without anybody's doing: look at the log of libvirtd.", 'none', [
        p.range('sum by (object, event) (%s)' % events.increase('libvirt_object_events_total', select.s, '$__rate_interval', select.s), '{{object}}: {{event}}'),
      ]) + p.bars,
    ]),
  ];

  d.page(config, 'storage', 'Storage and networks', 'Storage pools with a forecast, the images of guests, and virtual networks.', d.variables(select, 'libvirt_up', true), lines)
