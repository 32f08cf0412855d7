// All hosts: what is up, what is sold, who uses most, what fills.
local d = import '../lib/dashboard.libsonnet';
local p = import '../lib/panel.libsonnet';
local new = import '../lib/select.libsonnet';

function(config)
  local select = new(config);
  local q(expr) = expr % select;
  local none = [[1, 'red']];

  // A table of the ten guests with most of a recorded series.
  local top(title, description, series, name, unit) = p.table(
    title,
    description,
    [p.rows(q('topk(10, sum by (%(domain)s) (' + series + '{%(s)s}))'))],
    [p.label('domain', d.links.guest), p.label('instance', d.links.host), p.value('Value', name, unit)],
    hidden=[select.cluster]
  );
  local hosts(title, description, series, unit, limit) = p.bargauge(
    title, description, unit, [p.instant(q('topk(10, sum by (%(host)s) (' + series + '{%(s)s}))'), '{{instance}}')]
  ) + p.limits([[limit * 0.8, 'orange'], [limit, 'red']]) + p.links(d.links.hostOfSeries);

  local lines = [
    d.row('At a glance'),
    d.line(4, [
      p.stat('Hosts up', 'Hosts whose exporter answers. When it falls, look at "Hosts that cannot be measured" below.', 'none', p.instant(q('sum(up{%(up)s, %(s)s})'))),
      p.stat('Hosts down', 'Hosts whose exporter does not answer. Look whether the host itself is up, then whether virtmeter-exporter runs on it.', 'none', p.instant(q('count(up{%(up)s, %(s)s} == 0) or vector(0)'))) + p.limits(none),
      p.stat('libvirt unreachable', 'Hosts whose exporter answers, but libvirt does not. Guests may run on unseen: look at libvirtd on the host.', 'none', p.instant(q('count(libvirt_up{%(s)s} == 0) or vector(0)'))) + p.limits(none),
      p.stat('Guests running', 'Guests that run now. A sudden fall is an outage of hosts, or of what starts guests.', 'none', p.instant(q('sum(libvirt_node_domains{%(s)s, state="running"})'))),
      p.stat('Guests stuck', 'Guests whose hypervisor does not answer libvirt. Their table is at the end of this page; the runbook is that of LibvirtGuestStuck.', 'none', p.instant(q('sum(instance:libvirt_domain_collected:stuck_count{%(s)s})'))) + p.limits(none),
      p.stat('Migrations', 'Guests on their way to another host. Many at once for long: look at the page of a guest, whether its remaining memory shrinks.', 'none', p.instant(q('count(libvirt_domain_job_info{%(s)s, operation="migration_out"}) or vector(0)'))),
      p.stat('vCPUs per CPU', 'vCPUs of running guests for each CPU of their hosts. Above your policy: start no more guests here, and look at the delay of the vCPUs, which says whether it hurts.', 'none', p.instant(q('sum(libvirt_node_vcpus_allocated{%(s)s}) / sum(libvirt_node_cpus{%(s)s} and on (%(host)s) libvirt_node_vcpus_allocated{%(s)s})'))) + p.decimals(2) + p.limits([[config.vcpuOvercommitRatio * 0.8, 'orange'], [config.vcpuOvercommitRatio, 'red']]),
      p.stat('Memory sold', 'Memory of running guests, as part of the memory of their hosts. Above 100 % hosts must swap when all guests use theirs: move guests to hosts with free memory.', 'percentunit', p.instant(q('sum(libvirt_node_memory_allocated_bytes{%(s)s}) / sum(libvirt_node_memory_bytes{%(s)s} and on (%(host)s) libvirt_node_memory_allocated_bytes{%(s)s})'))) + p.limits([[config.memoryOvercommitRatio * 0.8, 'orange'], [config.memoryOvercommitRatio, 'red']]),
    ]),

    d.row('Hosts'),
    d.line(8, [
      p.timeseries('Hosts', 'Hosts that Prometheus knows, whose exporter answers, and whose libvirt answers: all three lines should be one. A gap says since when; the table beside says who.', 'none', [
        p.range(q('sum(job:up:count{%(fleet)s})'), 'known'),
        p.range(q('sum(job:up:sum{%(fleet)s})'), 'exporter answers'),
        p.range(q('sum(job:libvirt_up:sum{%(fleet)s})'), 'libvirt answers'),
      ]),
      p.table('Hosts that cannot be measured', 'Whose exporter or libvirt does not answer. Empty is good. The runbooks are those of LibvirtTargetDown and LibvirtUnreachable.', [
        p.rows(q('sum by (%(host)s) (up{%(up)s, %(s)s}) + (sum by (%(host)s) (libvirt_up{%(s)s}) or 0 * sum by (%(host)s) (up{%(up)s, %(s)s})) < 2')),
      ], [p.label('instance', d.links.exporter), p.value('Value', 'answers', 'none') + { mappings: { '0': ['nothing', 'red'], '1': ['the exporter only', 'orange'] } }]),
      p.timeseries('Guests by state', 'Guests in each state. Crashed and paused ones that grow deserve a look: the alerts name them.', 'none', [
        p.range(q('sum by (state) (job:libvirt_node_domains:sum{%(fleet)s})'), '{{state}}'),
      ]) + p.stacked + p.states,
    ]),
    d.line(8, [
      p.timeseries('CPUs: there, sold, used, missed', 'CPUs of all hosts, vCPUs of running guests, cores that guests use, and cores that they were ready to use and did not get. Missed cores are what overcommitment costs: spread guests, or add hosts.', 'short', [
        p.range(q('sum(job:libvirt_node_cpus:sum{%(fleet)s})'), 'CPUs'),
        p.range(q('sum(job:libvirt_node_vcpus_allocated:sum{%(fleet)s})'), 'vCPUs sold'),
        p.range(q('sum(job:libvirt_domain_cpu_seconds:rate5m{%(fleet)s})'), 'used'),
        p.range(q('sum(job:libvirt_domain_vcpu_delay_seconds:rate5m{%(fleet)s})'), 'missed'),
      ]),
      p.timeseries('Memory: there, sold, free', 'Memory of all hosts, memory given to running guests, and free memory. When sold passes what is there, hosts will swap; when free is little and the page cache of the hosts is too, add hosts.', 'bytes', [
        p.range(q('sum(job:libvirt_node_memory_bytes:sum{%(fleet)s})'), 'memory'),
        p.range(q('sum(job:libvirt_node_memory_allocated_bytes:sum{%(fleet)s})'), 'sold'),
        p.range(q('sum(job:libvirt_node_memory_free_bytes:sum{%(fleet)s})'), 'free'),
      ]),
    ]),
    d.line(9, [
      hosts('vCPUs sold, by host', 'vCPUs of running guests for each CPU, the ten highest hosts. Red is above your policy: move guests away.', 'instance:libvirt_node_vcpus_allocated:ratio', 'none', config.vcpuOvercommitRatio),
      hosts('Memory sold, by host', 'Memory of running guests as part of the memory, the ten highest hosts. Red is above your policy: move guests away before the host swaps.', 'instance:libvirt_node_memory_allocated_bytes:ratio', 'percentunit', config.memoryOvercommitRatio),
      p.bargauge('Cores missed, by host', 'Cores that the guests of a host were ready to use and did not get, the ten highest hosts. This is what its guests feel as steal: move the busiest ones away.', 'short', [
        p.instant(q('topk(10, sum by (%(host)s) (instance:libvirt_domain_vcpu_delay_seconds:rate5m{%(s)s}))'), '{{instance}}'),
      ]) + p.limits([[1, 'orange'], [4, 'red']]) + p.links(d.links.hostOfSeries) + p.decimals(2),
    ]),

    d.row('Guests at the top'),
    d.line(10, [
      top('CPU', 'Guests that use most cores. If their neighbours miss cores, move one of these.', 'instance_domain:libvirt_domain_cpu_seconds:rate5m', 'cores', 'short'),
      top('Steal', 'Guests that lose most cores to others: they were ready to run and the host ran something else. Move them, or their neighbours.', 'instance_domain:libvirt_domain_vcpu_delay_seconds:rate5m', 'cores missed', 'short'),
      top('Memory in use', 'Guests with the least memory left, by their own figures. Near 100 % they swap or kill: give them more.', '1 - instance_domain:libvirt_domain_memory_guest_usable:ratio', 'used', 'percentunit'),
      top('Network', 'Guests that send and receive most.', 'instance_domain:libvirt_domain_interface_bytes:rate5m', 'bytes', 'Bps'),
    ]),
    d.line(10, [
      top('Disk requests', 'Guests that make most requests to their disks. On shared storage these are who slows the others: limit them with virsh blkdeviotune.', 'instance_domain:libvirt_domain_block_requests:rate5m', 'requests', 'iops'),
      top('Disk bytes', 'Guests that read and write most.', 'instance_domain:libvirt_domain_block_bytes:rate5m', 'bytes', 'Bps'),
      top('Disk latency', 'Guests whose reads and writes take longest in the mean. If they are on one host or one pool, look at that storage; if it is one guest, at its disks.', 'instance_domain:libvirt_domain_block_latency_seconds:mean5m', 'time of a request', 's'),
      top('Dropped packets', 'Guests with most dropped packets, in both directions. Look at the CPU of the guest first: one that does not run does not receive.', 'instance_domain:libvirt_domain_interface_drops:rate5m', 'packets', 'pps'),
    ]),

    d.row('What fills, and what is stuck'),
    d.line(10, [
      p.table('Pools by fill', 'The twenty fullest storage pools, and in how many days they are full if they go on like in the last six hours; without days, they do not fill. Clean up, move volumes, or grow the pool.', [
        p.rows(q('topk(20, sum by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_allocation:ratio{%(s)s}))')),
        p.rows(q('sum by (%(pool)s) (libvirt_storage_pool_available_bytes{%(s)s}) and topk(20, sum by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_allocation:ratio{%(s)s}))')),
        p.rows(q('sum by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_available:days_to_full6h{%(s)s}) and topk(20, sum by (%(pool)s) (instance_storage_pool:libvirt_storage_pool_allocation:ratio{%(s)s}))')),
      ], [
        p.label('storage_pool'),
        p.label('instance', d.links.storage),
        p.value('Value #A', 'taken', 'percentunit', p.steps([[1 - config.poolLowRatio, 'orange'], [1 - config.poolFullRatio, 'red']])),
        p.value('Value #B', 'left', 'bytes'),
        p.value('Value #C', 'days to full', 'none', [{ color: 'red', value: null }, { color: 'orange', value: config.poolDays }, { color: 'green', value: 30 }]) + { decimals: 1 },
      ]) + p.width(12),
      p.table('Hosts with stuck guests', 'Hosts on which a guest does not answer libvirt, with their number. Empty is good. Many on one host: look at its storage, which they wait for.', [
        p.rows(q('sum by (%(host)s) (instance:libvirt_domain_collected:stuck_count{%(s)s} > 0)')),
      ], [p.label('instance', d.links.host), p.value('Value', 'guests stuck', 'none')]),
      p.table('Stuck guests', 'Guests that do not answer libvirt, and for how long. Empty is good. The runbook is that of LibvirtGuestStuck.', [
        p.rows(q('sum by (%(domain)s) (libvirt_exporter_last_collection_timestamp_seconds{%(s)s} - on (%(host)s) group_right () (libvirt_domain_last_collected_timestamp_seconds{%(s)s} and on (%(domain)s) libvirt_domain_collected{%(s)s} == 0))')),
      ], [p.label('domain', d.links.guest), p.label('instance', d.links.host), p.value('Value', 'for', 'dtdurations')]),
    ]),
  ];

  d.page(config, 'fleet', 'Fleet', 'All libvirt hosts: what is up, what is sold, who uses most, what fills.', d.variables(select, 'libvirt_up', true), lines)
