// One host, or a few beside each other: use, saturation, errors of each resource, and its guests.
local annotations = import '../lib/annotations.libsonnet';
local d = import '../lib/dashboard.libsonnet';
local newEvents = import '../lib/events.libsonnet';
local p = import '../lib/panel.libsonnet';
local new = import '../lib/select.libsonnet';

function(config)
  local select = new(config);
  local q(expr) = expr % select;
  local events = newEvents(select);

  // A column of the guests' table: a recorded series, or an expression that ends in the labels of a guest.
  local guests(expr) = p.rows(q('sum by (%(domain)s) (' + expr + ')'));

  local lines = [
    d.row('At a glance'),
    d.line(4, [
      p.stat('libvirt', 'Whether libvirt answers. When it does not: systemctl status libvirtd on the host; the runbook is that of LibvirtUnreachable.', 'none', p.instant(q('min(libvirt_up{%(s)s})'))) + p.limits([]) + p.named({ '0': ['does not answer', 'red'], '1': ['answers', 'green'] }),
      p.stat('Guests running', 'Guests that run now. Fewer than you expect: see the states below, and the events.', 'none', p.instant(q('sum(libvirt_node_domains{%(s)s, state="running"})'))),
      p.stat('Guests stuck', 'Guests whose hypervisor does not answer libvirt. The runbook is that of LibvirtGuestStuck.', 'none', p.instant(q('count(libvirt_domain_collected{%(s)s} == 0) or vector(0)'))) + p.limits([[1, 'red']]),
      p.stat('CPU used', 'Part of the CPU time of the host that is used, by guests and by the host itself. High is no harm as long as guests miss no cores.', 'percentunit', p.instant(q('avg(instance:libvirt_node_cpu:ratio_rate5m{%(s)s})'))) + p.limits([[0.8, 'orange'], [0.95, 'red']]),
      p.stat('Cores missed', 'Cores that guests were ready to use and did not get. More than a few: move the busiest guests away.', 'short', p.instant(q('sum(instance:libvirt_domain_vcpu_delay_seconds:rate5m{%(s)s})'))) + p.decimals(2) + p.limits([[1, 'orange'], [4, 'red']]),
      p.stat('vCPUs per CPU', 'vCPUs of running guests for each CPU. Above your policy: start no more guests here.', 'none', p.instant(q('max(instance:libvirt_node_vcpus_allocated:ratio{%(s)s})'))) + p.decimals(2) + p.limits([[config.vcpuOvercommitRatio * 0.8, 'orange'], [config.vcpuOvercommitRatio, 'red']]),
      p.stat('Memory sold', 'Memory of running guests as part of that of the host. Above 100 % the host must swap when all use theirs: move guests away.', 'percentunit', p.instant(q('max(instance:libvirt_node_memory_allocated_bytes:ratio{%(s)s})'))) + p.limits([[config.memoryOvercommitRatio * 0.8, 'orange'], [config.memoryOvercommitRatio, 'red']]),
      p.stat('Memory free', 'Memory that nothing uses, not even the page cache. Little is normal while the cache is large: see Memory below.', 'bytes', p.instant(q('sum(libvirt_node_memory_free_bytes{%(s)s})'))),
    ]),

    d.row('CPU'),
    d.line(8, [
      p.timeseries('CPU time by mode', 'Use: cores that the host spends in each mode; guests are in user. Much iowait: the storage is slow, see Disks. Much kernel: look at interrupts and at the page cache on the host.', 'short', [
        p.range(q('sum by (mode) (rate(libvirt_node_cpu_seconds_total{%(s)s, mode!~"idle|guest"}[$__rate_interval]))'), '{{mode}}'),
      ]) + p.stacked,
      p.timeseries('Cores missed by guests', 'Saturation: cores that the vCPUs of all guests were ready to use while the host ran something else. It should be near 0; when it is not, the guests feel steal: move the busiest away, or sell fewer vCPUs.', 'short', [
        p.range(q('sum by (instance) (rate(libvirt_domain_vcpu_delay_seconds_total{%(s)s}[$__rate_interval]))'), '{{instance}}'),
      ]) + p.lines([[1, 'orange'], [4, 'red']]),
      p.timeseries('Busiest guests', 'The ten guests that used most cores in the time shown. One that takes all while others miss cores: limit it with virsh schedinfo, or move it.', 'short', [
        p.range(q('instance_domain:libvirt_domain_cpu_seconds:rate5m{%(s)s} and topk(10, avg_over_time(instance_domain:libvirt_domain_cpu_seconds:rate5m{%(s)s}[$__range] @ end()))'), '{{domain}}'),
      ]) + p.links(d.links.guestOfSeries),
    ]),

    d.row('Memory'),
    d.line(8, [
      p.timeseries('Memory', 'Memory of the host: given to guests, resident in their hypervisors, free, in the page cache and buffers. When sold is above memory, what is resident decides: as it nears memory, move guests away.', 'bytes', [
        p.range(q('sum(libvirt_node_memory_bytes{%(s)s})'), 'memory'),
        p.range(q('sum(libvirt_node_memory_allocated_bytes{%(s)s})'), 'sold'),
        p.range(q('sum(libvirt_domain_memory_rss_bytes{%(s)s})'), 'resident'),
        p.range(q('sum(libvirt_node_memory_free_bytes{%(s)s})'), 'free'),
        p.range(q('sum(libvirt_node_memory_cached_bytes{%(s)s})'), 'page cache'),
        p.range(q('sum(libvirt_node_memory_buffers_bytes{%(s)s})'), 'buffers'),
      ]),
      p.timeseries('Free memory by NUMA cell', 'A cell that is empty while others are not makes its guests use far memory: pin guests to cells, or move one.', 'bytes', [
        p.range(q('libvirt_node_cell_memory_free_bytes{%(s)s}'), '{{instance}} cell {{cell}}'),
      ]),
      p.table('NUMA cells', 'Size and free memory of each cell. A guest larger than what any cell has left will be split over cells.', [
        p.rows(q('sum by (%(host)s, cell) (libvirt_node_cell_memory_bytes{%(s)s})')),
        p.rows(q('sum by (%(host)s, cell) (libvirt_node_cell_memory_free_bytes{%(s)s})')),
      ], [p.label('instance'), p.label('cell'), p.value('Value #A', 'memory', 'bytes'), p.value('Value #B', 'free', 'bytes')], hidden=[select.cluster]),
    ]),

    d.row('Guests'),
    d.line(12, [
      p.table('Guests', 'All guests that run here; sort by any column. Steal above 10 % or usable memory under 5 %: the guest suffers, open its page.', [
        guests('instance_domain:libvirt_domain_cpu_seconds:rate5m{%(s)s}'),
        guests('libvirt_domain_vcpus{%(s)s} and on (%(domain)s) libvirt_domain_id{%(s)s}'),
        guests('instance_domain:libvirt_domain_vcpu_delay:ratio_rate5m{%(s)s}'),
        guests('libvirt_domain_memory_current_bytes{%(s)s} and on (%(domain)s) libvirt_domain_id{%(s)s}'),
        guests('instance_domain:libvirt_domain_memory_guest_usable:ratio{%(s)s}'),
        guests('instance_domain:libvirt_domain_block_requests:rate5m{%(s)s}'),
        guests('instance_domain:libvirt_domain_block_latency_seconds:mean5m{%(s)s}'),
        guests('instance_domain:libvirt_domain_interface_bytes:rate5m{%(s)s}'),
        guests('instance_domain:libvirt_domain_interface_drops:rate5m{%(s)s}'),
      ], [
        p.label('domain', d.links.guest),
        p.label('instance'),
        p.value('Value #A', 'cores used', 'short'),
        p.value('Value #B', 'vCPUs', 'none'),
        p.value('Value #C', 'steal', 'percentunit', p.steps([[config.vcpuDelayRatio / 2, 'orange'], [config.vcpuDelayRatio, 'red']])),
        p.value('Value #D', 'memory', 'bytes'),
        p.value('Value #E', 'usable', 'percentunit', [{ color: 'red', value: null }, { color: 'orange', value: config.guestMemoryUsableRatio }, { color: 'green', value: config.guestMemoryUsableRatio * 2 }]),
        p.value('Value #F', 'disk requests', 'iops'),
        p.value('Value #G', 'time of a request', 's', p.steps([[config.diskLatencySeconds / 2, 'orange'], [config.diskLatencySeconds, 'red']])),
        p.value('Value #H', 'network', 'Bps'),
        p.value('Value #I', 'drops', 'pps'),
      ], hidden=[select.cluster]),
    ]),

    d.row('Disks and network of the guests'),
    d.line(8, [
      p.timeseries('Disk bytes', 'What all guests read and write.', 'Bps', [
        p.range(q('sum by (instance) (rate(libvirt_domain_block_read_bytes_total{%(s)s}[$__rate_interval]))'), '{{instance}} read'),
        p.range(q('sum by (instance) (rate(libvirt_domain_block_write_bytes_total{%(s)s}[$__rate_interval]))'), '{{instance}} written'),
      ]),
      p.timeseries('Time of a disk request', 'Mean over all guests. When it rises for all at once, the storage of the host is the cause; for one guest, see its page.', 's', [
        p.range(q('sum by (instance) (rate(libvirt_domain_block_read_time_seconds_total{%(s)s}[$__rate_interval])) / (sum by (instance) (rate(libvirt_domain_block_read_requests_total{%(s)s}[$__rate_interval])) > 0)'), '{{instance}} read'),
        p.range(q('sum by (instance) (rate(libvirt_domain_block_write_time_seconds_total{%(s)s}[$__rate_interval])) / (sum by (instance) (rate(libvirt_domain_block_write_requests_total{%(s)s}[$__rate_interval])) > 0)'), '{{instance}} write'),
      ]),
      p.timeseries('Network bytes', 'What all guests receive and send. Near what the network card of the host can do: move a guest, or look who sends (page Fleet).', 'Bps', [
        p.range(q('sum by (instance) (rate(libvirt_domain_interface_receive_bytes_total{%(s)s}[$__rate_interval]))'), '{{instance}} received'),
        p.range(q('sum by (instance) (rate(libvirt_domain_interface_transmit_bytes_total{%(s)s}[$__rate_interval]))'), '{{instance}} sent'),
      ]),
    ]),

    d.row('Errors and states'),
    d.line(8, [
      p.timeseries('Guests by state', 'When crashed or paused guests appear, the table of guests and the events say which.', 'none', [
        p.range(q('sum by (state) (libvirt_node_domains{%(s)s})'), '{{state}}'),
      ]) + p.stacked + p.states,
      p.timeseries('Dropped packets and errors of interfaces', "Packets that guests lost. Drops at a high CPU use of the guest: it is too slow to receive. Errors: look at the host's tap and bridge.", 'pps', [
        p.range(q('sum by (instance) (rate(libvirt_domain_interface_receive_drops_total{%(s)s}[$__rate_interval]) + rate(libvirt_domain_interface_transmit_drops_total{%(s)s}[$__rate_interval]))'), '{{instance}} drops'),
        p.range(q('sum by (instance) (rate(libvirt_domain_interface_receive_errors_total{%(s)s}[$__rate_interval]) + rate(libvirt_domain_interface_transmit_errors_total{%(s)s}[$__rate_interval]))'), '{{instance}} errors'),
      ]),
      p.timeseries('I/O errors', "I/O errors of guests, by what libvirt did about them. Any is bad: look at the kernel's log of the host, and at the space of the pool.", 'none', [
        p.range('sum by (domain, action) (%s)' % events.increase('libvirt_domain_io_errors_total', select.s, '$__rate_interval', select.s), '{{domain}}: {{action}}'),
      ]) + p.bars,
      p.timeseries('Lifecycle events', 'Guests that start, stop, crash and move. A guest that stops and starts again and again: see its console log.', 'none', [
        p.range('sum by (event) (%s)' % events.increase('libvirt_domain_lifecycle_events_total', select.s, '$__rate_interval', select.s), '{{event}}'),
      ]) + p.bars,
    ]),
  ];

  d.page(config, 'host', 'Host', 'One libvirt host: use, saturation and errors of its CPUs, memory, disks and interfaces, and its guests.', d.variables(select, 'libvirt_up', false), lines, annotations(select, select.s))
