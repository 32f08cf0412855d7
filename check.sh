#!/bin/bash
# Proves this checkout: builds it in every way, with warnings as errors, and runs all its tests.
#
#   ./check.sh                   everything; wants root for the tests with a real libvirtd
#   ./check.sh --fast            only the build with ASan and UBSan, and the tests of single modules
#   ./check.sh --bench           also the benchmarks of tests/bench
#   ./check.sh --soak MINUTES    that long of random faults, instead of two minutes: tests/e2e/soak.py
#
# Every stage runs, whatever became of those before it. What a stage printed is in build/check/STAGE.log; of one that
# failed the end is shown. The last line counts the stages; what was skipped is named above it.
set -eu
cd "$(dirname "$(readlink -f "$0")")"
exec </dev/null

root=$PWD
logs=$root/build/check
python=/usr/bin/python3 # Debian's own: it has the packages that the tests need
jobs=$(nproc)
export PYTHONDONTWRITEBYTECODE=1 CTEST_OUTPUT_ON_FAILURE=1
passed=0 failed=0 skipped=0 skips=""
is_fast=no with_bench=no soak_minutes=2

usage() { sed -n '2,/^set -eu/p' "$root/check.sh" | sed -n 's/^# \{0,1\}//p'; }

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --fast) is_fast=yes ;;
      --bench) with_bench=yes ;;
      --soak) shift; soak_minutes=${1:-} ;;
      --soak=*) soak_minutes=${1#*=} ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    case $1 in --soak*) [[ $soak_minutes =~ ^[0-9]+$ ]] || { echo "check: --soak wants minutes" >&2; exit 2; } ;; esac
    shift $(($# > 0))
  done
}

# ---- running stages

skip() { # skip REASON: for a stage that cannot run here
  echo "$*" >"$logs/skip"
  exit 77
}

report() { # report WORD STAGE SECONDS
  printf '%-8s %-14s %4d s\n' "$1" "$2" "$3"
}

stage() { # stage NAME: runs stage_NAME, in a shell of its own that ends with the first command that fails
  local name=$1 began=$SECONDS code=0
  set +e
  (set -eu; "stage_${name//-/_}") >"$logs/$name.log" 2>&1
  code=$?
  set -e
  case $code in
    0) passed=$((passed + 1)); report passed "$name" $((SECONDS - began)) ;;
    77) skipped=$((skipped + 1)); skips+="skipped: $name: $(cat "$logs/skip")"$'\n' ;;
    *)
      failed=$((failed + 1))
      report FAILED "$name" $((SECONDS - began))
      echo "---- the end of build/check/$name.log:"
      tail -n 80 "$logs/$name.log"
      echo "----"
      ;;
  esac
}

# ---- what they have in common

sources() { # sources PATTERN...: files of this tree, whether they are committed or not, each ended by a zero byte
  local pattern names=()
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${names[@]:1}" \) -print0
}

scripts() { # every file whose first line says that a shell runs it, or that shellcheck knows as one
  grep -rlZIE --exclude-dir=build --exclude-dir=.git -m 1 '^(#!.*\<(ba|da)?sh\>|# shellcheck shell=)' .
}

build() { # build PRESET [CMAKE ARGUMENTS...]
  local preset=$1
  shift
  cmake --preset "$preset" "$@"
  cmake --build "build/$preset" --parallel "$jobs"
}

run_tests() { # run_tests PRESET LABELS [CTEST ARGUMENTS...]
  local preset=$1 labels=$2
  shift 2
  ctest --test-dir "build/$preset" --label-regex "$labels" --no-tests=error "$@"
}

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---- the stages

stage_packages() { tools/install-deps check; }

