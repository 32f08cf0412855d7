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
echo "units: $(basename -a "$work"/virtmeter-*.* | tr '\n' ' ')"
