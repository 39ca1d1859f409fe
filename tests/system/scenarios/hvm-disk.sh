# SPDX-License-Identifier: MIT
#@ about: type "hvm" by Debian's xl and QEMU: hvmloader, SeaBIOS and a boot sector that uses timer, disk and clock; type "pvh"
#@ with: xen-tools qemu-xen
#@ progs: bootdisk
#@ guest: cloud:report
#@ timeout: 240
#@ mem: 1280
#@ run svm: smp=1 dom0-mem=640 options=guest_loglvl=all
#@ run on-xen: smp=1 qemu=7 cpu=EPYC,+svm,+npt,-rdtscp,-smap dom0-mem=640 on=xen options=guest_loglvl=all timeout=300

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
	tries=2000
	while xl domid "$1" > /dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 200000
	done
}

check create xl create -p -q /tmp/h1.cfg
check paused sh -c 'xl list | grep -q "^h1 .* [-r][-b]p"'
domid=$(xl domid h1)
# No verdict is printed while the guest writes to the same console.
runs() { xl unpause h1 && ends h1; }
check powered-off runs
for word in "HVM Loader" "SeaBIOS" "BOOT sector runs" "BOOT timer ticks" "BOOT second sector" "BOOT disk written" "BOOT clock read"; do
	check "$(echo "$word" | tr 'A-Z ' 'a-z-')" said "$word"
done
same written "BOOT second sector" "$(dd if=/tmp/disk.img bs=512 skip=8 count=1 2>/dev/null | head -n 1)"
check create-again xl create -p -q /tmp/h1.cfg
check destroy xl destroy h1
all_gone
# A PVH guest by the same tools, where no other run has one.
if [ "$bed_hypervisor" = xen ]; then
	cat > /tmp/p1.cfg <<X
name = "p1"
type = "pvh"
kernel = "/guest/cloud"
ramdisk = "/guest/report"
memory = 128
vcpus = 1
cmdline = "console=hvc0 cryptomgr.notests tsc=reliable"
X
	log=/var/log/xen/console/guest-p1.log
	check create-pvh xl create -q /tmp/p1.cfg
	check pvh-done says "GUEST DONE" 180
	all_gone
fi
