# SPDX-License-Identifier: MIT
#@ about: PV, PVH and HVM guests side by side with more vCPUs than the machine has CPUs, all working hard, beside a busy Dom0
#@ progs: stress bootdisk
#@ with: xen-tools qemu-xen
#@ guest: cloud:load
#@ timeout: 300
#@ mem: 2048
#@ run 3cpu: smp=3 dom0-mem=640 seconds=60 hvm=yes

start_dom0 debian debian
free_before=$(free_mib)
virtual=pvh
[ "$bed_hypervisor" = serai ] || virtual=pv # Debian's Xen runs PVH guests on another machine than this one

# guest NUMBER TYPE VCPUS MIB
guest()
{
	cat > /tmp/g.cfg <<X
name = "g$1"
type = "$2"
kernel = "/guest/cloud"
ramdisk = "/guest/load"
memory = $4
vcpus = $3
cmdline = "console=hvc0 cryptomgr.notests seconds=$bed_seconds"
X
	check create-g$1 xl create /tmp/g.cfg
}
guest 1 pv 4 256
guest 2 $virtual 2 192
guest 3 $virtual 1 128
# A machine of emulated devices, whose boot sector uses timer, disk and clock, and ends it; again and again, meanwhile.
# It says how many vCPUs it has, because Debian's xl keeps only those to vm.hvm.cpumask.
hvm_rounds()
{
	bootdisk /tmp/disk.img
	cat > /tmp/h.cfg <<X
name = "h"
type = "hvm"
vcpus = 1
memory = 64
device_model_args_hvm = [ "-drive", "file=/tmp/disk.img,format=raw,if=ide,index=0" ]
vga = "none"
vnc = 0
sdl = 0
usb = 0
on_poweroff = "destroy"
on_crash = "preserve"
on_reboot = "destroy"
X
	until [ -f /tmp/enough ]; do
		xl create -q -p /tmp/h.cfg || return 1
		xl vcpu-list h | grep -q " 1-$((bed_smp - 1)) / " || return 4
		xl unpause h || return 5
		within 240 gone h || return 2
		[ "$(dd if=/tmp/disk.img bs=512 skip=8 count=1 2>/dev/null | head -n 1)" = "BOOT second sector" ] || return 3
		echo "HVM guest $((hvm = hvm + 1)) has come and gone"
		bootdisk /tmp/disk.img
	done
}
gone() { ! xl domid "$1" >/dev/null 2>&1; }
if [ "$bed_hvm" = yes ] && [ "$bed_hypervisor" = serai ]; then
	hvm_rounds >/tmp/hvm 2>&1 &
	hvm_pid=$!
fi
stress forkexec 2 300 >/tmp/dom0 2>&1 && pass dom0-forkexec || fail dom0-forkexec "$(tail -n 1 /tmp/dom0)"
for number in 1 2 3; do
	log=/var/log/xen/console/guest-g$number.log
	check g$number-done says "GUEST DONE" 240
	same g$number-right "" "$(grep "GUEST WRONG" $log | head -n 1)"
done
if [ -n "$hvm_pid" ]; then
	touch /tmp/enough
	wait $hvm_pid && pass hvm-beside || fail hvm-beside "step $?: $(tail -n 2 /tmp/hvm)"
	cat /tmp/hvm
fi
all_gone
memory_back "$free_before"
page_type_audit
no_kernel_complaint
