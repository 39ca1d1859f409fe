# SPDX-License-Identifier: MIT
#@ about: a stock guest's disk and network through Linux's own backends, with Debian's tools
#@ with: xen-tools
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: cloud:devices
#@ guest-modules: xen-blkfront xen-netfront ext4
#@ timeout: 240
#@ mem: 960
#@ run debian-tools: smp=1 dom0-mem=576

mkdir -p /var/log/xen/console
modules xen-blkback xen-netback loop bridge
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
free_before=$(free_mib)

truncate -s 128M /tmp/disk.img
losetup /dev/loop0 /tmp/disk.img
brctl addbr br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
ip link set lo up
# What a hotplug script has to do, no more: say which device, or put the interface on the bridge.
cat > /etc/xen/scripts/block <<'X'
#!/bin/sh
[ "$1" = add ] || exit 0
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T /dev/loop0)" \
	"$XENBUS_PATH/hotplug-status" connected
X
cat > /etc/xen/scripts/vif-test <<'X'
#!/bin/sh
[ "$1" = online ] || exit 0
brctl addif br0 "$vif"
ip link set "$vif" up
xenstore-write "$XENBUS_PATH/hotplug-status" connected
X
chmod 755 /etc/xen/scripts/*
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/devices"
memory = 256
vcpus = 2
disk = [ "phy:/dev/loop0,xvda,w" ]
vif = [ "bridge=br0,script=vif-test" ]
cmdline = "console=hvc0 cryptomgr.notests"
X
# nc ends when its input does: give it one that stays open.
mkfifo /tmp/open
sleep 300 > /tmp/open &
timeout 150 nc -l -p 4000 < /tmp/open > /tmp/received &
receiver=$!
check create xl create /tmp/g.cfg
log=/var/log/xen/console/guest-g1.log
wait $receiver
sha256sum /tmp/received | cut -d ' ' -f 1 | timeout 30 nc -l -p 4001
check guest-done says "GUEST DONE"
check disk grep "GUEST DISK right" $log
check ping grep "GUEST PING right" $log
check net grep "GUEST NET right" $log
same guest-right "" "$(grep "GUEST WRONG" $log | head -n 1)"
all_gone
memory_back "$free_before"
page_type_audit
no_kernel_complaint
