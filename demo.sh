#!/bin/bash
# Builds virtmeter-exporter and shows it at work on a host that does not exist: the twelve domains of demo/fleet.xml.
#
#   ./demo.sh              runs until Ctrl-C
#   ./demo.sh --once       stops after the first look; the exit code says whether all went well
#   ./demo.sh --port N     listens on N instead of 9177, on the loopback only
#
# Needs Debian 12, and root or sudo when a package has to be installed. No libvirtd is needed: libvirt's test driver
# runs inside the exporter.
set -eu

here=$(dirname "$(readlink -f "$0")")
build=$here/build/demo
exporter_pid=""
port=9177
once=no

say() { printf 'demo: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -eu/p' "$here/demo.sh" | sed -n 's/^# \{0,1\}//p'; }

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --once) once=yes ;;
      --port) shift; port=${1:-} ;;
      --port=*) port=${1#*=} ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift $(($# > 0))
  done
  if ! [[ $port =~ ^[0-9]{1,5}$ ]] || ((10#$port < 1 || 10#$port > 65535)); then die "--port wants a number up to 65535"; fi
}

refuse_busy_port() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is in use by another program; choose another one with --port N"
  fi
}

quietly() { # quietly COMMAND...: shows what it printed only when it failed
  local log=$here/build/demo.log
  "$@" >"$log" 2>&1 || { cat "$log" >&2; die "failed: $*"; }
}

build_exporter() {
  mkdir -p "$here/build"
  say "installing what the build needs, where it is missing"
  quietly "$here/tools/install-deps" build
  say "building"
  cd "$here"
  quietly cmake --preset release -B "$build" -DBUILD_TESTING=OFF -DVIRTMETER_ADMIN=OFF -DVIRTMETER_COLLECTD=OFF
  quietly cmake --build "$build"
}

fleet_uri() { # the test driver's URI of the fleet, with what a URL may not hold escaped
  local LC_ALL=C path=$here/demo/fleet.xml escaped="" i char
  for ((i = 0; i < ${#path}; i++)); do
    char=${path:i:1}
    case $char in
      [A-Za-z0-9/._~-]) escaped+=$char ;;
      *) printf -v char '%%%02X' "'$char"; escaped+="%${char: -2}" ;;
    esac
  done
  echo "test://$escaped"
}

start_exporter() {
  "$build/exporter/virtmeter-exporter" "--libvirt.uri=$(fleet_uri)" "--web.listen-address=127.0.0.1:$port" \
    >"$build/exporter.log" 2>&1 &
  exporter_pid=$!
}

stop_exporter() { # its exit code
  local pid=$exporter_pid
  exporter_pid=""
  kill "$pid" 2>/dev/null || true
  wait "$pid"
}

get() { curl --silent --fail --noproxy '*' --max-time 10 "http://127.0.0.1:$port$1"; }

await_ready() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if ! kill -0 "$exporter_pid" 2>/dev/null; then
      cat "$build/exporter.log" >&2
      die "the exporter has ended"
    fi
    if get /-/ready >/dev/null; then return; fi
    sleep 0.1
  done
  cat "$build/exporter.log" >&2
  die "the exporter was not ready within 30 seconds"
}

# One series for each kind of thing that is measured. One that is missing fails the demo.
show_metrics() {
  local page=$build/metrics.txt pattern line shown=0
  get /metrics >"$page" || die "no answer from /metrics"
  echo
  while read -r pattern; do
    line=$(grep -m 1 -E "^$pattern" "$page") || die "/metrics has no series like $pattern"
    if [ "${#line}" -gt 100 ]; then line="${line:0:72}... ${line##* }"; fi
    printf '%s\n' "$line"
    shown=$((shown + 1))
  done <<'PATTERNS'
libvirt_up 1
libvirt_node_cpus 32
libvirt_node_domains\{state="running"\} 9
libvirt_node_domains\{state="shutoff"\} 2
libvirt_domain_state\{domain="web-3",state="paused"\} 1
libvirt_domain_vcpus\{domain="db-1"\} 16
libvirt_domain_memory_current_bytes\{domain="cache-1"\} 12884901888
libvirt_domain_block_read_bytes_total\{domain="db-1",device="vdb"\}
libvirt_domain_interface_receive_bytes_total\{domain="db-1",interface="testnet4"\}
libvirt_domain_openstack_info\{domain="instance-0000001b",
libvirt_storage_pool_available_bytes\{storage_pool="images"\} 40802189312
libvirt_exporter_refresh_duration_seconds
PATTERNS
  echo
  say "$shown of $(grep -vc '^#' "$page") series; counters are what libvirt's test driver makes up"
}

read_arguments "$@"
exec </dev/null
refuse_busy_port
build_exporter
trap 'if [ -n "$exporter_pid" ]; then stop_exporter || true; fi' EXIT
trap 'exit 0' INT TERM
start_exporter
await_ready
show_metrics
say "http://localhost:$port/metrics   http://localhost:$port/"
if [ "$once" = yes ]; then
  stop_exporter || die "the exporter ended with exit code $?"
  exit 0
fi
say "Ctrl-C ends it"
wait "$exporter_pid" || die "the exporter has ended, see $build/exporter.log"
