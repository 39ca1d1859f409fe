# An HVM guest: says what disks it has and what is on them, then does what it is told on its console, one command per
# line; or, told "then=DISK" by the kernel's command line, asks on its screen who is there, writes the answer to the end
# of that disk and, once its power button is pressed, switches off.
for how in reboot poweroff; do
	rm -f /usr/sbin/$how
	printf '#!/bin/sh\nexec busybox %s -f\n' $how > /usr/sbin/$how
	chmod 755 /usr/sbin/$how
done
modprobe -q xen-blkfront
modprobe -q xen-netfront
modules ata_piix sd_mod sr_mod button
soon [ -b /dev/xvda -o -b /dev/sda ]
soon [ -b /dev/sr0 ]
for disk in xvda sda sr0; do
	[ ! -b /dev/$disk ] || echo "GUEST HAS $disk: $(dd if=/dev/$disk bs=512 count=1 2>/dev/null | tr -cd ' -~\n' | head -n 1 | tail -c 40)"
done
echo "GUEST UP $(nproc) vcpus, clock $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
if [ -n "$then" ]; then
	echo "GUEST HAS tables: $(tail -c 4 /sys/firmware/acpi/tables/SRTT) $(grep -c 'from Dom0' /sys/firmware/dmi/tables/DMI)"
	modules virtio_pci virtio-rng
	soon [ -c /dev/hwrng ]
	echo "GUEST HAS hwrng: $(busybox timeout 60 dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c) bytes by $(
		grep virtio /proc/interrupts | tr -s ' ' | tr '\n' ' ')"
	{
		printf '\033[2J\033[H\033[?25l'
		awk 'BEGIN { for (i = 33; i < 127; i++) printf "%c", i }'
		printf '\r\n\nWho goes there? '
	} > /dev/tty1
	echo "GUEST ASKS"
	read -r who < /dev/tty1
	echo "GUEST KNOWS $who"
	echo "$who was here" | dd of="/dev/$then" bs=512 seek=$(($(cat "/sys/block/$then/size") - 1)) 2>/dev/null
	sync
	acpi() { awk '/acpi/ { print $2 + $3 }' /proc/interrupts; }
	was=$(acpi)
	pressed() { [ "$(acpi)" -gt "$was" ]; }
	echo "GUEST WAITS"
	within 120 pressed && echo "GUEST IS PRESSED"
	busybox poweroff -f
fi
stty -echo 2>/dev/null
while read -r line; do
	eval "$line"
	echo "GUEST DID $? $line"
done
