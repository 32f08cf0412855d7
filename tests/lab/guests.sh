# shellcheck shell=bash
# shellcheck disable=SC2154  # pool is set by ./lab
# The guests of a lab: their disks and their XML. Sourced by ./lab; the functions only print, or write below LAB_DIR.
#
#   g0 .. gN-1   started. The first LAB_LINUX of them boot the small Linux of ./mkguest, the others only halt.
#   g0           has autostart set
#   g1           2 of 3 vCPUs, an iothread, a second disk (raw, with a serial), a cdrom without media,
#                a second NIC with its link down
#   g2           a title full of characters that need escaping, a smaller MTU
#   g3, g7, ..   no OpenStack metadata; the others carry it, in both versions of its namespace
#   g3, off0     the NIC's name on the host is left to libvirt, which gives one when the guest starts
#   off0         defined, never started
#   tmp0         transient: exists only while it runs

guest_uuid() { printf '1ab00000-0000-4000-8000-%012d' "$1"; }

# A 1 MiB disk whose boot sector is "cli; l: hlt; jmp l": the guest runs, and costs nothing.
make_boot_disk() {
  local raw=$LAB_DIR/boot.raw
  printf '\xfa\xf4\xeb\xfd' >"$raw"
  truncate -s 510 "$raw"
  printf '\x55\xaa' >>"$raw"
  truncate -s 1M "$raw"
  qemu-img convert -q -f raw -O qcow2 "$raw" "$LAB_DIR/boot.qcow2"
}

has_data_disk() { [ "$1" = g1 ] || [ "${LAB_DATA_DISK:-0}" = 1 ]; }

is_linux() { [[ $1 == g* ]] && [ "${1#g}" -lt "${LAB_LINUX:-0}" ]; }

make_disks() { # make_disks NAME
  if is_linux "$1"; then
    qemu-img create -q -f qcow2 "$pool/$1.qcow2" 16M
  else
    cp "$LAB_DIR/boot.qcow2" "$pool/$1.qcow2"
  fi
  if has_data_disk "$1"; then truncate -s 2M "$pool/$1-data.raw"; fi
}

# The small Linux runs under TCG always: a stock kernel does not boot on every machine's KVM.
type_of() {
  if is_linux "$1" || [ "${LAB_ACCEL:-tcg}" = tcg ]; then echo qemu; else echo kvm; fi
}

title_xml() { # title_xml NAME
  if [ "$1" = g2 ]; then echo "<title>Mail &amp; &quot;calendar&quot; \\ B&#252;ro &lt;2&gt;</title>"; fi
}

nova_xml() { # nova_xml INDEX
  [ $(($1 % 4)) -ne 3 ] || return 0
  cat <<XML
<metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.$(($1 % 2))">
      <nova:name>server-$1</nova:name>
      <nova:flavor name="tiny.$(($1 % 2))"><nova:memory>16</nova:memory></nova:flavor>
      <nova:owner>
        <nova:user uuid="user-uuid-0">operator</nova:user>
        <nova:project uuid="project-uuid-$(($1 % 3))">project $(($1 % 3))</nova:project>
      </nova:owner>
    </nova:instance>
  </metadata>
XML
}

vcpu_xml() { # vcpu_xml NAME
  if [ "$1" = g1 ]; then
    echo "<vcpu current='2'>3</vcpu><iothreads>1</iothreads>"
  else
    echo "<vcpu>${LAB_VCPUS:-1}</vcpu>"
  fi
}

os_xml() { # os_xml NAME
  echo "<os>"
  echo "    <type arch='x86_64' machine='pc'>hvm</type>"
  if is_linux "$1"; then
    echo "    <kernel>$LAB_GUEST/vmlinuz</kernel><initrd>$LAB_GUEST/initrd.gz</initrd>"
    echo "    <cmdline>console=ttyS0 quiet panic=1</cmdline>"
  fi
  echo "    <boot dev='hd'/>"
  echo "  </os>"
}

disk_xml() { # disk_xml NAME
  cat <<XML
<disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$pool/$1.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
XML
  if [ "$1" = g1 ]; then
    cat <<XML
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writeback' discard='unmap' iothread='1'/>
      <source file='$pool/g1-data.raw'/>
      <target dev='vdb' bus='virtio'/>
      <serial>LAB-DATA-1</serial>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='hdc' bus='ide'/>
      <readonly/>
    </disk>
XML
  elif has_data_disk "$1"; then
    cat <<XML
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='$pool/$1-data.raw'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
XML
  fi
}

nic_xml() { # nic_xml NAME INDEX
  local mac target="<target dev='lab-$1'/>" mtu=""
  mac=$(printf '52:54:00:1a:%02x:%02x' $(($2 / 256)) $(($2 % 256)))
  case $1 in
    g2) mtu="<mtu size='1400'/>" ;;
    g3 | off0) target="" ;;
  esac
  cat <<XML
<interface type='network'>
      <mac address='$mac'/>
      <source network='labnet'/>
      $target
      <model type='virtio'/>
      $mtu
    </interface>
XML
  [ "$1" = g1 ] || return 0
  cat <<XML
    <interface type='bridge'>
      <mac address='52:54:00:1b:00:01'/>
      <source bridge='labbr0'/>
      <target dev='lab-$1b'/>
      <model type='e1000'/>
      <link state='down'/>
    </interface>
XML
}

linux_xml() { # linux_xml NAME
  is_linux "$1" || return 0
  cat <<XML
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <serial type='file'><source path='$LAB_DIR/log/$1.console'/></serial>
XML
}

resource_xml() {
  if [ "${LAB_CGROUPS:-0}" = 1 ]; then echo "<resource><partition>/$(cgroup_name)</partition></resource>"; fi
}

guest_xml() { # guest_xml NAME INDEX
  local mem=${LAB_MEM:-16}
  if is_linux "$1"; then mem=${LAB_LINUX_MEM:-96}; fi
  cat <<XML
<domain type='$(type_of "$1")'>
  <name>$1</name>
  <uuid>$(guest_uuid "$2")</uuid>
  $(title_xml "$1")
  $(nova_xml "$2")
  <memory unit='MiB'>$mem</memory>
  $(vcpu_xml "$1")
  $(resource_xml)
  $(os_xml "$1")
  <features><acpi/></features>
  <devices>
    $(disk_xml "$1")
    $(nic_xml "$1" "$2")
    <controller type='usb' model='none'/>
    <memballoon model='virtio'><stats period='${LAB_BALLOON_PERIOD:-2}'/></memballoon>
    $(linux_xml "$1")
  </devices>
</domain>
XML
}
