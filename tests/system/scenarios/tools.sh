# SPDX-License-Identifier: MIT
#@ about: Debian's xenstored, xenconsoled and xl on the hypervisor, outputs compared with Xen's
#@ with: xen-tools
#@ timeout: 120
#@ compare: xen
#@ run xl: smp=2 mem=1024
#@ quick: xl

check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --pid-file=/run/xenconsoled.pid
same dom0-name Domain-0 "$(xenstore-read /local/domain/0/name)"

show xenstore-ls xenstore-ls -f
show xl-info xl info
show xl-info-numa xl info -n
show xl-list xl list
show xl-list-long xl list -l
show xl-list-verbose xl list -v
show xl-vcpu-list xl vcpu-list
show xl-uptime xl uptime
show xl-cpupool-list xl cpupool-list
show xl-cpupool-list-cpus xl cpupool-list -c
show xl-cpupool-numa-split xl cpupool-list Pool-0
show xl-sched-credit2 xl sched-credit2
show xl-sched-credit2-weight xl sched-credit2 -d 0 -w 512
show xl-sched-credit2-after xl sched-credit2 -d 0
show xl-vcpu-pin xl vcpu-pin 0 1 1
show xl-vcpu-list-pinned xl vcpu-list
taskset -c 1 sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done'
same pinned-on-cpu 1 "$(xl vcpu-list 0 | awk '$3 == 1 { print $4 }')"
show xl-vcpu-unpin xl vcpu-pin 0 all all
show xl-vcpu-pin-bad xl vcpu-pin 0 0 77
show xl-domid xl domid Domain-0
show xl-domname xl domname 0
show xl-domain-unknown xl domid nobody
show xl-destroy-unknown xl destroy 42
show xl-debug-keys xl debug-keys h
show xl-debug-keys-bad xl debug-keys
show xl-dmesg-exit sh -c 'xl dmesg >/dev/null'
show xl-claims xl claims
show xl-getenforce xl getenforce
show xl-psr-hwinfo xl psr-hwinfo
show xl-pci-assignable-list xl pci-assignable-list
show xl-mem-set-bad xl mem-set 0 1
show xentop xentop -b -i 1
show lsevtchn sh -c '/usr/lib/xen-4.17/bin/lsevtchn 0 | grep -c VCPU'

# The debug key's help went to the console ring, and xl reads it back.
check key-help-in-ring sh -c 'xl dmesg | grep -qi "key.*dump.*registers"'
check boot-message-in-ring sh -c 'xl dmesg | grep -qi "command line: .*dom0_mem=640M"'
same clear-ring 0 "$(xl dmesg -c >/dev/null; xl dmesg | grep -ci 'command line')"

# What guests asked and where it failed. These keys are Serai's.
if xl info xen_extra | grep -q serai; then
	xl destroy 42 2>/dev/null
	xl debug-keys HE
	usleep 300000
	xl dmesg >/tmp/keys
	check hypercall-counters grep -Eq "domctl +[0-9]+ calls +[0-9]+ errors, last -3 of [0-9]+, [0-9]+ ms ago" /tmp/keys
	check error-sites grep -Eq "s CPU[0-9]+ d0: -[0-9]+ at hypervisor/.*[.]c:[0-9]+" /tmp/keys
else
	skip hypercall-counters "only Serai has the key"
fi

mem_before=$(xl list 0 | awk 'NR == 2 { print $3 }')
check mem-set xl mem-set 0 $((mem_before - 64))
sleep 1
same mem-set-seen $((mem_before - 64)) "$(xl list 0 | awk 'NR == 2 { print $3 }')"
no_kernel_complaint
