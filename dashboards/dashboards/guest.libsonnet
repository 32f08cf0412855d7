// One guest. It is chosen by host and name, and followed by its UUID to whatever host it migrates.
local annotations = import '../lib/annotations.libsonnet';
local d = import '../lib/dashboard.libsonnet';
local newEvents = import '../lib/events.libsonnet';
local p = import '../lib/panel.libsonnet';
local new = import '../lib/select.libsonnet';

function(config)
  local select = new(config);
  local events = newEvents(select);
  // Of a gauge two hosts may have one each while a guest moves; rates of both belong to it.
  local gauge(metric, by) = 'max by (%s) (%s{%s}%s)' % [by, metric, select.g, select.is];
  // What is true of it where it runs: for tables of its devices.
  local here(metric, by) = 'max by (%s) (%s{%s}%s%s)' % [by, metric, select.g, select.is, select.here];
  local rate(metric, by, extra='') = 'sum by (%s) (rate(%s{%s%s}[$__rate_interval])%s)' % [by, metric, select.g, extra, select.is];
  local happened(metric, by) = 'sum by (%s) (%s%s)' % [by, events.increase(metric, select.g, '$__rate_interval', select.fleet), select.is];
  local gaugeLine(metric, legend, by='domain') = p.range(gauge(metric, by), legend);
  local rateLine(metric, legend, by='domain', extra='') = p.range(rate(metric, by, extra), legend);
  local ratio(above, below, by) = '%s / (%s > 0)' % [rate(above, by), rate(below, by)];
  local yes = { '0': ['no', 'orange'], '1': ['yes', 'green'] };
  local flag(field, name) = p.value(field, name, 'none') + { mappings: yes };

  local lines = [
    d.row('Now'),
    d.line(6, [
      p.table('Who and where', 'The guest, its hosts and its state there, with the reason. After a migration the old host may still know it as shut off. Paused for ioerror: the disk is full or gone, runbook LibvirtGuestPausedIOError.', [
        p.rows(gauge('libvirt_domain_state_reason_info', 'instance, domain, state, reason')),
        p.rows(gauge('libvirt_domain_info', 'instance, domain, uuid, title, virt_type, os_type_machine')),
        p.rows(gauge('libvirt_domain_openstack_info', 'instance, domain, project_name, flavor_name')),
        p.rows(gauge('libvirt_domain_start_timestamp_seconds', 'instance, domain') + ' * 1000'),
        p.rows(gauge('libvirt_domain_autostart', 'instance, domain')),
        p.rows(gauge('libvirt_domain_persistent', 'instance, domain')),
        p.rows(gauge('libvirt_domain_guest_agent_connected', 'instance, domain')),
      ], [
        p.label('instance', d.links.host),
        p.label('state'),
        p.label('reason'),
        p.label('uuid'),
        p.label('title'),
        p.label('project_name'),
        p.label('flavor_name'),
        p.label('virt_type'),
        p.label('os_type_machine'),
        p.value('Value #D', 'started', 'dateTimeFromNow'),
        flag('Value #E', 'autostart'),
        flag('Value #F', 'persistent'),
        flag('Value #G', 'guest agent'),
      ], hidden=['domain', 'Value #A', 'Value #B', 'Value #C']),
    ]),
    d.line(4, [
      p.stat('Measured', 'Whether all its statistics came back. If not, its hypervisor does not answer: runbook LibvirtGuestStuck.', 'none', p.instant('min(libvirt_domain_collected{%s}%s%s)' % [select.g, select.is, select.here])) + p.named({ '0': ['stuck', 'red'], '1': ['yes', 'green'] }),
      p.stat('Age of that', 'How long ago all its statistics came back last. Older than a few scrapes: it is stuck.', 's', p.instant('clamp_min(min(libvirt_exporter_last_collection_timestamp_seconds{%(fleet)s} - on (%(host)s) group_right () (libvirt_domain_last_collected_timestamp_seconds{%(g)s}%(is)s)), 0)' % select)) + p.limits([[60, 'orange'], [300, 'red']]),
      p.stat('CPU used', 'Part of its vCPUs that it uses. Above 100 % its hypervisor works as well, for I/O. Always near 100 %: it wants more vCPUs.', 'percentunit', p.instant('sum(instance_domain:libvirt_domain_cpu:ratio_rate5m{%s}%s)' % [select.g, select.is])) + p.limits([[0.8, 'orange'], [0.95, 'red']]),
      p.stat('Steal', 'Part of the CPU time that it wanted and did not get. Move it, or its neighbours: page Host.', 'percentunit', p.instant('max(instance_domain:libvirt_domain_vcpu_delay:ratio_rate5m{%s}%s)' % [select.g, select.is])) + p.noValue('idle or unknown') + p.limits([[config.vcpuDelayRatio / 2, 'orange'], [config.vcpuDelayRatio, 'red']]),
      p.stat('Memory usable', 'Part of its memory that it can still use, by its own figures. Little: it will swap or kill; give it more.', 'percentunit', p.instant('max(instance_domain:libvirt_domain_memory_guest_usable:ratio{%s}%s)' % [select.g, select.is])) + { fieldConfig+: { defaults+: { thresholds: { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'orange', value: config.guestMemoryUsableRatio }, { color: 'green', value: config.guestMemoryUsableRatio * 2 }] } } } },
      p.stat('Age of its memory figures', 'How long ago its balloon driver reported. Old: the guest has no driver, hangs, or libvirt was not told to ask; runbook LibvirtBalloonStale.', 's', p.instant('min(instance_domain:libvirt_domain_memory_guest_last_update:age_seconds{%s}%s)' % [select.g, select.is])) + p.limits([[60, 'orange'], [config.balloonAgeSeconds, 'red']]),
    ]),
    d.line(6, [
      p.timeseries('State and place', 'The state it was in, and on which host. Each colour is one state on one host; a gap is a time when nobody measured it.', 'none', [
        p.range('sum by (state, instance) (libvirt_domain_state{%s} == 1%s)' % [select.g, select.is], '{{state}} on {{instance}}'),
      ]) + p.stacked + p.steps01,
    ]),

    d.row('CPU'),
    d.line(8, [
      p.timeseries('CPU used', 'Cores that it uses, in its vCPUs and in its hypervisor, of the vCPUs it has. At the line of its vCPUs for long: it wants more.', 'short', [
        rateLine('libvirt_domain_cpu_seconds_total', 'used'),
        rateLine('libvirt_domain_vcpu_time_seconds_total', 'by its vCPUs'),
        gaugeLine('libvirt_domain_vcpus', 'vCPUs'),
      ]),
      p.timeseries('Delay of each vCPU', 'Part of the time that the vCPU was ready and the host ran something else: the steal that the guest sees. Above 10 %: the host is overcommitted, move this guest or its neighbours.', 'percentunit', [
        rateLine('libvirt_domain_vcpu_delay_seconds_total', 'vCPU {{vcpu}}', 'vcpu'),
      ]) + p.lines([[config.vcpuDelayRatio, 'red']]),
      p.timeseries('Wait of each vCPU', 'Part of the time that the vCPU wanted to run but waited for input or output of the host, such as swapped-out memory. Above 0: look at memory and storage of the host.', 'percentunit', [
        rateLine('libvirt_domain_vcpu_wait_seconds_total', 'vCPU {{vcpu}}', 'vcpu'),
      ]),
      p.timeseries('User, system, polling', 'Where its hypervisor spends CPU time. Much polling without success: halt_poll_ns of the host is set too high for it.', 'short', [
        rateLine('libvirt_domain_cpu_mode_seconds_total', '{{mode}}', 'mode'),
        rateLine('libvirt_domain_cpu_haltpoll_seconds_total', 'polling, {{result}}', 'result'),
      ]),
    ]),

    d.row('Memory'),
    d.line(8, [
      p.timeseries('Memory', 'What it has and may have, what the host spends on it, and what it says of itself: in use is total less usable. In use near total: give it more. The own figures count only while they are young, see their age.', 'bytes', [
        gaugeLine('libvirt_domain_memory_maximum_bytes', 'maximum'),
        gaugeLine('libvirt_domain_memory_current_bytes', 'has'),
        gaugeLine('libvirt_domain_memory_rss_bytes', 'resident on the host'),
        gaugeLine('libvirt_domain_memory_guest_total_bytes', 'total, by itself'),
        p.range('%s - %s' % [gauge('libvirt_domain_memory_guest_total_bytes', 'domain'), gauge('libvirt_domain_memory_guest_usable_bytes', 'domain')], 'in use, by itself'),
        gaugeLine('libvirt_domain_memory_guest_unused_bytes', 'unused, by itself'),
        gaugeLine('libvirt_domain_memory_guest_disk_caches_bytes', 'disk caches, by itself'),
      ]) + { fieldConfig+: { defaults+: { custom+: { fillOpacity: 0 } } } },
      p.timeseries('Age of its own figures', 'How old the figures of its balloon driver are. A slope: the driver does not report; then do not trust them.', 's', [
        p.range('clamp_min(min by (domain) (libvirt_exporter_last_collection_timestamp_seconds{%(fleet)s} - on (%(host)s) group_right () (libvirt_domain_memory_guest_last_update_timestamp_seconds{%(g)s}%(is)s)), 0)' % select, 'age'),
      ]) + p.lines([[config.balloonAgeSeconds, 'red']]),
      p.timeseries('Swap', 'What it swaps in and out. In and out for long: it lacks memory, runbook LibvirtGuestSwapping.', 'Bps', [
        rateLine('libvirt_domain_memory_guest_swap_in_bytes_total', 'in'),
        rateLine('libvirt_domain_memory_guest_swap_out_bytes_total', 'out'),
      ]),
      p.timeseries('Page faults', 'Major faults read from its disk: many, with swap, mean that it lacks memory. Minor ones are harmless.', 'short', [
        rateLine('libvirt_domain_memory_guest_faults_total', '{{type}}', 'type'),
      ]),
    ]),

    d.row('Disks'),
    d.line(8, [
      p.timeseries('Requests', 'Reads, writes and flushes of each disk. Flat at a limit: it is throttled, see virsh blkdeviotune.', 'iops', [
        rateLine('libvirt_domain_block_read_requests_total', '{{device}} read', 'device'),
        rateLine('libvirt_domain_block_write_requests_total', '{{device}} write', 'device'),
        rateLine('libvirt_domain_block_flush_requests_total', '{{device}} flush', 'device'),
      ]) + p.legendRight + p.width(9),
      p.timeseries('Bytes', 'What it reads and writes on each disk. Flat at a limit: it is throttled, or the storage is at its end.', 'Bps', [
        rateLine('libvirt_domain_block_read_bytes_total', '{{device}} read', 'device'),
        rateLine('libvirt_domain_block_write_bytes_total', '{{device}} written', 'device'),
      ]),
      p.timeseries('Mean time of a request', 'How long a read or write takes. If it rises with the requests, the storage is busy; if it rises alone, look at the storage of the host: runbook LibvirtDiskLatencyHigh.', 's', [
        p.range(ratio('libvirt_domain_block_read_time_seconds_total', 'libvirt_domain_block_read_requests_total', 'device'), '{{device}} read'),
        p.range(ratio('libvirt_domain_block_write_time_seconds_total', 'libvirt_domain_block_write_requests_total', 'device'), '{{device}} write'),
      ]) + p.lines([[config.diskLatencySeconds, 'red']]),
      p.timeseries('Mean time of a flush', 'How long it takes until written data is safe. Databases feel this first: slow flushes ask for a faster journal or disk of the host.', 's', [
        p.range(ratio('libvirt_domain_block_flush_time_seconds_total', 'libvirt_domain_block_flush_requests_total', 'device'), '{{device}}'),
      ]),
    ]),
    d.line(8, [
      p.timeseries('Allocation, space and size of images', 'How far each image is written, the space it takes on the host, and the size the guest sees. Allocation near the space of a block device: it will pause, runbook LibvirtThinImageFilling.', 'bytes', [
        gaugeLine('libvirt_domain_block_allocation_bytes', '{{device}} allocation', 'device'),
        gaugeLine('libvirt_domain_block_physical_bytes', '{{device}} space on the host', 'device'),
        gaugeLine('libvirt_domain_block_capacity_bytes', '{{device}} size', 'device'),
      ]) + { fieldConfig+: { defaults+: { custom+: { fillOpacity: 0 } } } },
      p.table('Disks', 'What its disks are. Cache and discard explain much: writeback hides latency, and without discard images only grow.', [
        p.rows(here('libvirt_domain_block_info', 'device, disk_type, bus, driver_type, cache, discard, source')),
        p.rows(here('libvirt_domain_block_capacity_bytes', 'device')),
        p.rows('%s / (%s > 0)' % [here('libvirt_domain_block_allocation_bytes', 'device'), here('libvirt_domain_block_capacity_bytes', 'device')]),
      ], [
        p.label('device'),
        p.value('Value #B', 'size', 'bytes'),
        p.value('Value #C', 'allocated', 'percentunit'),
        p.label('bus'),
        p.label('disk_type'),
        p.label('driver_type'),
        p.label('cache'),
        p.label('discard'),
        p.label('source'),
      ], hidden=['Value #A']),
      p.timeseries('I/O errors', 'I/O errors, by disk and by what libvirt did about them. Any is bad: runbook LibvirtDiskErrors.', 'none', [
        p.range(happened('libvirt_domain_io_errors_total', 'alias, action, reason'), '{{alias}}: {{action}} {{reason}}'),
      ]) + p.bars + p.width(6),
    ]),

    d.row('Interfaces'),
    d.line(8, [
      p.timeseries('Bytes', 'What it receives and sends on each interface. Flat at a limit: see virsh domiftune.', 'Bps', [
        rateLine('libvirt_domain_interface_receive_bytes_total', '{{interface}} received', 'interface'),
        rateLine('libvirt_domain_interface_transmit_bytes_total', '{{interface}} sent', 'interface'),
      ]),
      p.timeseries('Packets', 'Packets on each interface. Many small ones cost CPU on the host.', 'pps', [
        rateLine('libvirt_domain_interface_receive_packets_total', '{{interface}} received', 'interface'),
        rateLine('libvirt_domain_interface_transmit_packets_total', '{{interface}} sent', 'interface'),
      ]),
      p.timeseries('Drops and errors', 'Packets lost on each interface. Drops on receive: the guest is too slow, look at its CPU and steal; runbook LibvirtInterfaceDrops.', 'pps', [
        rateLine('libvirt_domain_interface_receive_drops_total', '{{interface}} drops in', 'interface'),
        rateLine('libvirt_domain_interface_transmit_drops_total', '{{interface}} drops out', 'interface'),
        rateLine('libvirt_domain_interface_receive_errors_total', '{{interface}} errors in', 'interface'),
        rateLine('libvirt_domain_interface_transmit_errors_total', '{{interface}} errors out', 'interface'),
      ]) + p.legendRight + p.width(9),
      p.table('Interfaces', 'What its interfaces are, and whether the link is up. A link that is down is set so in its configuration: virsh domif-setlink.', [
        p.rows(here('libvirt_domain_interface_info', 'interface, type, source, mac, model')),
        p.rows(here('libvirt_domain_interface_link_up', 'interface')),
      ], [p.label('interface'), flag('Value #B', 'link'), p.label('type'), p.label('source'), p.label('mac'), p.label('model')], hidden=['Value #A']),
    ]),

    d.row('Jobs and events'),
    d.line(8, [
      p.timeseries('Job: what remains', 'What a migration, save or backup has still to transfer, of what there is. If it does not shrink, the guest writes faster than it is transferred: runbook LibvirtMigrationStuck.', 'bytes', [
        gaugeLine('libvirt_domain_job_remaining_bytes', '{{resource}} remaining', 'resource'),
        gaugeLine('libvirt_domain_job_processed_bytes', '{{resource}} processed', 'resource'),
        gaugeLine('libvirt_domain_job_total_bytes', '{{resource}} total', 'resource'),
      ]),
      p.timeseries('Job: speed', 'How fast the job transfers. Far under what the network can: look at the CPU of both hosts, and at virsh migrate-getspeed.', 'Bps', [
        gaugeLine('libvirt_domain_job_transfer_bytes_per_second', '{{resource}}', 'resource'),
      ]),
      p.timeseries('Job: time', 'How long the job has been running, and how long it will stop or did stop the guest. A long downtime: allow more with virsh migrate-setmaxdowntime only if the guest can bear it.', 's', [
        gaugeLine('libvirt_domain_job_elapsed_seconds', '{{domain}} elapsed'),
        gaugeLine('libvirt_domain_job_downtime_seconds', '{{domain}} downtime'),
      ]),
      p.timeseries('Events', 'What libvirt told of the guest: starts, stops, reboots, jobs that ended, failures of memory. Starts and stops in turn: it crashes, see its console log.', 'none', [
        p.range(happened('libvirt_domain_lifecycle_events_total', 'event, detail'), '{{event}}: {{detail}}'),
        p.range(happened('libvirt_domain_events_total', 'event'), '{{event}}'),
        p.range(happened('libvirt_domain_jobs_completed_total', 'operation, result'), '{{operation}}: {{result}}'),
      ]) + p.bars + p.legendRight + p.width(9),
    ]),
  ];

  d.page(
    config,
    'guest',
    'Guest',
    'One guest, followed by its UUID to whatever host it migrates. Best come to from the table of a host.',
    d.variables(select, 'libvirt_up', false) + [
      d.variable('domain', 'Guest', 'label_values(libvirt_domain_info{%(s)s}, domain)' % select),
      d.variable('uuid', 'UUID', 'label_values(libvirt_domain_info{%(s)s, domain="$domain"}, uuid)' % select),
    ],
    lines,
    annotations(select, select.g)
  )
