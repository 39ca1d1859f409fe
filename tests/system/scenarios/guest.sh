# SPDX-License-Identifier: MIT
#@ about: a stock kernel as a paravirtualized guest, its whole life, with each side's hypervisor, store and tools
#@ with: xen-tools serai-tools
#@ guest: cloud:shell
#@ timeout: 200
#@ mem: 1024
#@ run debian-tools: smp=2 dom0-mem=640 store=debian tools=debian
#@ run serai-tools: smp=2 dom0-mem=640 store=serai tools=serai options=pv-l1tf=yes
#@ run serai-store: smp=1 dom0-mem=640 store=serai tools=debian
#@ run debian-store: smp=1 dom0-mem=640 store=debian tools=serai
#@ run on-xen: smp=1 dom0-mem=640 store=serai tools=serai on=xen
#@ run reference: smp=1 dom0-mem=640 store=debian tools=debian on=xen
#@ quick: serai-tools

start_dom0 "$bed_store" "$bed_tools"

cat > /tmp/g1.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
maxmem = 256
vcpus = 2
cmdline = "console=hvc0 cryptomgr.notests"
on_crash = "preserve"
X
log=/var/log/xen/console/guest-g1.log

field() { xl list g1 | awk -v n="$1" 'NR == 2 { print $n }'; }
# is STATE-PATTERN: wait for the domain's state.
is() { within 30 sh -c 'xl list g1 | tail -n 1 | grep -q "$1"' is "$1"; }

free_before=$(free_mib)
check create xl create /tmp/g1.cfg
check guest-up says "GUEST UP 2 vcpus"
same vcpus 2 "$(field 4)"
check guest-runs-commands tell "echo \$((6 * 7)) > /tmp/x"

check pause xl pause g1
same paused p "$(field 5 | cut -c 3)"
check unpause xl unpause g1
check guest-after-pause tell "true after-pause"

check mem-set xl mem-set g1 160
sleep 2
check ballooned-down tell "[ \$(awk '/MemTotal/ { print \$2 }' /proc/meminfo) -lt 170000 ] # down"
same mem-listed 160 "$(field 3)"
check mem-set-up xl mem-set g1 192
sleep 2
same mem-listed-up 192 "$(field 3)"

check vcpu-set xl vcpu-set g1 1
sleep 2
check one-vcpu tell "[ \$(nproc) = 1 ]"
check vcpu-set-up xl vcpu-set -i g1 2 # though the machine may have but one CPU
sleep 1
check bring-up tell "echo 1 > /sys/devices/system/cpu/cpu1/online; [ \$(nproc) = 2 ]"
check vcpu-pin xl vcpu-pin g1 0 $((bed_smp - 1))
[ "$bed_smp" = 1 ] && pinned=all || pinned=1
same pinned $pinned "$(xl vcpu-list g1 | awk '$3 == 0 { print $7 }')"

check rename xl rename g1 other
check rename-back xl rename other g1
check sysrq xl sysrq g1 h
check sysrq-seen says "sysrq: HELP"

id_before=$(xl domid g1)
check reboot xl reboot g1
up_twice() { [ "$(grep -c "GUEST UP" $log)" = 2 ] && [ "$(xl domid g1)" != "$id_before" ]; }
check guest-up-again within 120 up_twice

check crash sh -c 'echo "echo c > /proc/sysrq-trigger" > "$(xenstore-read /local/domain/"$(xl domid g1)"/console/tty)"'
check crash-seen is "c"
check dump-core xl dump-core g1 /tmp/core
check core-is-elf sh -c 'head -c 4 /tmp/core | grep -q ELF'
rm -f /tmp/core
check destroy xl destroy g1
sleep 1
same nothing-left Domain-0 "$(xl list | awk 'NR > 1 { print $1 }')"
memory_back "$free_before"
page_type_audit
