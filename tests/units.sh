#!/bin/bash
# What systemd says about the units of an installed tree.
#
#   tests/units.sh ROOT    where `cmake --install` put things, with the prefix /usr
set -euo pipefail
root=$(realpath "${1:?the installed tree}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The programs are not where systemd looks for them.
cp "$root"/usr/lib/systemd/system/virtmeter-*.* "$work"
for unit in "$work"/*.service; do
  name=$(sed -n -E 's/^ExecStart=([^ ]+).*/\1/p' "$unit")
  program=$(find "$root/usr/bin" "$root/usr/sbin" -name "$name")
  sed -i "s|^ExecStart=$name|ExecStart=${program:?is not installed}|" "$unit"
done

# It may fail without a word, and say something without failing.
systemd-analyze verify --man=no "$work"/virtmeter-*.* 2>&1 | tee "$work/said"
[ ! -s "$work/said" ] || exit 1

for unit in "$work"/*.service; do
  systemd-analyze security --offline=true --threshold=20 "$unit" | tail -n 1
done
# The users that the units name, and the folder of the socket, come to be.
mkdir -p "$work/root/etc" "$work/root/usr/lib"
cp -r "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d" "$work/root/usr/lib"
systemd-sysusers --root="$work/root" 2>/dev/null
grep -q '^virtmeter-admin:' "$work/root/etc/passwd"
if [ "$(id -u)" -eq 0 ]; then
  systemd-tmpfiles --root="$work/root" --create
  group=$(sed -n 's/^virtmeter:[^:]*:\([0-9]*\):.*/\1/p' "$work/root/etc/group")
  [ "$(stat -c '%a %u %g' "$work/root/run/virtmeter-admind")" = "750 0 $group" ]
fi

echo "units: $(basename -a "$work"/virtmeter-*.* | tr '\n' ' ')"
