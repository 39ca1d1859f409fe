# SPDX-License-Identifier: MIT
#@ about: an HVM guest by our tools and Debian's device model: firmware, emulated disk, monitor, CD, death of the model
#@ with: xen-tools serai-tools qemu-xen
#@ modules: xen-blkback loop
#@ timeout: 200
#@ mem: 1280
#@ run tools: smp=1 dom0-mem=700 options=guest_loglvl=all
#@ run on-xen: smp=1 qemu=7 cpu=EPYC,+svm,+npt,-rdtscp,-smap dom0-mem=700 on=xen options=guest_loglvl=all timeout=300

modules xen-blkback loop
start_dom0 serai serai
xs() { xenstore-read "$@" 2>/dev/null; }
# A disk whose first sector says so on the first serial line: xor ax,ax; mov ds,ax; cld; mov si,0x7c16; mov dx,0x3f8;
# 1: lodsb; test al,al; jz 2f; out dx,al; jmp 1b; 2: hlt; jmp 2b.
printf '\061\300\216\330\374\276\026\174\272\370\003\254\204\300\164\003\356\353\370\364\353\375BOOTED FROM DISK\r\n\000' > /tmp/disk.img
printf '\125\252' | dd of=/tmp/disk.img bs=1 seek=510 conv=notrunc 2>/dev/null
truncate -s 16M /tmp/disk.img
echo "a medium" > /tmp/cd.iso
truncate -s 1M /tmp/cd.iso
cat > /tmp/h1.cfg <<X
name = "h1"
type = "hvm"
memory = 48
serial = "file:/tmp/serial.log"
disk = [ "/tmp/disk.img,raw,hda,w", "vdev=hdc,cdrom,target=" ]
usbdevice = "tablet"
X
# refused WORDS KEY=VALUE…: xl says WORDS, and nothing stays behind.
refused()
{
	words=$1
	shift
	xl create /tmp/h1.cfg "$@" > /tmp/said 2>&1 && return 1
	grep -qF "$words" /tmp/said || { cat /tmp/said; return 1; }
	[ "$(xl list | wc -l)" = 2 ] && ! pidof xen-qemu-system-i386
}

check refuse-nested refused nestedhvm nestedhvm=1
check refuse-rombios refused seabios 'bios="rombios"'
check refuse-no-loader refused serai-hvmloader 'firmware_override="nothing"'
check refuse-too-little refused 'raise memory=' memory=12
check refuse-no-model refused qemu-system-xen 'device_model_override="/nowhere"'
check refuse-bad-argument refused 'device model ended' 'device_model_args=["-nonsense"]'
free_before=$(free_mib)

check create xl create -p /tmp/h1.cfg
domid=$(xl domid h1)
same type hvm "$(xs /libxl/"$domid"/type)"
model=$(xs /local/domain/"$domid"/image/device-model-pid)
same unprivileged $((0x7f5e8000 + domid)) "$(awk '/^Uid/ { print $2 }' /proc/"$model"/status)"
same root /run/xen/qemu-root-"$domid" "$(readlink /proc/"$model"/root)"
check own-libraries grep -q /opt/serai/lib/x86_64-linux-gnu/libxendevicemodel.so.1 /proc/"$model"/maps
same vnc 5900 "$(xs /local/domain/"$domid"/console/vnc-port)"
# No verdict is printed while the firmware writes to the same console.
boots() { xl unpause h1 && within 400 grep -q 'BOOTED FROM DISK' /tmp/serial.log; }
check booted boots
check loader sh -c 'xl dmesg | grep -q "HVM Loader"'
check pause xl pause h1
check paused sh -c 'xl list | grep -q "^h1 .* [-r][-b]p"'
check unpause xl unpause h1
check monitor sh -c 'xl qemu-monitor-command h1 "info status" | grep -q running'
check cd-insert xl cd-insert h1 hdc /tmp/cd.iso
check cd-is-in sh -c 'xl qemu-monitor-command h1 info block | grep -A2 ide-5632 | grep -q fdset'
check cd-eject xl cd-eject h1 hdc
check cd-is-out sh -c 'xl qemu-monitor-command h1 info block | grep ide-5632 | grep -q "not inserted"'

# The guest of a device model that dies has crashed: on_crash= destroys it.
kill -9 "$model"
all_gone
check death-is-told grep -q "device model of domain $domid" /var/log/xen/domd.log
check nothing-left sh -c '! pidof xen-qemu-system-i386 && [ ! -e /run/xen/qemu-root-'"$domid"' ]'
memory_back "$free_before"
[ "$failed" = 0 ] || cat /tmp/serial.log /var/log/xen/qemu-dm-h1.log /var/log/xen/domd.log
