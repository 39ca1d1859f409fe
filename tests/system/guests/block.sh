# A guest with disks of Serai's backend, which is killed again and again meanwhile: xvda (ext4), xvdb (raw writes),
# xvdc, which is read-only, and xvdd, a drive. Says what it found, and what shall be done to it next.
for module in xen-blkfront ext4; do modprobe $module; done
echo "GUEST UP $(nproc) vcpus"
sum() { sha256sum | cut -d ' ' -f 1; }
for disk in a b c d; do
	tries=150
	until [ -b /dev/xvd$disk ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
	[ -b /dev/xvd$disk ] || echo "GUEST WRONG no xvd$disk"
done
size=8
mke2fs -F /dev/xvda >/tmp/mke2fs 2>&1 || echo "GUEST WRONG mke2fs: $(tail -n 1 /tmp/mke2fs)"
mount -t ext4 /dev/xvda /mnt || echo "GUEST WRONG mount"
dd if=/dev/urandom of=/tmp/data bs=1M count=$size 2>/dev/null
before=$(sum < /tmp/data)
echo "GUEST WRITING"
# Many small writes that are flushed as they go, so that the kills fall among them.
dd if=/tmp/data of=/dev/xvdb bs=256k conv=fsync 2>/tmp/dd || echo "GUEST WRONG xvdb: $(tail -n 1 /tmp/dd)"
for part in 0 1 2 3 4 5 6 7; do
	dd if=/tmp/data of=/mnt/data bs=1M skip=$part seek=$part count=1 conv=notrunc,fsync 2>/tmp/dd ||
		echo "GUEST WRONG ext4: $(tail -n 1 /tmp/dd)"
done
umount /mnt
echo 3 > /proc/sys/vm/drop_caches
echo "GUEST READING"
mount -t ext4 /dev/xvda /mnt || echo "GUEST WRONG mount again"
[ "$(sum < /mnt/data)" = "$before" ] && echo "GUEST EXT4 right" || echo "GUEST WRONG ext4's data"
[ "$(dd if=/dev/xvdb bs=1M count=$size 2>/dev/null | sum)" = "$before" ] && echo "GUEST RAW right" ||
	echo "GUEST WRONG xvdb's data"
umount /mnt
[ "$(cat /sys/block/xvdc/ro)" = 1 ] && echo "GUEST READONLY right" || echo "GUEST WRONG xvdc can be written"
[ "$(dd if=/dev/xvdc bs=4k count=1 2>/dev/null | tr -d '\0')" = "read me" ] && echo "GUEST READ right" ||
	echo "GUEST WRONG xvdc's data"
echo "GUEST SUM $before"
echo "GUEST WANTS another medium"
tries=100
until [ "$(cat /sys/block/xvdd/size)" = 2048 ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
echo 3 > /proc/sys/vm/drop_caches
[ "$(dd if=/dev/xvdd bs=4k count=1 2>/dev/null | tr -d '\0')" = "second medium" ] && echo "GUEST MEDIUM right" ||
	echo "GUEST WRONG medium"
dd if=/tmp/data of=/dev/xvda bs=4k count=1 conv=fsync 2>/dev/null
echo "GUEST WANTS a crash of the image's server, and xvdb away"
tries=100
while [ -e /sys/block/xvdb ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
[ -e /sys/block/xvdb ] && echo "GUEST WRONG xvdb stays" || echo "GUEST DETACH right"
echo 3 > /proc/sys/vm/drop_caches
[ "$(dd if=/dev/xvda bs=4k count=1 2>/dev/null | sum)" = "$(dd if=/tmp/data bs=4k count=1 2>/dev/null | sum)" ] &&
	echo "GUEST CRASH right" || echo "GUEST WRONG after the crash"
dmesg | grep -iE "xvd.*(error|abort)|I/O error|BUG:|Oops" | head -n 3 | sed 's/^/GUEST WRONG dmesg: /'
echo "GUEST DONE"
sleep 1
busybox poweroff -f
