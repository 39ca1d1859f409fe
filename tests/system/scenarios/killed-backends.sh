# SPDX-License-Identifier: MIT
#@ about: each of Serai's backends, serai-backd and qemu-storage-daemon killed at 20 random moments under load: no write is lost, no byte wrong, no guest restarted; nor does a guest outlive one killed while a slow device is at its data
#@ progs: killer udpecho vncscreen
#@ with: xen-tools serai-tools serai-screen qemu-img qemu-storage
#@ modules: bridge tun null_blk configfs
#@ guest: kit/blockcopy kit/echo kit/share kit/screen
#@ timeout: 900
#@ mem: 1024
#@ run own: smp=2 dom0-mem=640 rounds=20 seed=4

modules bridge tun
start_dom0 serai serai
echo 'disk.persistent_grants="on"' >> /etc/xen/xl.conf # own-block has a worker killed that copies
brctl addbr br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
ip link set lo up
echo "seed $bed_seed"
guest() # NAME KERNEL MIB LINE…: creates it with these lines besides the usual ones
{
	guest_name=$1
	printf 'name = "%s"\ntype = "pv"\nkernel = "/guest/kit/%s"\nmemory = %s\n' "$1" "$2" "$3" >/tmp/$1.cfg
	shift 3
	check create-$guest_name xl create -q /tmp/$guest_name.cfg "$@"
	eval "id_$guest_name=$(xl domid $guest_name)"
}
log_of() { log=/var/log/xen/console/guest-$1.log; }
answers() { for try in 1 2 3 4 5 6 7 8 9; do ping -c 1 -w 3 -q "$1" >/tmp/err 2>&1 && return; done; return 1; }

truncate -s 4M /tmp/raw.img
check qcow2 qemu-img create -q -f qcow2 /tmp/disk.qcow2 4M
mkdir -p /srv/share
head -c 50000 /dev/urandom >/srv/share/from
head -c 60000 /dev/urandom >/tmp/data
guest raw blockcopy 1 'disk = [ "/tmp/raw.img,raw,xvda,rw,backendtype=qdisk" ]' 'cmdline = "mib=1 rounds=0 pause=4"'
guest qcow2 blockcopy 1 'disk = [ "/tmp/disk.qcow2,qcow2,xvda,rw" ]' 'cmdline = "mib=1 rounds=0 pause=4"'
guest net echo 1 'vif = [ "bridge=br0,backendtype=serai" ]' 'cmdline = "ip=10.9.0.2/24"'
guest share share 4 'p9 = [ "tag=share,path=/srv/share,security_model=none" ]' 'cmdline = "from=from to=to rounds=0 pause=100"'
guest screen screen 8 'vfb = [ "vnc=1,vncdisplay=4" ]' 'cmdline = "quit=16"'
for name in raw qcow2; do log_of $name; check $name-writes says "disk " 120; done
log_of screen
check screen-shown says shown 120
check net-answers answers 10.9.0.2

# Bytes sent to the guest come back late or cut short, perhaps: wrong never.
net_loop()
{
	while [ ! -e /tmp/stop ]; do
		(cat /tmp/data; for i in $(seq 30); do [ "$(stat -c %s /tmp/back 2>/dev/null)" != 60000 ] || break; usleep 500000; done) |
			timeout 30 nc 10.9.0.2 7 >/tmp/back
		head -c "$(stat -c %s /tmp/back)" /tmp/data | cmp - /tmp/back >>/tmp/net.wrong 2>&1
		[ "$(stat -c %s /tmp/back)" != 60000 ] || echo whole >>/tmp/net.right
		usleep 300000
	done
}
net_loop 2>/dev/null &
loop=$!

# Not before each backend serves again, and has work, is it killed the next time.
back=/run/serai/back
image=$back/$id_qcow2-qdisk-51712
check killed-all killer "$bed_seed" "$bed_rounds" 300 "raw=$back/$id_raw.lock@$back/$id_raw-qdisk-51712" "storage=$image.pid@$image" \
	"net=$back/$id_net.lock@$back/$id_net-qnic-0" "screen=$back/$id_screen*.lock" \
	"share=$back/$id_share*.lock@$back/$id_share-9pfs-0" "qcow2%5=$back/$id_qcow2.lock@$image" "backd%4=$back/backd.lock"
