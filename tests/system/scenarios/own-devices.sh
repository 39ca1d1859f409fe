# SPDX-License-Identifier: MIT
#@ about: a stock guest's disk and network through Linux's own backends, with Serai's tools
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: cloud:devices
#@ guest-modules: xen-blkfront xen-netfront ext4
#@ timeout: 240
#@ mem: 1536
#@ run serai-tools: smp=2 dom0-mem=768

mkdir -p /var/log/xen/console
modules xen-blkback xen-netback loop bridge
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled /usr/sbin/xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
free_before=$(free_mib)

truncate -s 128M /tmp/disk.img
brctl addbr br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
ip link set lo up
PATH=/opt/serai/sbin:/opt/serai/bin:$PATH
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/devices"
memory = 256
vcpus = 2
disk = [ "/tmp/disk.img,raw,xvda,rw,backendtype=phy" ]
vif = [ "bridge=br0,mac=00:16:3e:01:02:03" ]
cmdline = "console=hvc0"
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
same no-device-left "" "$(xenstore-ls -f /local/domain/0/backend | grep -E '/(vbd|vif)/' )"
same no-loop-left "" "$(losetup -a)"
memory_back "$free_before"
page_type_audit
no_kernel_complaint
