# A guest with disks of Serai's backend, which is killed meanwhile: mib= MiB into ext4 on each of xvda, xvdb and xvdc, flushed;
# a reboot, if reboot= is 1; read back, deleted and trimmed. xvdd cannot be written, xvde is a drive whose medium changes. Says what it
# found, and what shall be done to it next.
for module in xen-blkfront ext4; do modprobe $module; done
option() { sed -n "s/.*$1=\([0-9]*\).*/\1/p" /proc/cmdline; }
mib=$(option mib)
now() { cut -d ' ' -f 1 /proc/uptime; }
echo "GUEST UP $(nproc) vcpus, $(now) s"
for disk in a b c d e; do
	tries=300
	until [ -b /dev/xvd$disk ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
	[ -b /dev/xvd$disk ] || echo "GUEST WRONG no xvd$disk"
	mkdir -p /mnt/$disk
done
said() { dd if="$1" bs=4k count=1 2>/dev/null | tr -d '\0'; }
if ! mount -t ext4 /dev/xvda /mnt/a 2>/dev/null; then
	echo "GUEST WRITING"
	for disk in a b c; do
		mke2fs -F /dev/xvd$disk >/tmp/mke2fs 2>&1 || echo "GUEST WRONG mke2fs of xvd$disk: $(tail -n 1 /tmp/mke2fs)"
		mount -t ext4 /dev/xvd$disk /mnt/$disk || echo "GUEST WRONG mount of xvd$disk"
		blocks write /mnt/$disk/data $mib 4 direct >/mnt/$disk/sum 2>/tmp/err || echo "GUEST WRONG xvd$disk: $(cat /tmp/err)"
		umount /mnt/$disk
		echo "GUEST FILLED $disk, $(now) s"
	done
	dmesg | grep -iE "xvd.*(error|abort)|I/O error|BUG:|Oops" | head -n 3 | sed 's/^/GUEST WRONG dmesg: /'
	sync
	echo "GUEST WROTE all"
	[ "$(option reboot)" != 1 ] || { sleep 1; busybox reboot -f; sleep 60; }
	mount -t ext4 /dev/xvda /mnt/a || echo "GUEST WRONG mount of xvda again"
fi
for disk in a b c; do
	[ $disk = a ] || mount -t ext4 /dev/xvd$disk /mnt/$disk || echo "GUEST WRONG mount of xvd$disk"
	[ "$(blocks read /mnt/$disk/data $mib 4 direct 2>/tmp/err)" = "$(cat /mnt/$disk/sum)" ] && [ ! -s /tmp/err ] &&
		echo "GUEST READ $disk right, $(now) s" || echo "GUEST WRONG data of xvd$disk: $(cat /tmp/err)"
	rm /mnt/$disk/data
	sync
	fstrim /mnt/$disk && echo "GUEST TRIMMED $disk" || echo "GUEST WRONG trim of xvd$disk"
	umount /mnt/$disk
done
[ "$(said /dev/xvdd)" = "read me" ] || echo "GUEST WRONG xvdd's data"
[ "$(said /dev/xvde)" = "first medium" ] || echo "GUEST WRONG xvde's data"
for disk in d e; do
	[ "$(cat /sys/block/xvd$disk/ro)" = 1 ] || echo "GUEST WRONG xvd$disk does not say it is read-only"
	dd if=/dev/zero of=/dev/xvd$disk bs=512 count=1 conv=fsync 2>/dev/null && echo "GUEST WRONG xvd$disk was written" ||
		echo "GUEST REFUSED $disk"
done
echo "GUEST WANTS another medium"
tries=300
until [ "$(cat /sys/block/xvde/size)" = 2048 ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
echo 3 > /proc/sys/vm/drop_caches
[ "$(said /dev/xvde)" = "second medium" ] && echo "GUEST MEDIUM right" || echo "GUEST WRONG medium"
# Answered, and not flushed: the image's server has much of it in its memory only.
blocks write /dev/xvda 8 5 direct nosync >/tmp/sum || echo "GUEST WRONG direct write"
echo "GUEST WANTS a crash of the image's server, and xvdb away"
tries=300
while [ -e /sys/block/xvdb ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
[ -e /sys/block/xvdb ] && echo "GUEST WRONG xvdb stays" || echo "GUEST DETACH right"
[ "$(blocks read /dev/xvda 8 5 direct 2>/tmp/err)" = "$(cat /tmp/sum)" ] && echo "GUEST CRASH right" ||
	echo "GUEST WRONG after the crash: $(cat /tmp/err)"
dmesg | grep -iE "xvd.*(error|abort)|I/O error|BUG:|Oops" | head -n 3 | sed 's/^/GUEST WRONG dmesg: /'
echo "GUEST DONE $(now) s"
sleep 1
busybox poweroff -f
