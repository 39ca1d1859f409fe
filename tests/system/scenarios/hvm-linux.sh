# SPDX-License-Identifier: MIT
#@ about: a stock kernel as an HVM guest, from an emulated disk by firmware and GRUB: PV drivers take over, or do not
#@ with: xen-tools serai-tools qemu-xen
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: disk/cloud:hvm
#@ guest-modules: xen-blkfront xen-netfront ata_piix sd_mod sr_mod button
#@ held: takes minutes on a busy machine, and its second guest has not been seen to the end yet
#@ timeout: 400
#@ mem: 1536
#@ run serai: dom0-mem=800

modules xen-blkback xen-netback loop bridge tun
start_dom0 serai serai
brctl addbr xenbr0
ip addr add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
echo "a CD" > /tmp/cd.iso
echo "an IDE disk" > /tmp/ide.img
truncate -s 1M /tmp/cd.iso /tmp/ide.img
# arguments WORDS: of the kernel on the disk.
arguments()
{
	printf '# GRUB Environment Block\narguments=%s\n%1024s' "$1" "" | head -c 1024 |
		dd of=/guest/hvm.disk bs=512 seek=2046 conv=notrunc 2>/dev/null
}
# last_sector FILE: its text.
last_sector() { tail -c 512 "$1" | head -n 1; }
cat > /tmp/h1.cfg <<X
name = "h1"
type = "hvm"
memory = 160
vcpus = 2
hdtype = "ahci"
vga = "none"
vnc = 0
usb = 0
disk = [ "/guest/hvm.disk,raw,hda,w", "/tmp/cd.iso,raw,hdc,cdrom" ]
vif = [ "bridge=xenbr0" ]
X

# The emulated disk is there until the kernel asks that it be unplugged; then it is a PV one.
arguments "console=hvc0 quiet"
log=/var/log/xen/console/guest-h1.log
check create xl create -q /tmp/h1.cfg
check guest-up says "GUEST UP 2 vcpus" 300
check kind tell '[ "$(cat /sys/hypervisor/guest_type)" = HVM ]'
check pv-disk-only tell '[ -b /dev/xvda ] && [ ! -b /dev/sda ]'
check disk-written tell 'echo by-pv | dd of=/dev/xvda bs=512 seek=$(($(cat /sys/block/xvda/size) - 1)) && sync'
same written by-pv "$(last_sector /guest/hvm.disk)"
check net tell 'ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0; ping -c 2 -W 20 10.9.0.1'
check clock tell '[ "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)" = xen ]'
check count-acpi tell 'acpi() { awk "/acpi/ { print \$2 + \$3 }" /proc/interrupts; }; was=$(acpi)'
check press-button xl trigger h1 power
check button-pressed tell 'within 30 eval "[ \$(acpi) -gt $was ]"'
check shutdown xl shutdown -w h1
all_gone

# The same kernel, told that it is on a PC.
arguments "xen_nopv xen_emul_unplug=never console=ttyS0 quiet then=sda"
check create-plain xl create -q /tmp/h1.cfg 'name="h2"' vcpus=1 'vif=[]' 'serial="file:/tmp/serial.log"' \
	'device_model_args=["-drive","file=/tmp/ide.img,format=raw,if=ide,index=0"]'
check plain-up within 300 grep -q "GUEST UP 1 vcpus" /tmp/serial.log
same plain-disk "an IDE disk" "$(sed -n 's/.*GUEST HAS sda: //p' /tmp/serial.log | tr -d '\r')"
same plain-cd "a CD" "$(sed -n 's/.*GUEST HAS sr0: //p' /tmp/serial.log | tr -d '\r')"
check no-pv-disk sh -c '! grep -q "HAS xvda" /tmp/serial.log'
all_gone
same plain-written "written by the guest" "$(last_sector /tmp/ide.img)"
[ "$failed" = 0 ] || cat /tmp/serial.log "$log" /var/log/xen/qemu-dm-h*.log /var/log/xen/domd.log
