# shellcheck shell=bash
# What keeps a lab apart from the machine and from other labs: telling its processes, its namespaces, its cgroups.
# Sourced by ./lab.
# shellcheck disable=SC2154  # mark and self are set there

# ---- processes

# Whose process is it? The namespace of a lab has a sysfs mounted whose source is this mark, so everything that runs in
# a lab can be told by its mountinfo - also what was never recorded, and also when the lab's first process has died.
in_lab() { grep -qsF " $mark " "/proc/$1/mountinfo"; }
members() { grep -lsF " $mark " /proc/[0-9]*/mountinfo | cut -d/ -f3 || true; }

recorded() { # recorded NAME: print that pid if it still runs in this lab
  local pid
  pid=$(cat "$LAB_DIR/pids/$1" 2>/dev/null) && in_lab "$pid" && echo "$pid"
}

is_running() { # is_running PID START-TIME; a process that nobody has reaped yet (Z) has gone, too
  local state start
  read -r state start < <(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1,20) || return 1
  [ "$state" != Z ] && [ "$start" = "$2" ]
}
start_time() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }

within() { # within SECONDS CMD...: repeat CMD until it succeeds
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

daemon_pid() { recorded libvirtd || die "libvirtd is not running"; }

guest_pid() { # guest_pid DOM
  local pid
  pid=$(cat "$LAB_DIR/run/qemu/$1.pid" 2>/dev/null) || die "no running guest '$1'"
  in_lab "$pid" || die "guest '$1' has died"
  echo "$pid"
}

# ---- namespaces

in_ns() { # replaces this shell by the command, so the caller's pid is the command's
  local holder
  holder=$(recorded holder) || die "the namespace of $LAB_DIR is gone"
  exec nsenter -t "$holder" -m -n -u -- "$@"
}

libvirt_dirs="run:/run log:/var/log lib:/var/lib cache:/var/cache etc:/etc"

make_namespaces() {
  local pair
  for pair in $libvirt_dirs; do mkdir -p "${pair#*:}/libvirt"; done
  setsid unshare -m -n -u --propagation private "$self" _hold </dev/null >"$LAB_DIR/log/hold.log" 2>&1 &
  disown
  echo $! >"$LAB_DIR/pids/holder"
  within 10 test -e "$LAB_DIR/held" || { cat "$LAB_DIR/log/hold.log" >&2; die "cannot make the namespaces"; }
}

hold() { # the first process inside: arranges the mounts, then keeps the namespaces alive
  local pair
  if [ -d /sys/fs/cgroup ]; then mount --rbind /sys/fs/cgroup "$LAB_DIR/cgroup"; fi
  mount -t sysfs "$mark" /sys # a fresh one: it must show the NICs of this network namespace
  if [ -d /sys/fs/cgroup ]; then mount --rbind "$LAB_DIR/cgroup" /sys/fs/cgroup; fi
  for pair in $libvirt_dirs; do mount --bind "$LAB_DIR/${pair%%:*}" "${pair#*:}/libvirt"; done
  if [ -n "${LAB_CACHE:-}" ]; then mount --bind "$LAB_CACHE" /var/cache/libvirt; fi
  # no word to a systemd or machined outside
  if [ -d /run/dbus ]; then mount -t tmpfs none /run/dbus; fi
  add_libvirt_user
  if [ -n "${LAB_HOSTNAME:-}" ]; then hostname "$LAB_HOSTNAME"; fi
  ip link set lo up
  touch "$LAB_DIR/held"
  exec sleep infinity
}

# The QEMU driver wants these names to exist even when told to use root. Debian makes them in a package we do not need.
add_libvirt_user() {
  if getent passwd libvirt-qemu >/dev/null && getent group libvirt-qemu >/dev/null; then return 0; fi
  { cat /etc/passwd; echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin'; } >"$LAB_DIR/passwd"
  { cat /etc/group; echo 'libvirt-qemu:x:64055:'; } >"$LAB_DIR/group"
  mount --bind "$LAB_DIR/passwd" /etc/passwd
  mount --bind "$LAB_DIR/group" /etc/group
}

# ---- cgroups

cgroup_name() { echo "virtmeter-lab${LAB_DIR//[^A-Za-z0-9]/-}"; } # a dot would have a meaning for libvirt
hierarchies() { grep -E '^[^ ]+ [^ ]+ cgroup2? ' /proc/mounts | cut -d' ' -f2; }

# libvirt makes groups below a partition, but not the partition; a new v1 cpuset is empty and would take no process
make_partition() {
  local root dir file
  for root in $(hierarchies); do
    dir=$root/$(cgroup_name).partition
    mkdir -p "$dir"
    for file in cpuset.cpus cpuset.mems; do
      if [ -w "$root/$file" ]; then cat "$root/$file" >"$dir/$file"; fi
    done
  done
}

remove_partition() { # fails while the kernel has not yet let go of a process that has just died
  local root dir rest=0
  for root in $(hierarchies); do
    dir=$root/$(cgroup_name).partition
    [ -d "$dir" ] || continue
    find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || rest=1
  done
  return "$rest"
}
