# SPDX-License-Identifier: MIT
#@ about: how domains end: every on_… action, interrupted creates, killed daemons, wrong configurations
#@ with: xen-tools serai-tools readelf
#@ guest: cloud:shell
#@ timeout: 300
#@ mem: 1536
#@ run serai-life: smp=1 dom0-mem=700
#@ run xen-life: on=xen smp=1 dom0-mem=700

PATH=/opt/serai/sbin:/opt/serai/bin:$PATH
logs=/var/log/xen/console
mkdir -p $logs
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid

# config NAME CMDLINE KEY=VALUE…: DIES ends the guest by a panic before user space.
DIES="init=/none rdinit=/none panic=-1"
config()
{
	name=$1
	{
		echo "name = \"$name\"; type = \"pv\"; kernel = \"/guest/cloud\"; ramdisk = \"/guest/shell\""
		echo "memory = 96; cmdline = \"console=hvc0 cryptomgr.notests $2\""
		shift 2
		for line in "$@"; do echo "$line"; done
	} > /tmp/"$name".cfg
}
gone() { ! xl domid "$1" >/dev/null 2>&1; }
other_than() { now=$(xl domid "$1" 2>/dev/null) && [ "$now" != "$2" ]; }
says() { grep -qF "$2" "$logs/guest-$1.log"; }
state() { xl list "$1" | awk 'NR == 2 { print $5 }'; }
# refused NAME WORDS CONFIG-NAME: create says so in one line, and nothing is left.
refused()
{
	xl create -q /tmp/"$3".cfg >/tmp/refused 2>&1
	code=$?
	if [ $code != 0 ] && grep -q "$2" /tmp/refused && [ "$(wc -l < /tmp/refused)" = 1 ] && [ "$(xl list | wc -l)" = "$lines" ]; then
		pass "$1"
	else
		fail "$1" "exit $code: $(tr '\n' ' ' < /tmp/refused)"
	fi
}

free_before=$(free_mib)
lines=$(xl list | wc -l)

# What cannot become a domain.
config bad ""
sed -i 's|/guest/cloud|/guest/none|' /tmp/bad.cfg
refused no-kernel-file "/guest/none: No such file" bad
echo "no kernel at all, but long enough to be looked at" > /tmp/text
sed -i 's|/guest/none|/tmp/text|' /tmp/bad.cfg
refused not-a-kernel "bzImage: no .HdrS.*compressed ELF" bad
head -c 4000000 /guest/cloud > /tmp/cut
sed -i 's|/tmp/text|/tmp/cut|' /tmp/bad.cfg
refused cut-off-kernel "cut off" bad
config bad "" "memory = 32"
refused too-little-memory "raise memory=" bad
config bad "" "memory = 4000"
refused more-than-there-is "not enough memory: 4.* are free" bad
config bad "" "vcpus = 4" "cpus = \"7-9\""
refused no-such-cpus "only CPUs 0 to $((bed_smp - 1))" bad
rm -f /tmp/cut

# Poweroff, reboot, and a daemon killed in between.
config g1 "" "vcpus = 2"
check create xl create -q /tmp/g1.cfg
config g2 ""
lines=$(xl list | wc -l)
sed -i 's/"g2"/"g1"/' /tmp/g2.cfg
refused duplicate-name "named .g1. exists" g2
check up soon says g1 "GUEST UP 2 vcpus"
id=$(xl domid g1)
check reboot xl reboot g1
check rebooted soon other_than g1 "$id"
killall -9 domd # most likely in the middle of the new domain's creation
/opt/serai/lib/serai/domd
check up-again soon sh -c "[ \$(grep -c 'GUEST UP' $logs/guest-g1.log) -ge 2 ]"
killall -9 domd
xl shutdown g1
check ended-meanwhile soon sh -c 'xl list g1 | grep -q -- ---s'
/opt/serai/lib/serai/domd
check domd-catches-up soon gone g1

