# SPDX-License-Identifier: MIT
#@ about: Debian's xenstored, xenconsoled, xentop and xl, and a guest's life, on Serai's low-level libraries
#@ with: xen-tools serai-tools
#@ guest: cloud:shell
#@ progs: pvbuild
#@ timeout: 240
#@ mem: 1536
#@ run debian-tools: smp=2 dom0-mem=640

export LD_LIBRARY_PATH=/opt/serai/lib/x86_64-linux-gnu
bin=/usr/lib/xen-4.17/bin
# theirs PID: files of libraries we replace that the process has from elsewhere.
theirs()
{
	grep -oE '/[^ ]*/libxen(ctrl|call|evtchn|gnttab|foreignmemory|toollog|toolcore)\.so[^ ]*' /proc/"$1"/maps |
		grep -v "^$LD_LIBRARY_PATH/" | sort -u
}

mkdir -p /var/log/xen/console
check xenstored start_xenstored
check xen-init-dom0 $bin/xen-init-dom0
check xenconsoled xenconsoled --log=all --pid-file=/run/xenconsoled.pid
same only-our-libraries "" "$(theirs "$(cat /run/xenconsoled.pid)"; theirs "$(cat /run/xenstored.pid)")"
same xl-info-cpus 2 "$(xl info | awk '/^nr_cpus/ { print $3 }')"
same xl-topology 2 "$(xl info -n | grep -c '^  [01]: .* 0$')"
same xl-list "Domain-0 0" "$(xl list | awk 'NR == 2 { print $1, $2 }')"
check xl-debug-keys xl debug-keys h
check xl-dmesg sh -c 'xl dmesg | grep -q pressed'
same xentop Domain-0 "$(xentop -b -i 1 | awk 'NR == 2 { print $1 }')"
check lsevtchn sh -c "$bin/lsevtchn 0 | grep -q VCPU"
check cpupool sh -c 'xl cpupool-list -c | grep -q "Pool-0 *0,1"'
check scheduler sh -c 'xl sched-credit2 -d 0 -w 300 && xl sched-credit2 -d 0 | grep -q 300'
check affinity sh -c 'xl vcpu-pin 0 1 1 && xl vcpu-list 0 | grep -q " 1 / all" && xl vcpu-pin 0 all all'

cat > /tmp/g1.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 2
cmdline = "console=hvc0 cryptomgr.notests"
X
log=/var/log/xen/console/guest-g1.log

check create xl create /tmp/g1.cfg
check guest-up says "GUEST UP 2 vcpus"
check guest-runs-commands tell "true first"
check pause xl pause g1
same paused p "$(xl list g1 | awk 'NR == 2 { print substr($5, 3, 1) }')"
check unpause xl unpause g1
check mem-max xl mem-max g1 200
if [ "$bed_hypervisor" = serai ]; then
	skip save-and-restore "Serai does not log dirty pages"
else
	check save xl save g1 /tmp/saved
	check restore xl restore /tmp/saved
	check guest-restored tell "true restored"
fi
check destroy xl destroy g1
sleep 1
same nothing-left Domain-0 "$(xl list | awk 'NR > 1 { print $1 }')"

# A program written for 4.17's xenguest.h, on our part of that library. Its guest has no xenstore, so it
# stops at the balloon driver.
pvbuild /guest/cloud /guest/shell 192 "console=hvc0 cryptomgr.notests" "Initialising balloon driver" > /tmp/pvbuild.log 2>&1
same built-with-libxenguest 0 $?
check its-ramdisk grep -q "RAMDISK: .mem" /tmp/pvbuild.log
check its-command-line grep -q "Command line: console=hvc0 cryptomgr.notests" /tmp/pvbuild.log
same nothing-left-by-it Domain-0 "$(xl list | awk 'NR > 1 { print $1 }')"
