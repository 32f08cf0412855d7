// virtmeter itself: does it measure, how long does that take, what does it cost.
local d = import '../lib/dashboard.libsonnet';
local p = import '../lib/panel.libsonnet';
local new = import '../lib/select.libsonnet';

function(config)
  // The admin daemon's metrics come by a job of their own, and not from every host.
  local select = new(config) { admin: '%s=~"$cluster"' % config.clusterLabel };
  local q(expr) = expr % select;

  local lines = [
    d.row('At a glance'),
    d.line(4, [
      p.stat('Exporters up', 'Exporters that answer Prometheus. When it falls: systemctl status virtmeter-exporter on the host; runbook LibvirtTargetDown.', 'none', p.instant(q('sum(up{%(up)s, %(s)s})'))),
      p.stat('libvirt answers', 'Exporters whose libvirt answers. Less than those up: runbook LibvirtUnreachable.', 'none', p.instant(q('sum(libvirt_up{%(s)s})'))),
      p.stat('Collectors failing', 'Collectors that did not get all that they asked for. Their table is below; runbook LibvirtCollectorFailing.', 'none', p.instant(q('count(libvirt_exporter_collector_success{%(s)s} == 0) or vector(0)'))) + p.limits([[1, 'orange']]),
      p.stat('Stuck calls', 'Calls to libvirt that have not returned by their deadline. Each occupies a worker of libvirtd: look which guest is stuck.', 'none', p.instant(q('sum(libvirt_exporter_stuck_calls{%(s)s})'))) + p.limits([[1, 'orange'], [config.stuckCallsMax, 'red']]),
      p.stat('Slowest scrape', 'The slowest exporter, as Prometheus sees it. Near the timeout of %d s: runbook LibvirtScrapeSlow.' % config.scrapeTimeoutSeconds, 's', p.instant(q('max(scrape_duration_seconds{%(up)s, %(s)s})'))) + p.limits([[config.scrapeTimeoutSeconds * config.scrapeTimeRatio / 2, 'orange'], [config.scrapeTimeoutSeconds * config.scrapeTimeRatio, 'red']]),
      p.stat('Series', 'Series that the exporters yield. A guest has about 70 to 100 of them; to have fewer, switch collectors off or filter devices.', 'short', p.instant(q('sum(scrape_samples_scraped{%(up)s, %(s)s})'))),
    ]),

    d.row('Time'),
    d.line(8, [
      p.timeseries('Scrapes', 'How long Prometheus waits, the ten slowest exporters. Near the timeout: look at the collectors beside.', 's', [
        p.range(q('scrape_duration_seconds{%(up)s, %(s)s} and topk(10, avg_over_time(scrape_duration_seconds{%(up)s, %(s)s}[$__range] @ end()))'), '{{instance}}'),
      ]) + p.lines([[config.scrapeTimeoutSeconds * config.scrapeTimeRatio, 'red']]),
      p.timeseries('Collections', 'How long it takes to ask libvirt, the ten slowest exporters. Much less than the scrape: the network, or a page of many series, is what takes the time.', 's', [
        p.range(q('libvirt_exporter_refresh_duration_seconds{%(s)s} and topk(10, avg_over_time(libvirt_exporter_refresh_duration_seconds{%(s)s}[$__range] @ end()))'), '{{instance}}'),
      ]),
    ]),
    d.line(9, [
      p.timeseries('Collectors', 'The slowest run of each collector. One that is slow alone: libvirt is slow there, such as a pool on storage that hangs; switch it off with --no-collector.NAME if you can do without.', 's', [
        p.range(q('max by (collector) (libvirt_exporter_collector_duration_seconds{%(s)s})'), '{{collector}}'),
      ]) + p.legendRight,
      p.timeseries('Slow calls to libvirt', 'Time under which 99 of 100 calls are, by function; needs --collector.calls. One that grows: look at the log of libvirtd.', 's', [
        p.range(q('histogram_quantile(0.99, sum by (call, le) (rate(libvirt_exporter_libvirt_call_duration_seconds_bucket{%(s)s}[$__rate_interval]))) and on (call) sum by (call) (rate(libvirt_exporter_libvirt_call_duration_seconds_count{%(s)s}[$__rate_interval])) > 0'), '{{call}}'),
      ]) + p.legendRight,
    ]),

    d.row('What fails'),
    d.line(8, [
      p.table('Failing collectors', 'Collectors that did not get all that they asked for, with their hosts. Empty is good. The log of the exporter says why: journalctl -u virtmeter-exporter.', [
        p.rows(q('max by (%(host)s, collector) (libvirt_exporter_collector_success{%(s)s} == 0)')),
      ], [p.label('collector'), p.label('instance', d.links.host)], hidden=[select.cluster, 'Value']),
      p.timeseries('Failed calls', 'Calls to libvirt that failed, by function and error of libvirt. A few while guests come and go are normal (no domain). Many of one kind: the log of the exporter names the thing.', 'cps', [
        p.range(q('sum by (call, code) (rate(libvirt_exporter_libvirt_call_errors_total{%(s)s}[$__rate_interval]))'), '{{call}} {{code}}'),
      ]) + p.legendRight + p.width(12),
      p.timeseries('Domains left out', 'Guests without all their series, by reason. timed_out: stuck. partial: another client holds them. filtered: you said so.', 'none', [
        p.range(q('sum by (reason) (libvirt_exporter_domains_skipped{%(s)s})'), '{{reason}}'),
      ]),
    ]),
    d.line(8, [
      p.timeseries('Stuck calls', 'Calls that have not returned by their deadline. At the limit of %d only what needs no hypervisor is asked: mend the stuck guests, runbook LibvirtStuckCalls.' % config.stuckCallsMax, 'none', [
        p.range(q('sum by (instance) (libvirt_exporter_stuck_calls{%(s)s})'), '{{instance}}'),
      ]) + p.lines([[config.stuckCallsMax, 'red']]),
      p.timeseries('Lost connections', 'Connections to libvirt that were lost and opened again, by reason. keepalive: libvirtd froze. eof: it ended. Again and again: look at libvirtd.', 'none', [
        p.range(q('sum by (reason) (increase(libvirt_exporter_reconnects_total{%(s)s}[$__rate_interval]))'), '{{reason}}'),
      ]) + p.bars,
      p.timeseries('Registrations for events', 'Each connection registers for events once; between two, events are not counted. It follows the lost connections.', 'none', [
        p.range(q('sum by (instance) (increase(libvirt_exporter_event_registrations_total{%(s)s}[$__rate_interval]))'), '{{instance}}'),
      ]) + p.bars,
      p.timeseries('What does not fit', 'Parameters of libvirt that this version does not know (a newer virtmeter may), and samples dropped because another has the same labels (two disks with one target).', 'none', [
        p.range(q('max by (instance) (libvirt_exporter_unknown_parameters{%(s)s})'), '{{instance}} unknown'),
        p.range(q('sum by (instance) (increase(libvirt_exporter_duplicate_samples_total{%(s)s}[$__rate_interval]))'), '{{instance}} duplicates'),
      ]),
    ]),

    d.row('Cost'),
    d.line(8, [
      p.timeseries('Calls to libvirt', 'Calls by function. Their number does not grow with the guests; if it does, a collector of one call for each domain is on.', 'cps', [
        p.range(q('sum by (call) (rate(libvirt_exporter_libvirt_calls_total{%(s)s}[$__rate_interval]))'), '{{call}}'),
      ]) + p.legendRight + p.width(9) + p.stacked,
      p.timeseries('CPU of the exporter', 'Cores that the exporters use, the ten highest. More than a tenth: scrape less often, or look at the calls.', 'short', [
        p.range(q('rate(process_cpu_seconds_total{%(up)s, %(s)s}[$__rate_interval]) and topk(10, rate(process_cpu_seconds_total{%(up)s, %(s)s}[$__range] @ end()))'), '{{instance}}'),
      ]),
      p.timeseries('Memory of the exporter', 'Resident memory, the ten highest exporters. It depends on the number of guests and stays; a slope over days is a leak: tell us.', 'bytes', [
        p.range(q('process_resident_memory_bytes{%(up)s, %(s)s} and topk(10, avg_over_time(process_resident_memory_bytes{%(up)s, %(s)s}[$__range] @ end()))'), '{{instance}}'),
      ]),
      p.timeseries('Open files and threads', 'The most of any exporter. Open files near their limit: too many scrapes at once, or a leak.', 'none', [
        p.range(q('max(process_open_fds{%(up)s, %(s)s})'), 'open files'),
        p.range(q('max(process_threads{%(up)s, %(s)s})'), 'threads'),
        p.range(q('min(process_max_fds{%(up)s, %(s)s})'), 'limit of files'),
      ]),
    ]),
    d.line(8, [
      p.table('Versions', 'What runs where. Exporters of different versions differ in what they yield: bring them to one.', [
        p.rows(q('max by (%(host)s, version, revision, libvirt_runtime) (libvirt_exporter_build_info{%(s)s})')),
        p.rows(q('max by (%(host)s, libvirt_version, hypervisor_version, driver) (libvirt_connection_info{%(s)s})')),
        p.rows(q('max by (%(host)s, arch, cpu_model) (libvirt_node_info{%(s)s})')),
        p.rows(q('time() - max by (%(host)s) (process_start_time_seconds{%(up)s, %(s)s})')),
        p.rows(q('max by (%(host)s) (scrape_samples_scraped{%(up)s, %(s)s})')),
      ], [
        p.label('instance', d.links.host),
        p.label('version'),
        p.label('revision'),
        p.label('libvirt_version'),
        p.label('hypervisor_version'),
        p.label('driver'),
        p.label('arch'),
        p.label('cpu_model'),
        p.value('Value #D', 'runs for', 'dtdurations'),
        p.value('Value #E', 'series', 'none'),
      ], hidden=[select.cluster, 'libvirt_runtime', 'Value #A', 'Value #B', 'Value #C']),
    ]),

    d.row('The daemon that may change guests'),
    d.line(8, [
      p.timeseries('Requests', 'Requests to virtmeter-admind by how they ended; ok is none of its problems. Many of one other kind: the audit file says whose, by uid.', 'reqps', [
        p.range(q('sum by (result) (rate(virtmeter_admin_requests_total{%(admin)s}[$__rate_interval]))'), '{{result}}'),
      ]),
      p.timeseries('Denied', 'Requests that were refused, by reason. role and scope: somebody tries what he may not; brake: somebody stops many guests at once. Runbook LibvirtAdminDenials.', 'none', [
        p.range(q('sum by (reason) (increase(virtmeter_admin_denials_total{%(admin)s}[$__rate_interval]))'), '{{reason}}'),
      ]) + p.bars,
      p.timeseries('Actions that ended', 'By action and outcome. failed and timed_out: the audit file says of which guest. unknown: libvirt has not come back; look at the guest itself.', 'none', [
        p.range(q('sum by (action, state) (increase(virtmeter_admin_operations_total{%(admin)s}[$__rate_interval]))'), '{{action}}: {{state}}'),
      ]) + p.bars,
      p.timeseries('Under way', 'Actions under way, clients, and lines of the audit file that could not be written. Actions that only grow in number hang in libvirt. A line that fails: runbook LibvirtAdminAuditFailing.', 'none', [
        p.range(q('sum(virtmeter_admin_operations_running{%(admin)s})'), 'actions'),
        p.range(q('sum(virtmeter_admin_connections{%(admin)s})'), 'clients'),
        p.range(q('sum(virtmeter_admin_event_streams{%(admin)s})'), 'followers of events'),
        p.range(q('sum(increase(virtmeter_admin_audit_failures_total{%(admin)s}[$__rate_interval]))'), 'audit failures'),
      ]),
    ]),
  ];

  d.page(config, 'exporter', 'Exporter', 'virtmeter itself: does it measure, how long does it take, what does it cost.', d.variables(select, 'libvirt_up', true), lines)
