# SPDX-License-Identifier: MIT
#@ about: a cap holds a domain to its share of a processor, and lifting it frees it again
#@ with: xen-tools
#@ timeout: 120
#@ run cap: smp=1

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

check set-cap xl sched-credit2 -d 0 -c 50
used capped 35 60
check lift-cap xl sched-credit2 -d 0 -c 0
used free 75 110
check cap-too-large sh -c '! xl sched-credit2 -d 0 -c 101 2>/dev/null'
