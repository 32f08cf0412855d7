// One guest on a host that is measured by collectd with the plugin virtmeter.
local newSelect = import '../lib/collectd.libsonnet';
local d = import '../lib/dashboard.libsonnet';
local p = import '../lib/panel.libsonnet';

function(config)
  local c = newSelect(config);
  local q(expr) = expr % c;
  local by(metric, legend) = p.range(c.rate(metric, c.g, 'virtmeter'), '{{virtmeter}} ' + legend);
  local memory(kind, legend) = p.range(q('max by (exported_instance) (collectd_virtmeter_memory{%(g)s, virtmeter="' + kind + '"})'), legend);
  local states = { ['%d' % i]: [c.states[i], if i == 1 then 'green' else 'orange'] for i in std.range(0, std.length(c.states) - 1) };

  local lines = [
    d.row('Now'),
    d.line(4, [
      p.stat('State', 'The state it is in (ExtraStats domain_state). Crashed or paused: virsh domstate GUEST --reason.', 'none', p.instant(q('max(collectd_virtmeter_domain_state_state{%(g)s})'))) + p.limits([]) + p.named(states),
      p.stat('Cores used', 'Cores that it uses. At the number of its vCPUs for long: it wants more.', 'short', p.instant('sum(rate(collectd_virtmeter_virt_cpu_total_total{%s}[$__rate_interval])) / 1e9' % c.g)) + p.decimals(2),
      p.stat('Part of the host', 'Part of the CPU time of the host that it uses (ExtraStats cpu_util).', 'percent', p.instant(q('max(collectd_virtmeter_percent{%(g)s, virtmeter="virt_cpu_total"})'))),
      p.stat('Memory', 'Memory that it has. What of that it uses is below, if it has a balloon driver.', 'bytes', p.instant(q('max(collectd_virtmeter_memory{%(g)s, virtmeter="total"})'))),
      p.stat('Memory usable', 'Part of its memory that it can still use, by its own figures (ExtraStats memory). Little: it will swap or kill; give it more.', 'percentunit', p.instant(q('max(collectd_virtmeter_memory{%(g)s, virtmeter="usable"}) / max(collectd_virtmeter_memory{%(g)s, virtmeter="available"})'))) + p.limits([]) + p.noValue('unknown'),
      p.stat('Age of its memory figures', 'How long ago its balloon driver reported (ExtraStats memory). Old: the driver is missing or hangs, or libvirt was not told to ask: virsh dommemstat GUEST --period 10.', 's', p.instant(q('time() - max(collectd_virtmeter_memory{%(g)s, virtmeter="last_update"})'))) + p.limits([[60, 'orange'], [config.balloonAgeSeconds, 'red']]),
    ]),

    d.row('CPU'),
    d.line(8, [
      p.timeseries('Cores used', 'By the guest with its hypervisor. At the number of its vCPUs for long: it wants more.', 'short', [
        p.range(c.cores('collectd_virtmeter_virt_cpu_total_total', c.g, 'exported_instance'), 'used'),
      ]),
      p.timeseries('Each vCPU', 'Part of the time that each vCPU runs (ExtraStats vcpu). One at 100 % while others rest: its work does not spread.', 'percentunit', [
        p.range(c.cores('collectd_virtmeter_virt_vcpu_total', c.g, 'virtmeter'), 'vCPU {{virtmeter}}'),
      ]),
      p.timeseries('User and system', 'Where its hypervisor spends CPU time (ExtraStats pcpu). Much system: it does much input and output.', 'short', [
        p.range(c.cores('collectd_virtmeter_ps_cputime_user_total', c.g, 'exported_instance'), 'user'),
        p.range(c.cores('collectd_virtmeter_ps_cputime_syst_total', c.g, 'exported_instance'), 'system'),
      ]),
    ]),

    d.row('Memory'),
    d.line(8, [
      p.timeseries('Memory', 'What it has, what that takes on the host, and what it says of itself (ExtraStats memory). Usable near 0: give it more.', 'bytes', [
        memory('total', 'has'),
        memory('rss', 'resident on the host'),
        memory('available', 'total, by itself'),
        memory('usable', 'usable, by itself'),
        memory('unused', 'unused, by itself'),
        memory('disk_caches', 'disk caches, by itself'),
      ]) + { fieldConfig+: { defaults+: { custom+: { fillOpacity: 0 } } } },
      p.timeseries('Swap', 'What it swaps in and out. Both for long: it lacks memory, runbook LibvirtGuestSwapping.', 'Bps', [
        by('collectd_virtmeter_swap_io_total', ''),
      ]),
      p.timeseries('Page faults', 'Major faults read from its disk: many, with swap, mean that it lacks memory.', 'short', [
        p.range(c.rate('collectd_virtmeter_ps_pagefaults_majflt_total', c.g, 'exported_instance'), 'major'),
        p.range(c.rate('collectd_virtmeter_ps_pagefaults_minflt_total', c.g, 'exported_instance'), 'minor'),
      ]),
    ]),

    d.row('Disks'),
    d.line(8, [
      p.timeseries('Requests', 'Reads, writes and flushes of each disk (flushes with ExtraStats disk). Flat at a limit: it is throttled, see virsh blkdeviotune.', 'iops', [
        by('collectd_virtmeter_disk_ops_read_total', 'read'),
        by('collectd_virtmeter_disk_ops_write_total', 'write'),
        by('collectd_virtmeter_total_requests_total', ''),
      ]) + p.legendRight + p.width(9),
      p.timeseries('Bytes', 'What it reads and writes on each disk.', 'Bps', [
        by('collectd_virtmeter_disk_octets_read_total', 'read'),
        by('collectd_virtmeter_disk_octets_write_total', 'written'),
      ]),
      p.timeseries('Mean time of a request', 'How long a read or write takes (ExtraStats disk). If it rises with the requests, the storage is busy; if it rises alone, look at the storage: runbook LibvirtDiskLatencyHigh.', 's', [
        p.range(c.latency('read', c.g, 'virtmeter'), '{{virtmeter}} read'),
        p.range(c.latency('write', c.g, 'virtmeter'), '{{virtmeter}} write'),
      ]) + p.lines([[config.diskLatencySeconds, 'red']]),
      p.timeseries('Mean time of a flush', 'How long it takes until written data is safe (ExtraStats disk). Databases feel this first.', 's', [
        p.range('%s / 1e3 / (%s > 0)' % [c.rate('collectd_virtmeter_total_time_in_ms_total', c.g, 'virtmeter'), c.rate('collectd_virtmeter_total_requests_total', c.g, 'virtmeter')], '{{virtmeter}}'),
      ]),
    ]),
    d.line(8, [
      p.timeseries('Allocation, space and size of images', 'How far each image is written, the space it takes, and the size the guest sees (ExtraStats disk_allocation, disk_physical, disk_capacity). Allocation near the space of a block device: runbook LibvirtThinImageFilling.', 'bytes', [
        p.range(q('max by (virtmeter) (collectd_virtmeter_disk_allocation{%(g)s})'), '{{virtmeter}} allocation'),
        p.range(q('max by (virtmeter) (collectd_virtmeter_disk_physical{%(g)s})'), '{{virtmeter}} space on the host'),
        p.range(q('max by (virtmeter) (collectd_virtmeter_disk_capacity{%(g)s})'), '{{virtmeter}} size'),
      ]) + { fieldConfig+: { defaults+: { custom+: { fillOpacity: 0 } } } },
      p.timeseries('Network bytes', 'What it receives and sends on each interface. Flat at a limit: see virsh domiftune.', 'Bps', [
        by('collectd_virtmeter_if_octets_rx_total', 'received'),
        by('collectd_virtmeter_if_octets_tx_total', 'sent'),
      ]),
      p.timeseries('Packets', 'Packets on each interface. Many small ones cost CPU on the host.', 'pps', [
        by('collectd_virtmeter_if_packets_rx_total', 'received'),
        by('collectd_virtmeter_if_packets_tx_total', 'sent'),
      ]),
      p.timeseries('Drops and errors', 'Packets lost on each interface. Drops in: the guest is too slow, look at its CPU; runbook LibvirtInterfaceDrops.', 'pps', [
        by('collectd_virtmeter_if_dropped_rx_total', 'drops in'),
        by('collectd_virtmeter_if_dropped_tx_total', 'drops out'),
        by('collectd_virtmeter_if_errors_rx_total', 'errors in'),
        by('collectd_virtmeter_if_errors_tx_total', 'errors out'),
      ]) + p.legendRight + p.width(9),
    ]),
  ];

  d.page(
    config,
    'collectd-guest',
    'Guest (collectd)',
    'One guest, as collectd with the plugin virtmeter knows it. When it migrates, choose both hosts.',
    d.variables(c, 'collectd_virtmeter_virt_cpu_total_total', false) + [
      d.variable('domain', 'Guest', q('label_values(collectd_virtmeter_memory{%(s)s}, exported_instance)')),
    ],
    lines
  )
