# A guest that takes disks and network cards as they come. Its first disk is under load all the time; each second one
# that appears is written, read back and let go, or, if it is the larger one, written to and read from all the time by
# several programs, which must all end when it is gone; each card gets an address.
for module in xen-blkfront xen-netfront; do modprobe $module; done
ip link set lo up
# cycle DISK: writes, reads again past the cache, compares. A read cut short by a detach is no wrong one.
cycle()
{
	dd if=/dev/urandom of=/tmp/w.$1 bs=64k count=4 2>/dev/null
	dd if=/tmp/w.$1 of=/tmp/$1 bs=64k seek=$((n % 16 * 4)) conv=fsync 2>/dev/null || return
	echo 3 >/proc/sys/vm/drop_caches
	dd if=/tmp/$1 of=/tmp/r.$1 bs=64k skip=$((n % 16 * 4)) count=4 2>/dev/null || return
	[ "$(stat -c %s /tmp/r.$1)" != 262144 ] || cmp -s /tmp/w.$1 /tmp/r.$1 || echo "GUEST WRONG data on $1"
	n=$((n + 1))
}
# Nodes of our own: one of /dev may vanish and come back as a file.
mknod /tmp/xvda b 202 0
mknod /tmp/xvdb b 202 16
n=0
while :; do
	cycle xvda
	[ $((n % 5)) != 0 ] || echo "GUEST CYCLES $n"
	usleep 100000
done &
# busy: several requests under way at any time, until there are errors.
busy()
{
	for part in 0 1 2; do
		while dd if=/tmp/w.xvdb of=/tmp/xvdb bs=64k seek=$((part * 64)) conv=fsync,notrunc 2>/dev/null; do :; done &
	done
	for part in 0 1; do
		while dd if=/tmp/xvdb of=/dev/null bs=256k iflag=direct 2>/dev/null; do :; done &
	done
}
echo "GUEST UP"
used=0 busies=0
while :; do
	if [ ! -b /dev/xvdb ]; then
		if [ -e /tmp/busy ] && ! pidof dd >/tmp/dds; then
			rm -f /tmp/busy
			busies=$((busies + 1))
			echo "GUEST FREED $busies"
		fi
		[ -e /tmp/busy ] || rm -f /tmp/used
	elif [ ! -e /tmp/used ]; then
		cycle xvdb
		: >/tmp/used
		if [ "$(cat /sys/block/xvdb/size)" = 49152 ]; then
			busy
			: >/tmp/busy
		fi
		used=$((used + 1))
		echo "GUEST USED $used"
	fi
	for card in eth0 eth1; do
		if [ -e /sys/class/net/$card ] && [ "$(cat /sys/class/net/$card/operstate)" = down ]; then
			ip addr replace 10.9.${card#eth}.2/24 dev $card
			ip link set $card up
		fi
	done
	[ ! -b /dev/xvdc ] || [ -e /tmp/cd ] || { echo "GUEST CD $(dd if=/dev/xvdc bs=16 count=1 2>/dev/null)"; : >/tmp/cd; }
	[ -b /dev/xvdc ] || rm -f /tmp/cd
	usleep 50000
done
