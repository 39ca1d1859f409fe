# SPDX-License-Identifier: MIT
#@ about: type "hvm" by Debian's xl and QEMU: hvmloader, SeaBIOS and a boot sector that uses timer, disk and clock
#@ with: xen-tools qemu-xen
#@ progs: bootdisk
#@ timeout: 240
#@ mem: 1280
#@ run svm: smp=2 dom0-mem=640 options=guest_loglvl=all

start_dom0 debian debian
bootdisk /tmp/disk.img
cat > /tmp/h1.cfg <<X
name = "h1"
type = "hvm"
memory = 64
device_model_args_hvm = [ "-drive", "file=/tmp/disk.img,format=raw,if=ide,index=0" ]
vga = "none"
vnc = 0
sdl = 0
usb = 0
on_poweroff = "destroy"
on_crash = "destroy"
on_reboot = "destroy"
X
said() { xl dmesg | grep -qF "(d$domid) $1"; }
# ends DOMAIN: waits until it has gone.
ends()
{
	tries=600
	while xl domid "$1" > /dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 200000
	done
}

check create xl create -q /tmp/h1.cfg
domid=$(xl domid h1 || echo 1)
check powered-off ends h1
for word in "HVM Loader" "SeaBIOS" "BOOT sector runs" "BOOT timer ticks" "BOOT second sector" "BOOT disk written" "BOOT clock read"; do
	check "$(echo "$word" | tr 'A-Z ' 'a-z-')" said "$word"
done
same written "BOOT second sector" "$(dd if=/tmp/disk.img bs=512 skip=8 count=1 2>/dev/null | head -n 1)"