# Crashes.
config d "$DIES"
check create-destroy xl create -q /tmp/d.cfg
check crash-destroy soon gone d
config p "$DIES" 'on_crash = "preserve"'
check create-preserve xl create -q /tmp/p.cfg
check crash-preserve soon sh -c 'grep -q "kept as it is" /var/log/xen/xl-p.log'
same preserved-state c "$(state p | cut -c 5)"
check destroy-preserved xl destroy p
config k "$DIES" 'on_crash = "coredump-destroy"'
check create-coredump xl create -q /tmp/k.cfg
check crash-coredump soon gone k
same core-mib 96 "$(($(stat -c %s /var/lib/xen/dump/k) >> 20))"
same core-is-elf ELF "$(head -c 4 /var/lib/xen/dump/k | tail -c 3)"
readelf -h -S -n -W /var/lib/xen/dump/k >/tmp/core.read 2>/tmp/core.complaints
same core-is-well-formed "" "$(head -n 2 /tmp/core.complaints)"
for part in "CORE (Core file)" ".note.Xen" ".xen_prstatus" ".xen_shared_info" ".xen_p2m" ".xen_pages"; do
	grep -qF "$part" /tmp/core.read || fail core-parts "readelf shows no $part"
done
rm -f /var/lib/xen/dump/k
config w "$DIES" 'on_crash = "coredump-restart"'
check create-coredump-restart xl create -q /tmp/w.cfg
id=$(xl domid w)
check crash-coredump-restart soon other_than w "$id"
same core-of-restarted-is-elf ELF "$(head -c 4 /var/lib/xen/dump/w | tail -c 3)"
check destroy-restarted soon xl destroy w
rm -f /var/lib/xen/dump/w
config n "$DIES" 'on_crash = "rename-restart"'
check create-rename xl create -q /tmp/n.cfg
check crash-rename soon sh -c '[ "$(xl list | grep -c "^n-2.*---sc")" = 1 ] && xl domid n'
sed -i 's/rename-restart/destroy/' /tmp/n.cfg
check config-of-old-kept sh -c 'xl list -l "$(xl list | awk "/^n-2/ { print \$1; exit }")" | grep -q restart_rename'

# A restart interrupted at many moments is carried on.
config r "$DIES" 'on_crash = "restart"'
check create-restart xl create -q /tmp/r.cfg
for moment in 3 1 4 1 5; do
	usleep $((moment * 400000))
	killall -9 domd
	/opt/serai/lib/serai/domd
done
id=$(xl domid r)
check crash-restart soon other_than r "$id"
killall -9 domd
usleep 300000

# All go; nothing is left of them. A restart that domd finds half done it finishes first: that guest goes then.
destroy_all() { for name in $(xl list | awk 'NR > 2 { print $2 }' | grep -o '[0-9]*'); do xl destroy "$name"; done; }
quiet() { destroy_all; sleep 1; [ "$(xl list | wc -l)" = 2 ] && ! ls /var/lib/xen/serai-restart.*; }
destroy_all
/opt/serai/lib/serai/domd
check all-go soon quiet

# A create killed at any moment leaves nothing, or a domain that can be destroyed.
config c ""
for moment in 10 30 60 100 200; do
	xl create -q -p /tmp/c.cfg 2>/dev/null &
	usleep $((moment * 1000))
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	usleep 100000
	destroy_all
done
# A destroy killed at any moment is finished by the next one, or by domd when it starts.
for moment in 2 4 7 11 16 22; do
	xl create -q -p /tmp/c.cfg
	xl destroy c &
	usleep $((moment * 1000))
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
done
killall -9 domd
/opt/serai/lib/serai/domd
sleep 1
destroy_all
check no-domain-left soon only_dom0 # xenconsoled lets go of the last pages in its own time
same no-node-left "" "$(xenstore-ls -f | grep -E '^/(libxl|vm|local/domain)/[^/]+ ' | grep -v '/domain/0 ')"
same no-record-left "" "$(ls /var/lib/xen | grep -v -E '^dump$|userdata-d.0.')"
memory_back "$free_before"
cat /var/log/xen/domd.log
