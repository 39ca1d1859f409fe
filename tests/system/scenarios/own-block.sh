# SPDX-License-Identifier: MIT
#@ about: a stock guest's 64 MiB on a raw file, a block device and a qcow2 image through Serai's block backend, killed meanwhile, over a reboot; discard, read-only, media
#@ with: xen-tools serai-tools qemu-img qemu-storage
#@ progs: blocks
#@ modules: loop
#@ guest: cloud:block
#@ guest-modules: xen-blkfront ext4
#@ timeout: 900
#@ mem: 1536
#@ run own-block: smp=1 dom0-mem=900 mib=64 reboot=1 persistent=on
#@ run on-xen: smp=1 dom0-mem=640 mib=8 reboot=0 persistent=off on=xen

modules loop
start_dom0 serai serai
echo "disk.persistent_grants=\"$bed_persistent\"" >> /etc/xen/xl.conf
backd=/opt/serai/lib/serai/serai-backd
log=/var/log/xen/console/guest-g1.log
no_process() { [ -z "$(pidof serai-back qemu-storage-daemon)" ]; }

check qcow2 qemu-img create -q -f qcow2 /tmp/disk.qcow2 80M
truncate -s 80M /tmp/raw.img /tmp/block.img
losetup /dev/loop5 /tmp/block.img
echo "read me" > /tmp/read.img
echo "first medium" > /tmp/first.iso
echo "second medium" > /tmp/second.iso
truncate -s 2M /tmp/first.iso
truncate -s 1M /tmp/second.iso /tmp/read.img
cat > /tmp/g.cfg <<Y
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/block"
memory = 256
vcpus = 2
cmdline = "console=hvc0 cryptomgr.notests mib=$bed_mib reboot=$bed_reboot"
disk = [ "/tmp/disk.qcow2,qcow2,xvda,rw", "/tmp/raw.img,raw,xvdb,rw,backendtype=qdisk", "/dev/loop5,raw,xvdc,rw,backendtype=qdisk",
	"/tmp/read.img,raw,xvdd,r,backendtype=qdisk", "/tmp/first.iso,raw,xvde,r,devtype=cdrom,backendtype=qdisk" ]
Y
kib() { echo $(($(stat -c '%b * %B / 1024' "$1"))); }
check create xl create -q /tmp/g.cfg
id=$(xl domid g1)
same one-backd-only 1 "$($backd -i >/dev/null 2>&1; echo $?)"
check writing says "GUEST WRITING" 120
worker=$(pidof serai-back)
same unprivileged "$((0x7f5e0000 + id))" "$(awk '/^Uid:/ { print $2 }' /proc/$worker/status)"
same no-capabilities 0000000000000000 "$(awk '/^CapEff:/ { print $2 }' /proc/$worker/status)"
same filtered 2 "$(awk '/^Seccomp:/ { print $2 }' /proc/$worker/status)"
same confined empty "$(basename "$(readlink /proc/$worker/root)")"
kills=0 # the daemon, too, once
for disk in a b c; do
	[ $disk != b ] || kill -9 "$(pidof serai-backd)" # domd starts it again
	within 60 kill -9 $(pidof serai-back) && kills=$((kills + 1))
	says "GUEST FILLED $disk" 120
done
check killed [ $kills -ge 2 ]
check wrote says "GUEST WROTE" 120
[ "$bed_reboot" = 0 ] || check allocated [ "$(kib /tmp/raw.img)" -ge $((bed_mib * 1024)) ]
check second-time says "GUEST WANTS another medium" 180
# Besides the rings of five disks: data.
mapped=$(grep -c gntdev /proc/"$(pidof serai-back)"/maps)
check mapped-$bed_persistent [ "$mapped" "$([ $bed_persistent = on ] && echo -gt || echo -le)" 40 ]
same written-once 1 "$(grep -c "GUEST WROTE" $log)"
xentop -b -i 1 -x >/tmp/top
check xentop-counts-reads grep -E "VBD.* 51728 .*RD: +[1-9]" /tmp/top
if [ "$bed_reboot" = 1 ]; then
	for image in raw.img block.img; do check discarded-$image [ "$(kib /tmp/$image)" -lt $((bed_mib * 512)) ]; done
fi
check cd-insert xl cd-insert g1 xvde /tmp/second.iso
says "GUEST WANTS a crash" 60
kill -9 "$(pidof qemu-storage-daemon)"
check block-detach xl block-detach g1 xvdb
check guest-done says "GUEST DONE" 120
for what in "READ a" "READ b" "READ c" "TRIMMED a" "TRIMMED b" "TRIMMED c" "REFUSED d" "REFUSED e" "MEDIUM right" "DETACH right" "CRASH right"; do
	check "guest-$(echo "$what" | tr ' ' -)" grep "GUEST $what" $log
done
same guest-right "" "$(grep "GUEST WRONG" $log | head -n 3)"
grep -E "GUEST (UP|FILLED|READ|DONE)" $log
all_gone
same read-only-file-is-as-it-was "read me" "$(tr -d '\0' </tmp/read.img)"
same no-node-left "" "$(xenstore-ls -f /local/domain/0/backend | grep /qdisk/)"
check no-process-left soon no_process
same nothing-left "backd.lock empty" "$(echo $(ls /run/serai/back))"
# A killed server may leave clusters behind that nobody uses (3), nothing worse.
image_sound() { qemu-img check -q /tmp/disk.qcow2 || [ $? = 3 ]; }
check image-sound image_sound
no_kernel_complaint
[ $failed = 0 ] || tail -n 20 /var/log/xen/domd.log
