# SPDX-License-Identifier: MIT
#@ about: several guests with more vCPUs than the machine has CPUs, all working hard, beside a busy Dom0
#@ progs: stress
#@ with: xen-tools
#@ guest: cloud:load
#@ timeout: 240
#@ mem: 2048
#@ run 2cpu: smp=2 dom0-mem=640 seconds=10
#@ run 1cpu: smp=1 dom0-mem=640 seconds=5

mkdir -p /var/log/xen/console
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
free_before=$(free_mib)

# guest NUMBER VCPUS MIB
guest()
{
	cat > /tmp/g.cfg <<X
name = "g$1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/load"
memory = $3
vcpus = $2
cmdline = "console=hvc0 cryptomgr.notests seconds=$bed_seconds"
X
	check create-g$1 xl create /tmp/g.cfg
}
guest 1 4 256
guest 2 2 192
guest 3 1 128
stress forkexec 2 300 >/tmp/dom0 2>&1 && pass dom0-forkexec || fail dom0-forkexec "$(tail -n 1 /tmp/dom0)"
for number in 1 2 3; do
	log=/var/log/xen/console/guest-g$number.log
	check g$number-done says "GUEST DONE" 120
	same g$number-right "" "$(grep "GUEST WRONG" $log | head -n 1)"
done
all_gone
memory_back "$free_before"
page_type_audit
no_kernel_complaint
