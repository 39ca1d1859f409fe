# SPDX-License-Identifier: MIT
#@ about: a cap holds a domain to its share of a processor, and lifting it frees it again; with sched=null a guest waits for a processor of its own
#@ with: xen-tools
#@ guest: cloud:shell
#@ timeout: 120
#@ mem: 1536
#@ run cap: smp=1 dom0-mem=640
#@ run null: smp=2 dom0-mem=640 options=sched=null scheduler=null

start_xenstored
/usr/lib/xen-4.17/bin/xen-init-dom0 >/dev/null 2>&1
cpu_time() { xl list 0 | awk 'NR == 2 { print $6 }'; }
uptime_now() { cut -d ' ' -f 1 /proc/uptime; }
spin() { i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; }

# used NAME LOW HIGH: percent of one processor used while spinning must lie between.
used()
{
	cpu_before=$(cpu_time) wall_before=$(uptime_now)
	spin
	echo "$cpu_before $(cpu_time) $wall_before $(uptime_now)" >/tmp/used
	check "$1" awk -v low="$2" -v high="$3" \
		'{ p = 100 * ($2 - $1) / ($4 - $3); print p "%"; exit !(p >= low && p <= high) }' /tmp/used
}


if [ "${bed_scheduler-}" = null ]; then
	check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
	mkdir -p /var/log/xen/console
	cat > /tmp/g1.cfg <<-X
	name = "g1"
	type = "pv"
	kernel = "/guest/cloud"
	ramdisk = "/guest/shell"
	memory = 192
	vcpus = 1
	cmdline = "console=hvc0 cryptomgr.notests"
	X
	# Each of Dom0's vCPUs has a CPU; a guest waits until one is given up.
	same scheduler null "$(xl cpupool-list | awk '$1 == "Pool-0" { print $3 }')"
	check create-guest xl create /tmp/g1.cfg
	sleep 1
	same guest-waits 0.0 "$(xl list g1 | awk 'NR == 2 { print $6 }')"
	check give-up-a-cpu sh -c 'echo 0 >/sys/devices/system/cpu/cpu1/online'
	up() { grep -qF "GUEST UP 1 vcpus" /var/log/xen/console/guest-g1.log 2>/dev/null; }
	tries=300
	until up || [ $tries = 0 ]; do usleep 200000; tries=$((tries - 1)); done
	check guest-runs up
	check destroy-guest xl destroy g1
	check take-it-back sh -c 'echo 1 >/sys/devices/system/cpu/cpu1/online'
	same both-on 2 "$(nproc)"
	return 0
fi
check set-cap xl sched-credit2 -d 0 -c 50
used capped 35 60
check lift-cap xl sched-credit2 -d 0 -c 0
used free 75 110
check cap-too-large sh -c '! xl sched-credit2 -d 0 -c 101 2>/dev/null'
xl debug-keys r
usleep 300000
check queues-shown sh -c 'xl dmesg | grep -q "CPU 0: pool 0 (credit2)"'
