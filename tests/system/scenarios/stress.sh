# SPDX-License-Identifier: MIT
#@ about: processes, threads, signals, address-space storms and CPU hotplug, all at once; then an audit
#@ progs: stress
#@ with: xen-tools
#@ timeout: 1200
#@ mem: 1536
#@ run 2cpu: smp=2 count=3000 seconds=30
#@ run 1cpu: smp=1 count=6000 seconds=8 options=pv-l1tf=yes
#@ run quick: smp=2 count=1000 seconds=8
#@ quick: quick

# The storms run beside the fork+exec race; hotplug pulls a processor from under all of them.
stress threads 8 "$bed_seconds" >/tmp/threads 2>&1 &
threads=$!
stress signals 4 "$bed_seconds" >/tmp/signals 2>&1 &
signals=$!
stress maps 4 "$bed_seconds" >/tmp/maps 2>&1 &
maps=$!
hotplug()
{
	for round in $(seq $((bed_seconds / 2))); do
		echo 0 >/sys/devices/system/cpu/cpu1/online || return 1
		[ "$(nproc)" = $((bed_smp - 1)) ] || return 2
		usleep 300000
		echo 1 >/sys/devices/system/cpu/cpu1/online || return 3
		[ "$(nproc)" = "$bed_smp" ] || return 4
		usleep 300000
	done
}
if [ "$bed_smp" -gt 1 ]; then hotplug >/tmp/hotplug 2>&1 & else true & fi
plug=$!
check fork-exec stress forkexec 4 "$bed_count"
reap() { wait "$2" || { cat "/tmp/$1"; return 1; }; }
reap threads $threads && pass threads || fail threads "$(tail -n 1 /tmp/threads)"
reap signals $signals && pass signals || fail signals "$(tail -n 1 /tmp/signals)"
reap maps $maps && pass maps || fail maps "$(tail -n 1 /tmp/maps)"
if [ "$bed_smp" -gt 1 ]; then
	wait $plug && pass cpu-hotplug || fail cpu-hotplug "step $?: $(tail -n 1 /tmp/hotplug)"
	same nproc "$bed_smp" "$(nproc)"
fi
check float stress float 4 3
# Afterwards no frame's type or count may be off. The key is Serai's.
if xl info xen_extra | grep -q serai; then
	xl debug-keys O
	usleep 500000
	xl dmesg | tail -n 20 >/tmp/audit
	check page-type-audit grep -q "Page-type audit: 0 breaches" /tmp/audit
else
	skip page-type-audit "only Serai has the audit key"
fi
no_kernel_complaint 'Bad page|segfault'
