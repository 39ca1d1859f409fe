# An HVM guest: says what disks it has and what is on them, then does what it is told on its console, one command per
# line; or, told "then=DISK" by the kernel's command line, writes to the end of that disk and switches off.
for how in reboot poweroff; do
	rm -f /usr/sbin/$how
	printf '#!/bin/sh\nexec busybox %s -f\n' $how > /usr/sbin/$how
	chmod 755 /usr/sbin/$how
done
modprobe -q xen-blkfront
modprobe -q xen-netfront
modules ata_piix sd_mod sr_mod button
soon [ -b /dev/xvda -o -b /dev/sda ]
for disk in xvda sda sr0; do
	[ ! -b /dev/$disk ] || echo "GUEST HAS $disk: $(dd if=/dev/$disk bs=512 count=1 2>/dev/null | tr -cd ' -~\n' | head -n 1 | tail -c 40)"
done
echo "GUEST UP $(nproc) vcpus, clock $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
if [ -n "$then" ]; then
	echo "written by the guest" | dd of="/dev/$then" bs=512 seek=$(($(cat "/sys/block/$then/size") - 1)) 2>/dev/null
	sync
	poweroff
fi
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
