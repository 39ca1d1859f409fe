# A guest that works for as long as it lives: writes what it makes up, reads it back, compares, asks its peer for an echo, and
# rests. How often it did, how often it found something wrong, and how often no echo came, is in /tmp/rounds.
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
		dd if=/dev/urandom of=/tmp/made bs=64k count=16 2>/dev/null
		dd if=/tmp/made of=/dev/xvdb bs=64k seek=$place conv=fsync 2>/dev/null
		echo 3 > /proc/sys/vm/drop_caches
		[ "$(dd if=/dev/xvdb bs=64k skip=$place count=16 2>/dev/null | md5sum)" = "$(md5sum < /tmp/made)" ] || wrong=$((wrong + 1))
		ping -q -c 1 -W 60 "$(word peer)" >/dev/null 2>&1 || lost=$((lost + 1))
		echo "$round $wrong $lost" > /tmp/rounds
		sleep 15
	done
}
works &
echo "GUEST UP $(nproc) vcpus"
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
