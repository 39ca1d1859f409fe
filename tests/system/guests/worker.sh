# A guest that works for as long as it lives: writes what it makes up, reads it back, compares, asks its peer for five echoes, one a
# second, and rests. How often it did, how often it found something wrong, and how many echoes did not come, is in /tmp/rounds.
for how in reboot poweroff; do
	rm -f /usr/sbin/$how
	printf '#!/bin/sh\nexec busybox %s -f\n' $how > /usr/sbin/$how
	chmod 755 /usr/sbin/$how
done
word() { sed -n "s/.*$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
modprobe -q xen-blkfront
modprobe -q xen-netfront
soon [ -b /dev/xvdb ]
soon [ -e /sys/class/net/eth0 ]
ip link set eth0 up
ip addr add "$(word address)"/24 dev eth0
round=0 wrong=0 lost=0
works()
{
	while :; do
		place=$((round % 15 * 16)) round=$((round + 1))
		dd if=/dev/urandom of=/tmp/made bs=32k count=16 2>/dev/null
		dd if=/tmp/made of=/dev/xvdb bs=32k seek=$place conv=fsync 2>/dev/null
		echo 3 > /proc/sys/vm/drop_caches
		[ "$(dd if=/dev/xvdb bs=32k skip=$place count=16 2>/dev/null | md5sum)" = "$(md5sum < /tmp/made)" ] || wrong=$((wrong + 1))
		came=$(ping -q -c 5 -s 1400 -W 60 "$(word peer)" 2>/dev/null | sed -n 's/.* \([0-9]*\) packets received.*/\1/p')
		lost=$((lost + 5 - ${came:-0}))
		echo "$round $wrong $lost" > /tmp/rounds
		sleep "$(word rest)"
	done
}
# What has been done so far: KiB moved on the disk, packets, interrupts; and of what the kernel complained.
work()
{
	set -- $(cat /sys/block/xvdb/stat) $(cat /sys/class/net/eth0/statistics/?x_packets) $(sed -n 's/^intr \([0-9]*\).*/\1/p' /proc/stat)
	kib=$((($3 + $7) / 2))
	shift $(($# - 3))
	echo "$kib $(($1 + $2)) $3 $(dmesg | grep -cE 'BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Call Trace|clocksource.*unstable')"
}
works &
echo "GUEST UP $(nproc) vcpus"
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
