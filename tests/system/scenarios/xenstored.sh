# SPDX-License-Identifier: MIT
#@ about: Serai's xenstored under Debian's xl and a stock guest, killed again and again while the guest boots and runs
#@ with: xen-tools serai-tools
#@ guest: cloud:shell
#@ timeout: 170
#@ mem: 1280
#@ run killed: smp=1 dom0-mem=640

store() { /opt/serai/sbin/xenstored --pid-file /run/xenstored.pid; }
# Waits until the command succeeds, for a number of fifths of a second.
await()
{
	await_left=$1
	shift
	until "$@" >/dev/null 2>&1; do
		await_left=$((await_left - 1))
		[ $await_left -gt 0 ] || return 1
		usleep 200000
	done
}
kills=0
# kill_store TIMES PAUSE: kill it without warning, write through the new one, find what the last one was told.
kill_store()
{
	for round in $(seq "$1"); do
		usleep "$2"
		xenstore-write /kept/last "$kills" || return 1
		kill -9 "$(cat /run/xenstored.pid)" || return 1
		store || return 1
		[ "$(xenstore-read /kept/last)" = "$kills" ] || return 1
		kills=$((kills + 1))
	done
}

mkdir -p /var/log/xen/console
check start store
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
# libxl waits for it; it reconnects each time.
check xenconsoled /opt/serai/sbin/xenconsoled --log=guest --pid-file /run/xenconsoled.pid
check one-at-a-time sh -c '! /opt/serai/sbin/xenstored'
cat > /tmp/g1.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 128
vcpus = 1
cmdline = "console=hvc0 cryptomgr.notests"
X
check create xl create -e /tmp/g1.cfg
id=$(xl domid g1)
home=/local/domain/$id
check killed-while-it-boots kill_store 12 300000
# The guest's kernel says so itself when its driver for the control nodes is ready.
check guest-speaks await 150 xenstore-read $home/control/feature-poweroff
check killed-while-it-runs kill_store 5 50000
check still-introduced sh -c "xenstore-control memreport | grep -q '^connection D$id'"
check store-consistent xenstore-control check
check mem-set xl mem-set g1 100
listed() { [ "$(xl list g1 | awk 'NR == 2 { print $3 }')" = 100 ]; }
check guest-hears-of-it await 50 listed
check live-update xenstore-control live-update /opt/serai/sbin/xenstored
check after-update kill_store 1 1000
check shutdown xl shutdown g1
gone() { ! xl list g1 || xl list g1 | grep -q -- '---s'; }
check guest-obeys await 100 gone
check destroy sh -c 'xl destroy g1 || ! xl list g1'
sleep 1
# Of the guest nothing is left but the directories of all guests.
left() { xenstore-ls -f / | grep -E "/(domain|libxl|console|memory)/$id(/| )|g1"; }
same nothing-left "" "$(left)"
check store-consistent-at-the-end xenstore-control check