cat /tmp/check.out
if [ $failed != 0 ]; then
	echo "$(cut -d ' ' -f 1 /proc/uptime) s"
	xl list
	xenstore-ls -f /local/domain/0/backend | grep -E "state|error"
	head -n 1 $back/*.lock $back/*.pid
	for pid in $(pidof serai-back qemu-storage-daemon); do echo "$pid $(tr '\0' ' ' </proc/$pid/cmdline) $(cat /proc/$pid/wchan)"; done
fi

: >/tmp/stop
for name in raw qcow2 share; do
	check stop-$name xenstore-write "/local/domain/$(xl domid $name)/data/stop" 1
done
for name in raw qcow2 share; do
	log_of $name
	check $name-done says done 120
	grep -E "copied|copies" $log
done
for name in raw qcow2; do log_of $name; check $name-right grep "blocks wrong: 0" $log; done
log_of share
check share-right grep -E "copies right: [1-9][0-9]*, wrong: 0" $log
wait $loop
check net-answers-again answers 10.9.0.2
check net-echoes within 30 udpecho 10.9.0.2 20
check net-some-whole test -s /tmp/net.right
same net-never-wrong "" "$(head -n 2 /tmp/net.wrong 2>/dev/null)"
check picture within 30 vncscreen 5904 save /tmp/bars.ppm
pixel() { dd if=/tmp/bars.ppm bs=1 skip=$((15 + ($2 * 320 + $1) * 3)) count=3 2>/dev/null | od -An -tx1 | tr -d ' '; }
same picture-right "ffff00 0000ff" "$(pixel 60 100) $(pixel 250 100)"
vncscreen 5904 type aq
log_of screen
check keys-arrive says "key 30 down"
check screen-done says "done"
check destroy-net xl destroy net

# A worker is killed while a device that takes three seconds (null_blk gives up after five) is at work for it, and the
# guest destroyed: nothing of it stays, as what the device is at are not the guest's pages (memory.c).
modules configfs
check module-null_blk modprobe null_blk nr_devices=0
mkdir -p /sys/kernel/config
mount -t configfs configfs /sys/kernel/config
slow=/sys/kernel/config/nullb/slow
mkdir $slow
for value in irqmode=2 completion_nsec=3000000000 memory_backed=1 size=16 power=1; do
	check slow-${value%=*} eval "echo ${value#*=} >$slow/${value%=*}"
done
guest slow blockcopy 1 'disk = [ "/dev/slow,raw,xvda,rw,backendtype=qdisk" ]' 'cmdline = "mib=1 rounds=0 pause=4"'
log_of slow
check slow-writes says "disk " 120
worker=$(awk '{ print $1; exit }' $back/$id_slow.lock)
keeps() { [ "$(grep -c gntdev /proc/$worker/maps)" -gt 2 ]; }
check slow-maps-data within 60 keeps
at_work() { grep -q '[1-9]' /sys/block/slow/inflight; }
written() { awk '{ print $5 }' /sys/block/slow/stat; }
before=$(written)
begins() { [ "$(written)" != "$before" ] && at_work; }
check slow-at-work within 60 begins
kill -9 $worker
check slow-still-at-work at_work
check slow-destroyed xl destroy slow
all_gone
no_process() { [ -z "$(pidof serai-back serai-back-vfb qemu-storage-daemon)" ]; }
check no-process-left soon no_process
same nothing-left "backd.lock empty" "$(echo $(ls /run/serai/back))"
# A killed server may leave clusters behind that nobody uses (3), nothing worse.
image_sound() { qemu-img check -q /tmp/disk.qcow2 || [ $? = 3 ]; }
check image-sound image_sound
no_kernel_complaint
if [ $failed != 0 ]; then
	tail -n 60 /var/log/xen/domd.log
	for name in raw qcow2 share; do tail -n 4 /var/log/xen/console/guest-$name.log; done
fi
