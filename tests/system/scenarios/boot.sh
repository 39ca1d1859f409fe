# SPDX-License-Identifier: MIT
#@ about: Dom0 reaches user space with all its processors, on several CPU models, and runs 32-bit processes there
#@ progs: compat32
#@ kernel: packed
#@ mem: 512
#@ timeout: 60
#@ run 1cpu-max: qemu=10 cpu=max smp=1
#@ run 2cpu-max: qemu=10 cpu=max smp=2
#@ run 4cpu-max: qemu=10 cpu=max smp=4
#@ run 1cpu-epyc: qemu=10 cpu=EPYC smp=1
#@ run 2cpu-epyc: qemu=10 cpu=EPYC smp=2
#@ run 4cpu-epyc: qemu=10 cpu=EPYC smp=4
#@ run 1cpu-skylake: qemu=10 cpu=Skylake-Server smp=1
#@ run 2cpu-skylake: qemu=10 cpu=Skylake-Server smp=2
#@ run 4cpu-skylake: qemu=10 cpu=Skylake-Server smp=4 options=xpti=no
#@ run 1cpu-qemu64: qemu=10 cpu=qemu64 smp=1
#@ run 2cpu-qemu64: qemu=10 cpu=qemu64 smp=2
#@ run 4cpu-qemu64: qemu=10 cpu=qemu64 smp=4
#@ run 1cpu-qemu7: qemu=7 cpu=max,-smap smp=1
#@ run 2cpu-qemu7: qemu=7 cpu=max,-smap smp=2
#@ run 4cpu-qemu7: qemu=7 cpu=max,-smap smp=4
# Every way in and out of the kernel again, with all that is patched in for CPUs that need it.
#@ run mitigated: cpu=max smp=2 options=spec-ctrl=rsb,md-clear,bti-thunk=retpoline
#@ run mitigated-skylake: cpu=Skylake-Server smp=1 options=spec-ctrl=rsb,md-clear,bti-thunk=lfence
#@ quick: 1cpu-max 2cpu-max

pass user-space
same nproc "$bed_smp" "$(nproc)"
[ "$bed_hypervisor" = native ] || same hypervisor-type xen "$(cat /sys/hypervisor/type)"
[ "$bed_hypervisor" = native ] || same hypervisor-abi "4.17" \
	"$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)"

# Time moves forward, at about the right pace, from the date the machine's clock told.
time_moves()
{
	before=$(cut -d . -f 1 /proc/uptime)
	sleep 2
	after=$(cut -d . -f 1 /proc/uptime)
	[ $((after - before)) -ge 1 ] && [ $((after - before)) -le 6 ]
}
check time-moves time_moves
same year "$(date +%Y)" "$bed_year"

# Every processor runs something, and none is stuck in the hypervisor.
each_cpu_runs()
{
	for cpu in $(seq 0 $((bed_smp - 1))); do
		taskset -c "$cpu" sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done' || return 1
	done
}
check each-cpu-runs each_cpu_runs
# They enter the kernel by int 0x80 and by the vDSO's choice for the processor.
check compat32 compat32
no_kernel_complaint
