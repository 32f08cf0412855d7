#!/bin/bash
# The house's walls: who may include whom, and what a read-only program may ask of libvirt.
#
#   tests/layers.sh                        the sources
#   tests/layers.sh BINARY... ARCHIVE.a    and what programs import, and what the core's archive wants of libc
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
failures=0

forbid() { # forbid SENTENCE: every line of standard input is a violation
  local line
  while IFS= read -r line; do
    printf '%s: %s\n' "$1" "$line" >&2
    failures=$((failures + 1))
  done
}

includes() { # includes DIRECTORY...: file:line:text of each #include
  grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' "$@" || true
}

check_includes() {
  forbid "the core knows no front end" < <(includes common | grep '"' | grep -v '#include "common/')
  forbid "the core knows neither HTTP nor collectd nor a log" < <(includes common |
    grep -E '<(microhttpd|collectd/|liboconfig/|isa-l|libdeflate|syslog|systemd/)')
  forbid "what servers share knows the core and itself" < <(includes serve | grep '"' |
    grep -vE '#include "(common|serve)/')
  forbid "what servers share knows neither HTTP nor JSON" < <(includes serve | grep -E '<(microhttpd|jansson|yaml)')
  forbid "the exporter knows the core, what servers share, and itself" < <(includes exporter | grep '"' |
    grep -vE '#include "(common|serve|exporter)/')
  forbid "the collectd plugin knows the core, collectd, and itself" < <(includes collectd-plugin | grep '"' |
    grep -vE '#include "(common/|collectd-plugin/|serve/words[.]h)')
  [ ! -d ctl ] || forbid "virtmeterctl knows the table, what others share, and itself, no libvirt" < <(includes ctl |
    grep -E '["<](libvirt|common|serve|exporter|admin)/' |
    grep -vE '"(common/(lifecycle/action|error|clock)|serve/(text|utf8|words))\.h"')
  forbid "the daemon knows the core, what servers share, and itself" < <(includes admin | grep '"' |
    grep -vE '#include "(common|serve|admin)/')
  forbid "who only reads cannot control domains" < <(includes common serve exporter collectd-plugin | grep '"common/lifecycle/' |
    grep -v '^common/lifecycle/')
}

# A connection is opened in one place, read-only; what may write is in common/lifecycle/, which who only reads does not know.
check_openings() {
  forbid "connections are opened read-only" < <(grep -rnE --include='*.c' --exclude-dir=lifecycle \
    '\<virConnectOpen(Auth)?\>' common serve exporter collectd-plugin | grep -v 'VIR_CONNECT_RO')
}

# All that a read-only program imports from libvirt asks, listens, or gives something back. Listing what is allowed, by
# the shape of its name, also catches what a later libvirt will bring.
allowed_shapes='^vir(
  (Connect|Domain|Network|NetworkPort|StoragePool|StorageVol|NodeDevice|Interface|Secret|NWFilter|Node)
    (Get[A-Z][A-Za-z]*|Is[A-Z][A-Za-z]*|List[A-Z][A-Za-z]*|NumOf[A-Z][A-Za-z]*|LookupBy[A-Z][A-Za-z]*|Ref)
 |[A-Za-z]+Free
 |Domain(MemoryStats|BlockStats(Flags)?|InterfaceStats|InterfaceAddresses)
 |Connect(OpenAuth|OpenReadOnly|Close|SetKeepAlive|(Unr|R)egisterCloseCallback)
 |Connect(Domain|Network|StoragePool|NodeDevice|Secret)Event(Der|R)egisterAny
 |Event(Register(Default)?Impl|RunDefaultImpl|(Add|Remove|Update)(Timeout|Handle))
 |TypedParams?[A-Z][A-Za-z]*
 |Initialize|GetVersion|GetLastError[A-Za-z]*|SaveLastError|CopyLastError|ResetLastError|ResetError|FreeError|SetErrorFunc
)$'

imports() { nm -D --undefined-only "$1" | sed -E 's/^ *[Uw] //; s/@.*//'; }

check_program() {
  forbid "$1 was not looked at" < <(imports "$1" | grep -q '^virConnectOpen' || echo "it opens no connection")
  forbid "$1 may only read" < <(imports "$1" | grep '^vir' | grep -vE "$(tr -d ' \n' <<<"$allowed_shapes")")
  forbid "$1 may not load code past this check" < <(imports "$1" | grep -E '^(dlopen|dlsym|system|popen|exec[lv].*)$')
}

check_plugin() {
  forbid "$1 exports one function" < <(nm -D --defined-only "$1" | grep -v ' T module_register$')
}

# assert() is what remains of abort(): it may end the process, for errors of ours.
check_archive() {
  forbid "the core neither logs nor exits" < <(nm -A --undefined-only "$1" 2>/dev/null |
    grep -E ' U (_?exit|quick_exit|abort|v?f?printf|__v?f?printf_chk|puts|putchar|fputs|perror|v?syslog|stdout|stderr)$')
}

check_ctl() {
  forbid "$1 needs no libvirt" < <(ldd "$1" | grep libvirt)
}

check_includes
check_openings
for file in "$@"; do
  case $file in
    *.a) check_archive "$file" ;;
    *.so) check_program "$file"; check_plugin "$file" ;;
    */virtmeterctl) check_ctl "$file" ;;
    *) check_program "$file" ;;
  esac
done
[ "$failures" -eq 0 ] || { echo "layers: $failures violations" >&2; exit 1; }
echo "layers: the walls stand"
