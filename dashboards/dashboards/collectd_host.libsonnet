// One host measured by collectd with the plugin virtmeter: what its guests use.
local newSelect = import '../lib/collectd.libsonnet';
local d = import '../lib/dashboard.libsonnet';
local p = import '../lib/panel.libsonnet';

function(config)
  local c = newSelect(config);
  local q(expr) = expr % c;
  local perHost(metric, legend) = p.range(c.rate(metric, c.s, 'instance'), '{{instance}} ' + legend);

  local lines = [
    d.row('At a glance'),
    d.line(4, [
      p.stat('Guests running', 'Guests whose memory was read lately. Fewer than you expect: see the states below (ExtraStats domain_state).', 'none', p.instant(q('count(collectd_virtmeter_memory{%(s)s, virtmeter="total"})'))),
      p.stat('Cores used', 'Cores that all guests use. Near the CPUs of the host: move the busiest away.', 'short', p.instant('sum(rate(collectd_virtmeter_virt_cpu_total_total{%s}[$__rate_interval])) / 1e9' % c.s)) + p.decimals(2),
      p.stat('Memory given', 'Memory of all guests. More than the host has: it must swap when all use theirs.', 'bytes', p.instant(q('sum(collectd_virtmeter_memory{%(s)s, virtmeter="total"})'))),
      p.stat('Memory resident', 'Memory that the hypervisors take on the host (ExtraStats memory). Near what the host has: move guests away.', 'bytes', p.instant(q('sum(collectd_virtmeter_memory{%(s)s, virtmeter="rss"})'))),
    ]),

    d.row('Guests'),
    d.line(12, [
      p.table('Guests', 'All guests that run here; sort by any column. One that takes all the cores or requests slows the others: open its page.', [
        p.rows(c.cores('collectd_virtmeter_virt_cpu_total_total', c.s, c.guest)),
        p.rows(q('max by (%(guest)s) (collectd_virtmeter_memory{%(s)s, virtmeter="total"})')),
        p.rows('%s + %s' % [c.rate('collectd_virtmeter_disk_ops_read_total', c.s, c.guest), c.rate('collectd_virtmeter_disk_ops_write_total', c.s, c.guest)]),
        p.rows('%s + %s' % [c.rate('collectd_virtmeter_disk_octets_read_total', c.s, c.guest), c.rate('collectd_virtmeter_disk_octets_write_total', c.s, c.guest)]),
        p.rows('%s + %s' % [c.rate('collectd_virtmeter_if_octets_rx_total', c.s, c.guest), c.rate('collectd_virtmeter_if_octets_tx_total', c.s, c.guest)]),
        p.rows('%s + %s' % [c.rate('collectd_virtmeter_if_dropped_rx_total', c.s, c.guest), c.rate('collectd_virtmeter_if_dropped_tx_total', c.s, c.guest)]),
      ], [
        p.label('exported_instance', d.links.collectdGuest),
        p.label('instance'),
        p.value('Value #A', 'cores used', 'short'),
        p.value('Value #B', 'memory', 'bytes'),
        p.value('Value #C', 'disk requests', 'iops'),
        p.value('Value #D', 'disk bytes', 'Bps'),
        p.value('Value #E', 'network', 'Bps'),
        p.value('Value #F', 'drops', 'pps'),
      ], hidden=[c.cluster]),
    ]),

    d.row('What they use'),
    d.line(8, [
      p.timeseries('Cores', 'Cores that each guest uses. One that takes all: limit it with virsh schedinfo, or move it.', 'short', [
        p.range(c.cores('collectd_virtmeter_virt_cpu_total_total', c.s, 'exported_instance'), '{{exported_instance}}'),
      ]) + p.stacked,
      p.timeseries('Disk bytes', 'What all guests read and write.', 'Bps', [
        perHost('collectd_virtmeter_disk_octets_read_total', 'read'),
        perHost('collectd_virtmeter_disk_octets_write_total', 'written'),
      ]),
      p.timeseries('Mean time of a disk request', 'Over all guests (ExtraStats disk). If it rises for all at once, the storage of the host is the cause.', 's', [
        p.range(c.latency('read', c.s, 'instance'), '{{instance}} read'),
        p.range(c.latency('write', c.s, 'instance'), '{{instance}} write'),
      ]),
    ]),
    d.line(8, [
      p.timeseries('Network bytes', 'What all guests receive and send. Near what the network card can do: move a guest.', 'Bps', [
        perHost('collectd_virtmeter_if_octets_rx_total', 'received'),
        perHost('collectd_virtmeter_if_octets_tx_total', 'sent'),
      ]),
      p.timeseries('Drops and errors', 'Packets that guests lost. Drops: the guest is too slow to receive, look at its CPU. Errors: look at tap and bridge.', 'pps', [
        perHost('collectd_virtmeter_if_dropped_rx_total', 'drops in'),
        perHost('collectd_virtmeter_if_dropped_tx_total', 'drops out'),
        perHost('collectd_virtmeter_if_errors_rx_total', 'errors in'),
        perHost('collectd_virtmeter_if_errors_tx_total', 'errors out'),
      ]),
      p.timeseries('Guests by state', 'How many guests are in each state (ExtraStats domain_state). Crashed ones deserve a look: virsh domstate GUEST --reason.', 'none', [
        p.range('sum(collectd_virtmeter_domain_state_state{%s} == bool %d)' % [c.s, i], c.states[i])
        for i in std.range(1, std.length(c.states) - 1)
      ]) + p.stacked + p.states,
    ]),
  ];

  d.page(config, 'collectd-host', 'Host (collectd)', 'The guests of one host, as collectd with the plugin virtmeter knows them.', d.variables(c, 'collectd_virtmeter_virt_cpu_total_total', false), lines)
