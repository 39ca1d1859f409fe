# SPDX-License-Identifier: MIT
#@ about: a stock guest's disk and network through Linux's own backends, with Serai's tools; then it is a driver domain by xl devd
#@ progs: udpecho
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: cloud:devices kit/blockcopy kit/echo
#@ guest-modules: xen-blkfront xen-netfront ext4 tun bridge
#@ guest-with: serai-tools
#@ timeout: 500
#@ mem: 1536
#@ run serai-tools: smp=1 dom0-mem=768
#@ run on-xen: smp=1 dom0-mem=768 on=xen

mkdir -p /var/log/xen/console
modules xen-blkback xen-netback loop bridge
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled /usr/sbin/xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
free_before=$(free_mib)

truncate -s 128M /tmp/disk.img
brctl addbr br0
# Backends' interfaces all have one address, which is a bridge's own if it has no other port: g1's bridge would take it for its.
ip link set br0 address 00:16:3e:0d:00:01
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
cmdline = "console=hvc0 cryptomgr.notests serve=1"
X
# nc ends when its input does: give it one that stays open.
mkfifo /tmp/open
sleep 500 > /tmp/open &
timeout 400 nc -l -p 4000 < /tmp/open > /tmp/received &
receiver=$!
check create xl create /tmp/g.cfg
log=/var/log/xen/console/guest-g1.log
wait $receiver
sha256sum /tmp/received | cut -d ' ' -f 1 | timeout 100 nc -l -p 4001
check guest-serves says "GUEST SERVES" 120
check disk grep "GUEST DISK right" $log
check ping grep "GUEST PING right" $log
check net grep "GUEST NET right" $log

# Guests of the kit, of a disk and a card that g1 serves by Serai's backends; the card is reached through g1's bridge.
kit() # NAME LINE…
{
	name=$1
	shift
	printf 'name = "%s"\ntype = "pv"\nkernel = "/guest/kit/%s"\nmemory = 1\n' "$name" "$name" > /tmp/$name.cfg
	check create-$name xl create -q /tmp/$name.cfg "$@"
}
kit blockcopy 'disk = [ "format=raw,vdev=xvda,access=rw,backendtype=qdisk,backend=g1,target=/mnt/disk.img" ]'
kit echo 'vif = [ "backendtype=serai,backend=g1,bridge=br0" ]' 'cmdline = "ip=10.9.0.3/24"'
check disk-served within 120 grep -q "blocks wrong: 0" /var/log/xen/console/guest-blockcopy.log
check card-served within 120 ping -c 1 -W 3 -q 10.9.0.3
check datagrams within 60 udpecho 10.9.0.3 20
check destroy-echo xl destroy echo
echo end > "$(xenstore-read /local/domain/"$(xl domid g1)"/console/tty)"
check guest-done says "GUEST DONE"
check guest-has-the-copy grep "GUEST COPY right" $log
same guest-right "" "$(grep "GUEST WRONG" $log | head -n 1)"
all_gone
same no-device-left "" "$(xenstore-ls -f /local/domain/0/backend | grep -E '/(vbd|vif)/' )"
same no-loop-left "" "$(losetup -a)"
memory_back "$free_before"
page_type_audit
no_kernel_complaint
[ $failed = 0 ] || { tail -n 20 $log; tail -n 5 /var/log/xen/console/guest-blockcopy.log; }
