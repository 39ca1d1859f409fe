# SPDX-License-Identifier: MIT
#@ about: a guest hostile to all its backends, Serai's and Linux's, harms no neighbour and leaves nothing behind
#@ with: xen-tools serai-tools serai-screen
#@ modules: xen-blkback xen-netback loop bridge tun
#@ guest: kit/hostile kit/blockcopy kit/echo
#@ timeout: 900
#@ mem: 1280
#@ run serai: smp=2 dom0-mem=640 rounds=12 seed=20261121

modules xen-blkback xen-netback loop bridge tun
start_dom0 serai serai
echo 'disk.persistent_grants="on"' >> /etc/xen/xl.conf # each grant is copied from, too, if it cannot be mapped
mkdir -p /srv/share
brctl addbr br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
ip link set lo up
guest() # NAME KERNEL MIB LINE…: creates it with these lines besides the usual ones
{
	guest_name=$1
	printf 'name = "%s"\ntype = "pv"\nkernel = "/guest/kit/%s"\nmemory = %s\nvcpus = 1\n' "$1" "$2" "$3" >/tmp/$1.cfg
	shift 3
	check create-$guest_name xl create -q /tmp/$guest_name.cfg "$@"
}
says() # NAME WORDS TENTHS
{
	says_tries=$3
	until grep -q "$2" /var/log/xen/console/guest-$1.log 2>/dev/null || [ $says_tries = 0 ]; do
		says_tries=$((says_tries - 1))
		usleep 100000
	done
	[ $says_tries -gt 0 ]
}
answers() { for try in 1 2 3 4 5 6 7 8 9; do ping -c 1 -w 3 -q "$1" >/tmp/err 2>&1 && return; done; return 1; }
copies() # NAME DISK: a new guest's disk is right
{
	guest $1 blockcopy 1 "disk = [ \"$2\" ]" 'cmdline = "mib=1"'
	check $1-done says $1 "^done" 900
	check $1-right grep "blocks wrong: 0" /var/log/xen/console/guest-$1.log
}
truncate -s 4M /tmp/hostile1.img /tmp/hostile2.img /tmp/own.img /tmp/linux.img
losetup /dev/loop6 /tmp/hostile2.img
losetup /dev/loop7 /tmp/linux.img

guest own echo 1 'vif = [ "bridge=br0,backendtype=serai" ]' 'cmdline = "ip=10.9.0.2/24"'
guest linux echo 1 'vif = [ "bridge=br0" ]' 'cmdline = "ip=10.9.0.3/24"'
check own-ready says own ready 600
check linux-ready says linux ready 600
check own-answers answers 10.9.0.2
check linux-answers answers 10.9.0.3
copies before-own /tmp/own.img,raw,xvda,rw,backendtype=qdisk
tries=100
while [ "$(xl list | wc -l)" -gt 4 ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
free_before=$(free_mib)
backd=$(pidof serai-backd)
others=$(pidof xenstored xenconsoled)

guest hostile hostile 4 'disk = [ "/tmp/hostile1.img,raw,xvda,rw,backendtype=qdisk", "phy:/dev/loop6,xvdb,w" ]' \
	'vif = [ "bridge=br0,backendtype=serai", "bridge=br0" ]' 'p9 = [ "tag=share,path=/srv/share,security_model=none" ]' \
	'vfb = [ "vnc=1" ]' 'channel = [ "name=c,connection=pty" ]' "cmdline = \"rounds=$bed_rounds seed=$bed_seed\""
copies beside-own /tmp/own.img,raw,xvda,rw,backendtype=qdisk
copies beside-linux phy:/dev/loop7,xvda,w
check own-answers-beside answers 10.9.0.2
check linux-answers-beside answers 10.9.0.3
check hostile-done says hostile "^done" 3000
grep -E "connections|requests|hostile to" /var/log/xen/console/guest-hostile.log
check all-devices grep -q "hostile to 8 devices" /var/log/xen/console/guest-hostile.log
check each-connected sh -c '! grep -q ": 0 connections" /var/log/xen/console/guest-hostile.log'
same daemon-lives "$backd" "$(pidof serai-backd)"
same daemons-live "$others" "$(pidof xenstored xenconsoled)"
check own-answers-still answers 10.9.0.2
check linux-answers-still answers 10.9.0.3
check destroy-hostile xl destroy hostile
copies after-own /tmp/own.img,raw,xvda,rw,backendtype=qdisk
copies after-linux phy:/dev/loop7,xvda,w
tries=100
while [ "$(xl list | wc -l)" -gt 4 ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
memory_back "$free_before"
check destroy-own xl destroy own
check destroy-linux xl destroy linux
tries=100
until [ -z "$(pidof serai-back serai-back-vfb)" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
same no-process-left "" "$(pidof serai-back serai-back-vfb)"
same no-node-left "" "$(xenstore-ls -f /local/domain/0/backend | grep -E '/(qdisk|qnic|vbd|vif|vfb|vkbd|9pfs|console)/[1-9]' | head -n 3)"
same nothing-left "backd.lock empty" "$(echo $(ls /run/serai/back))"
# What Linux's own backends say of a hostile frontend is theirs to say, and no more than words.
same no-kernel-complaint "" "$(dmesg | grep -E 'BUG:|Oops|soft lockup|rcu.*stall|general protection' | head -n 3)"
[ $failed = 0 ] || tail -n 30 /var/log/xen/domd.log
