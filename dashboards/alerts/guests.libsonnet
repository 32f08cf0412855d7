// Guests that do not do what they should: stuck, crashed, paused, not running, not getting away.
function(alert, events) [
  // A guest that is being moved, saved or started may keep its hypervisor busy for long.
  alert(
    'GuestStuck',
    'critical',
    '5m',
    'guest',
    |||
      libvirt_domain_collected == 0
      unless on (%(domain)s) libvirt_domain_job_info
      unless on (%(domain)s) libvirt_domain_state_reason_info{state="paused", reason=~"migration|starting_up"}
    |||,
    'Guest {{ $labels.domain }} on {{ $labels.instance }} is stuck',
    'The hypervisor of {{ $labels.domain }} on {{ $labels.instance }} has not answered libvirt for 5 minutes. The guest may hang, and cannot be managed.'
  ),
  // A hypervisor that dies is `failed` among the events; so is a guest whose way to this host was broken off.
  alert(
    'GuestCrashed',
    'critical',
    '1m',
    'guest',
    |||
      max without (state, reason) (
        libvirt_domain_state_reason_info{state="crashed"} or libvirt_domain_state_reason_info{state=~"shutoff|paused", reason="crashed"}
      )
      or
      sum without (event, detail) (
    ||| + '  ' + events.increase('libvirt_domain_lifecycle_events_total', 'event=~"stopped|crashed", detail=~"failed|crashed|panicked|crashloaded"', '15m') +
    '\n  unless on (%(domain)s) max_over_time(libvirt_domain_state_reason_info{state="paused", reason="migration"}[15m])\n)\n',
    'Guest {{ $labels.domain }} on {{ $labels.instance }} crashed',
    'The guest {{ $labels.domain }} on {{ $labels.instance }}, or its hypervisor, crashed. It is down, or was started again within the last 15 minutes.'
  ),
  alert(
    'GuestPausedIOError',
    'critical',
    '1m',
    'guest',
    'libvirt_domain_state_reason_info{state="paused", reason="ioerror"} == 1',
    'Guest {{ $labels.domain }} on {{ $labels.instance }} is paused by an I/O error',
    'libvirt paused {{ $labels.domain }} on {{ $labels.instance }}, because a disk failed or has no space left. It stands still until somebody resumes it.'
  ),
  // A guest that migrated away may stay defined where it was; one that crashed has an alert of its own.
  alert(
    'AutostartGuestDown',
    'warning',
    '10m',
    'guest',
    |||
      libvirt_domain_autostart == 1
      and on (%(domain)s) libvirt_domain_state{state="shutoff"} == 1
      unless on (%(domain)s) libvirt_domain_state_reason_info{state="shutoff", reason=~"migrated|crashed"}
    |||,
    'Guest {{ $labels.domain }} on {{ $labels.instance }} should run',
    'The guest {{ $labels.domain }} is to start with its host {{ $labels.instance }}, but has been shut off for 10 minutes.'
  ),
  // The most that remained in a quarter of an hour is not less than in the one before: it does not get on.
  alert(
    'MigrationStuck',
    'warning',
    '5m',
    'guest',
    |||
      libvirt_domain_job_elapsed_seconds > %(migrationSeconds)d
      and on (%(domain)s) libvirt_domain_job_info{operation="migration_out"}
      and on (%(domain)s)
      max_over_time(libvirt_domain_job_remaining_bytes{resource="memory"}[15m])
      >=
      max_over_time(libvirt_domain_job_remaining_bytes{resource="memory"}[15m] offset 15m)
    |||,
    'Migration of {{ $labels.domain }} from {{ $labels.instance }} does not get on',
    'The guest {{ $labels.domain }} has been leaving {{ $labels.instance }} for {{ $value | humanizeDuration }}, and what remains to be copied does not shrink.'
  ),
  alert(
    'MigrationFailed',
    'warning',
    '1m',
    'guest',
    'sum without (operation, result) (\n  ' +
    events.increase('libvirt_domain_jobs_completed_total', 'operation="migration_out", result="failed"', '15m') + '\n)\n' +
    'or\nmax without (state, reason) (libvirt_domain_state_reason_info{reason="postcopy_failed"})\n',
    'Migration of {{ $labels.domain }} from {{ $labels.instance }} failed',
    'The guest {{ $labels.domain }} could not leave {{ $labels.instance }} within the last 15 minutes, or is broken between two hosts.'
  ),
]
