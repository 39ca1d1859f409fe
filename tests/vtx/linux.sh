# SPDX-License-Identifier: MIT
# Dom0's part of tests/vtx/run: a stock kernel as a PVH guest on VT-x, two vCPUs that change between two CPUs.
start_dom0 serai serai
cat > /tmp/p1.cfg <<X
name = "p1"
type = "pvh"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 160
vcpus = 2
cmdline = "console=hvc0 tsc=reliable"
X
log=/var/log/xen/console/guest-p1.log

check create xl create -q /tmp/p1.cfg
check guest-up says "GUEST UP 2 vcpus" 600
check pvh tell '[ "$(cat /sys/hypervisor/guest_type)" = PVH ]'
check intel tell 'grep -q GenuineIntel /proc/cpuinfo'
check vcpus-change-places sh -c 'for i in 0 1 0 1 0 1; do xl vcpu-pin p1 0 $i && xl vcpu-pin p1 1 $((1 - i)) || exit 1; done; xl vcpu-pin p1 all all'
check works-on-both tell 'for c in 0 1; do taskset $((c + 1)) sha256sum /bin/busybox; done'
check mem-set xl mem-set p1 128
check ballooned tell 'i=0; while [ $(awk "/MemTotal/ { print \$2 }" /proc/meminfo) -gt 125000 ] && [ $i -lt 300 ]; do usleep 100000; i=$((i + 1)); done; [ $i -lt 300 ]'
check offline tell 'echo 0 > /sys/devices/system/cpu/cpu1/online; [ $(nproc) = 1 ]'
check online tell 'echo 1 > /sys/devices/system/cpu/cpu1/online; [ $(nproc) = 2 ]'
same no-complaint "" "$(grep -E 'BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Bad page|segfault' $log | head -n 1)"
check shutdown xl shutdown -w p1
