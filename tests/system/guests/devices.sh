# A guest with a PV disk and a PV network card: exercises both, and says what it found. With serve=1 it becomes a driver
# domain then: serves a file on the one, and a bridge to the other, to other guests until a line is typed.
for module in xen-blkfront xen-netfront ext4; do modprobe $module; done
echo "GUEST UP $(nproc) vcpus"
sum() { sha256sum "$1" | cut -d ' ' -f 1; }
tries=100
until [ -b /dev/xvda ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
mke2fs -F /dev/xvda >/tmp/mke2fs 2>&1 || echo "GUEST WRONG mke2fs: $(tail -n 1 /tmp/mke2fs)"
mount -t ext4 /dev/xvda /mnt || echo "GUEST WRONG mount"
dd if=/dev/urandom of=/mnt/data bs=1M count=32 2>/dev/null
before=$(sum /mnt/data)
sync
umount /mnt
echo 3 > /proc/sys/vm/drop_caches
mount -t ext4 /dev/xvda /mnt
[ "$(sum /mnt/data)" = "$before" ] && echo "GUEST DISK right" || echo "GUEST WRONG disk"
umount /mnt
ip link set lo up
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
tries=100
until ping -c 1 -W 1 10.9.0.1 >/dev/null || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
ping -c 20 -i 0.05 -q 10.9.0.1 | grep -q " 0% packet loss" && echo "GUEST PING right" || echo "GUEST WRONG ping"
dd if=/dev/urandom of=/tmp/send bs=1M count=8 2>/dev/null
before=$(sum /tmp/send)
nc 10.9.0.1 4000 < /tmp/send
tries=50
until after=$(nc 10.9.0.1 4001) && [ "$after" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 200000; done
[ "$before" = "$after" ] && echo "GUEST NET right" || echo "GUEST WRONG net: $before $after"
serve()
{
	PATH=/opt/serai/sbin:/opt/serai/bin:$PATH
	for module in tun bridge; do modprobe $module; done
	mkdir -p /dev/net
	[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
	mount -t ext4 /dev/xvda /mnt || echo "GUEST WRONG mount to serve"
	rm /mnt/data
	truncate -s 4M /mnt/disk.img
	ip addr flush dev eth0
	brctl addbr br0
	brctl addif br0 eth0
	ip addr add 10.9.0.2/24 dev br0
	ip link set br0 up
	xl devd -F 2>&1 &
	echo "GUEST SERVES"
	read -r line
	head -c 2097152 /mnt/disk.img | sha256sum >/tmp/first
	tail -c 2097152 /mnt/disk.img | sha256sum >/tmp/second
	cmp -s /tmp/first /tmp/second && [ "$(tr -d '\0' </mnt/disk.img | wc -c)" -gt 0 ] && echo "GUEST COPY right" ||
		echo "GUEST WRONG copy"
	dmesg | grep -iE "xvd.*(error|abort)|I/O error|BUG:|Oops" | head -n 3 | sed 's/^/GUEST WRONG dmesg: /'
}
! grep -q "serve=1" /proc/cmdline || serve
echo "GUEST DONE"
sleep 1
busybox poweroff -f
