# SPDX-License-Identifier: MIT
#@ about: a stock guest's disks through Serai's block backend, whose processes are killed under load
#@ with: xen-tools serai-tools qemu-img qemu-storage
#@ modules: brd
#@ guest: cloud:block
#@ guest-modules: xen-blkfront ext4
#@ timeout: 240
#@ mem: 1536
#@ run own-block: smp=2 dom0-mem=768

modules brd
start_dom0 serai serai
backd=/opt/serai/lib/serai/serai-backd
log=/var/log/xen/console/guest-g1.log

await() # TRIES PATTERN: in the guest's console
{
	tries=$1
	until grep -q "$2" $log 2>/dev/null || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
}

truncate -s 64M /tmp/raw.img
check qcow2 qemu-img create -q -f qcow2 /tmp/disk.qcow2 64M
echo "read me" > /dev/ram0
echo "first medium" > /tmp/first.iso
echo "second medium" > /tmp/second.iso
truncate -s 2M /tmp/first.iso
truncate -s 1M /tmp/second.iso
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/block"
memory = 256
vcpus = 2
cmdline = "console=hvc0"
disk = [ "/tmp/disk.qcow2,qcow2,xvda,rw", "/tmp/raw.img,raw,xvdb,rw,backendtype=qdisk",
	"/dev/ram0,raw,xvdc,r,backendtype=qdisk", "/tmp/first.iso,raw,xvdd,r,devtype=cdrom,backendtype=qdisk" ]
X
check create xl create /tmp/g.cfg
id=$(xl domid g1)
same one-backd-only 1 "$($backd -i >/dev/null 2>&1; echo $?)"
await 600 "GUEST WRITING"
worker=$(pidof serai-back)
same unprivileged "$((0x7f5e0000 + id))" "$(awk '/^Uid:/ { print $2 }' /proc/$worker/status)"
same no-capabilities 0000000000000000 "$(awk '/^CapEff:/ { print $2 }' /proc/$worker/status)"
same filtered 2 "$(awk '/^Seccomp:/ { print $2 }' /proc/$worker/status)"
same confined empty "$(basename "$(readlink /proc/$worker/root)")"
kills=0 # the daemon, too, once
for round in 1 2 3 4; do
	tries=100
	until kill -9 $(pidof serai-back) 2>/dev/null || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
	if [ $round = 2 ]; then
		kill -9 $(pidof serai-backd) # domd starts it again
	fi
	[ $tries = 0 ] || kills=$round
	grep -q "GUEST DONE" $log && break
	usleep 1500000
done
echo "$(cut -d ' ' -f 1 /proc/uptime): killed $kills workers"
await 600 "GUEST WANTS another medium"
xentop -b -i 1 -x >/tmp/top
check xentop-counts-writes grep -E "VBD.* 51728 .*WR: +[1-9]" /tmp/top
check cd-insert xl cd-insert g1 xvdd /tmp/second.iso
await 600 "GUEST WANTS a crash"
kill -9 $(pidof qemu-storage-daemon)
check block-detach xl block-detach g1 xvdb
await 600 "GUEST DONE"
check guest-done grep "GUEST DONE" $log
for what in EXT4 RAW READONLY READ MEDIUM DETACH CRASH; do check guest-$what grep "GUEST $what right" $log; done
same guest-right "" "$(grep "GUEST WRONG" $log | head -n 3)"
check killed [ $kills -ge 2 ]
sum=$(awk '/GUEST SUM/ { print $3 }' $log | tr -d '\r')
same data-in-the-file "$sum" "$(dd if=/tmp/raw.img bs=1M count=8 2>/dev/null | sha256sum | cut -d ' ' -f 1)"
tries=100
while [ "$(xl list | wc -l)" -gt 2 ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
same all-gone 2 "$(xl list | wc -l)"
same no-node-left "" "$(xenstore-ls -f /local/domain/0/backend | grep /qdisk/)"
tries=50
until [ -z "$(pidof serai-back qemu-storage-daemon)" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
same no-process-left "" "$(pidof serai-back qemu-storage-daemon)"
same nothing-left "backd.lock empty" "$(echo $(ls /run/serai/back))"
check image-sound qemu-img check -q /tmp/disk.qcow2
same no-kernel-complaint "" "$(dmesg | grep -E 'BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Call Trace' | head -n 3)"
