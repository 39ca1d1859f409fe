# SPDX-License-Identifier: MIT
#@ about: a stock kernel as a PVH guest by our tools: console, disk, network, balloon, vCPUs, CPUID, reboot, crash, shutdown, refusals
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: cloud:shell
#@ guest-modules: xen-blkfront xen-netfront
#@ timeout: 240
#@ mem: 1280
#@ run serai: smp=1 dom0-mem=640
#@ run on-xen: smp=1 qemu=7 cpu=EPYC,+svm,+npt,-rdtscp,-smap dom0-mem=640 on=xen

modules xen-blkback xen-netback loop bridge
start_dom0 serai serai
xs() { xenstore-read "$@" 2>/dev/null; }
truncate -s 32M /tmp/disk.img
losetup /dev/loop0 /tmp/disk.img
brctl addbr xenbr0
ip addr add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up

cat > /tmp/p1.cfg <<X
name = "p1"
type = "pvh"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 160
vcpus = 2
disk = [ "phy:/dev/loop0,xvda,w" ]
vif = [ "bridge=xenbr0" ]
on_crash = "restart"
cmdline = "console=hvc0 cryptomgr.notests tsc=reliable panic=1"
X
[ "$bed_hypervisor" != serai ] || echo 'cpuid = "host,avx=0,aes=0,maxleaf=13"' >> /tmp/p1.cfg
log=/var/log/xen/console/guest-p1.log
field() { xl list p1 | awk -v n="$1" 'NR == 2 { print $n }'; }
# refused WORDS KEY=VALUE…: xl says WORDS, and nothing stays behind.
refused()
{
	words=$1
	shift
	xl create /tmp/p1.cfg "$@" > /tmp/said 2>&1 && return 1
	grep -qF "$words" /tmp/said || { cat /tmp/said; return 1; }
	[ "$(xl list | wc -l)" = 2 ]
}

check refuse-no-kernel-entry refused 'CONFIG_PVH' 'kernel="/bin/busybox"'
check refuse-too-little refused 'raise memory=' memory=32
check refuse-nested refused 'nestedhvm' nestedhvm=1
check refuse-cpuid refused 'did you mean avx?' 'cpuid="host,avxx=0"'
check refuse-no-acpi refused 'acpi=0' acpi=0
free_before=$(free_mib)

check create xl create /tmp/p1.cfg
check guest-up says "GUEST UP 2 vcpus" 60
same listed "160 2" "$(field 3) $(field 4)"
same type pvh "$(xs /libxl/"$(xl domid p1)"/type)"
check pvh tell '[ "$(cat /sys/hypervisor/guest_type)" = PVH ]'
[ "$bed_hypervisor" != serai ] || check levelled tell '! grep -qwE "avx|avx2|fma|aes|f16c" /proc/cpuinfo && grep -qw xsave /proc/cpuinfo'
check acpi tell '[ -s /sys/firmware/acpi/tables/APIC ]'
check disk tell 'modprobe xen-blkfront; sleep 1; echo serai-pvh > /dev/xvda && sync'
same disk-written serai-pvh "$(head -n 1 /tmp/disk.img)"
check net tell 'modprobe xen-netfront; sleep 1; ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0; ping -c 2 -W 5 10.9.0.1'

check mem-set xl mem-set p1 128
sleep 2
check ballooned-down tell '[ $(awk "/MemTotal/ { print \$2 }" /proc/meminfo) -lt 125000 ]'
same mem-listed 128 "$(field 3)"
check mem-set-up xl mem-set p1 160
sleep 2
same mem-listed-up 160 "$(field 3)"
check vcpu-set xl vcpu-set p1 1
sleep 1
check one-vcpu tell '[ $(nproc) = 1 ]'
check vcpu-set-up xl vcpu-set -i p1 2 # though the machine may have but one CPU
sleep 1
check bring-up tell 'echo 1 > /sys/devices/system/cpu/cpu1/online; [ $(nproc) = 2 ]'

id_before=$(xl domid p1)
check reboot xl reboot p1
up_times() { [ "$(grep -c "GUEST UP" $log)" = "$1" ]; }
check guest-up-again within 120 up_times 2
id_now=$(xl domid p1)
check other-domain [ "$id_now" != "$id_before" ]
# It dies of its own, its kernel says so, and the toolstack makes it anew.
if [ "$bed_hypervisor" = serai ]; then
	echo "echo c > /proc/sysrq-trigger" > "$(xs /local/domain/"$id_now"/console/tty)"
	check guest-up-after-crash within 120 up_times 3
	check crash-restarts [ "$(xl domid p1)" != "$id_now" ]
	check crash-said grep -q "sysrq triggered crash" $log
fi
check shutdown xl shutdown -w p1
all_gone
memory_back "$free_before"
[ -f /tmp/failed ] && cat $log
true