stage_format() { sources '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror; }

stage_scripts() {
  scripts | xargs -0 shellcheck --external-sources
  sources '*.py' | xargs -0 "$python" -c 'import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]'
}

stage_build() { build dev; }

stage_unit() { run_tests dev '^(unit|fake)$' --parallel "$jobs"; }

stage_threads() { # without what repeats one thread's work thousands of times
  build tsan
  run_tests tsan '^(unit|fake)$' --parallel "$jobs" --exclude-regex '^unit[.](host_memory|xml_memory|roles_model)$'
}

stage_clang() { build clang; }

stage_tidy() { # of its many lines only those that say what is wrong, and where
  local code=0
  cmake --preset clang
  mkdir -p "$logs/tidy" # each file once, though some are compiled into several programs
  "$python" -c 'import json, sys; print(json.dumps(list({e["file"]: e for e in json.load(sys.stdin)[::-1]}.values())))' \
    <build/clang/compile_commands.json >"$logs/tidy/compile_commands.json"
  run-clang-tidy -quiet -j "$jobs" -p "$logs/tidy" >"$logs/tidy-all.log" 2>&1 || code=$?
  sed 's/\x1b\[[0-9;]*m//g' "$logs/tidy-all.log" | grep -A 2 ' error: ' || true
  return "$code"
}

stage_release() {
  build release -DBUILD_TESTING=OFF
  rm -rf "$logs/stage"
  DESTDIR="$logs/stage" cmake --install build/release --prefix /usr
  "$logs/stage/usr/bin/virtmeter-exporter" --version
  "$logs/stage/usr/bin/virtmeterctl" --version
  if ldd "$logs/stage/usr/bin/virtmeter-exporter" | grep 'not found'; then exit 1; fi
}

stage_layers() {
  tests/layers.sh build/release/exporter/virtmeter-exporter build/release/collectd-plugin/virtmeter.so \
    build/release/common/libvirtmeter_common.a build/release/ctl/virtmeterctl
}

stage_docs() {
  "$python" tests/docs.py build/release/exporter/virtmeter-exporter build/release/admin/virtmeter-admind
  "$python" tests/man.py build/release/exporter/virtmeter-exporter build/release/admin/virtmeter-admind \
    build/release/ctl/virtmeterctl
}

stage_units() { tests/units.sh "$logs/stage"; }

stage_dashboards() { tests/dashboards/check build/release/{exporter/virtmeter-exporter,admin/virtmeter-admind}; }

stage_schema() {
  tools/install-deps render || skip "Node.js cannot be installed"
  tests/render/install || skip "Grafana's types cannot be installed from the npm registry"
  node tests/dashboards/schema.mjs
}

# In a copy whose path has a space and what else a URL may not hold, from nothing and once more.
stage_demo() {
  local copy="$logs/a copy #1" port holder code=0
  rm -rf "$copy"
  mkdir -p "$copy"
  tar --exclude=./build --exclude=./.git -c . | tar -x -C "$copy"
  "$copy/demo.sh" --once --port "$(free_port)"
  "$copy/demo.sh" --once --port "$(free_port)"
  echo "and with a port that is in use:"
  port=$(free_port)
  "$python" -m http.server --bind 127.0.0.1 "$port" &
  holder=$!
  for _ in {1..50}; do if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi; sleep 0.1; done
  "$copy/demo.sh" --once --port "$port" >"$logs/demo-port.log" 2>&1 || code=$?
  kill "$holder"
  cat "$logs/demo-port.log"
  [ "$code" -ne 0 ]
  grep -q "port $port is in use" "$logs/demo-port.log"
  rm -rf "$copy"
}

stage_e2e() {
  [ "$(id -u)" -eq 0 ] || skip "the tests with a real libvirtd need root"
  unshare -m -n true || skip "the tests with a real libvirtd need namespaces, which this machine does not allow"
  run_tests dev '^e2e$' --parallel 2 # they wait more than they compute, and each has a lab of its own
}

stage_fuzz() {
  cmake --preset fuzz
  cmake --build build/fuzz --target fuzzers --parallel "$jobs"
  tests/fuzz/run build/fuzz
}

stage_render() { # draws what e2e.dashboards has recorded
  tools/install-deps render || skip "Chromium and Node.js cannot be installed"
  tests/render/install || skip "Grafana's components cannot be installed from the npm registry"
  [ -e build/dashboards/record.json ] || skip "e2e.dashboards has recorded nothing to draw"
  "$python" tests/render/test_render.py -v
}

stage_bench() {
  tests/bench/run build/release
}

stage_soak() {
  [ "$(id -u)" -eq 0 ] || skip "the soak with a real libvirtd needs root"
  VIRTMETER_EXPORTER=$root/build/dev/exporter/virtmeter-exporter "$python" tests/e2e/soak.py "$soak_minutes"
}

read_arguments "$@"
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs/skip"
stage packages
if [ "$is_fast" = no ]; then
  stage format
  stage scripts
fi
stage build
stage unit
if [ "$is_fast" = no ]; then
  stage threads
  stage clang
  stage tidy
  stage fuzz
  stage release
  stage layers
  stage docs
  stage units
  stage dashboards
  stage schema
  stage demo
  stage e2e
  stage render
  stage soak
fi
if [ "$with_bench" = yes ]; then stage bench; fi
printf '%s' "$skips"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
