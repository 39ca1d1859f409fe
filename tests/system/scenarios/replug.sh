# SPDX-License-Identifier: MIT
#@ about: a network card comes where one has just gone, on one processor: the guest has seen the end of that, and does not take it for the same
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge tun
#@ guest: cloud:hotplug
#@ guest-modules: xen-blkfront xen-netfront
#@ timeout: 600
#@ mem: 1280
#@ run replug: smp=1 dom0-mem=640

modules xen-blkback xen-netback loop bridge tun
start_dom0 serai serai
brctl addbr br0
ip link set br0 up
truncate -s 16M /tmp/root.img
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/hotplug"
memory = 192
vcpus = 1
disk = [ "/tmp/root.img,,xvda,backendtype=phy" ]
cmdline = "console=hvc0 cryptomgr.notests"
X
check create xl create -q /tmp/g.cfg
log=/var/log/xen/console/guest-g1.log
check guest-up says "GUEST UP" 120
# The guest is at its disk all the time, so it is late with what it has to do for a card. A second's pause lets it use the card.
replugged() # WORDS…: of the card's specification
{
	for round in 1 2 3 4 5 6 7 8 9 10; do
		xl network-attach g1 mac=00:16:3e:00:00:02 bridge=br0 "$@" || { echo "attach $round"; return 1; }
		[ $((round % 2)) = 0 ] || sleep 1
		xl network-detach g1 00:16:3e:00:00:02 || { echo "detach $round"; return 1; }
	done
}
check linux-card replugged
check own-card replugged backendtype=serai
check destroy xl destroy g1
all_gone
no_kernel_complaint
[ $failed = 0 ] || tail -n 20 /var/log/xen/domd.log
