# SPDX-License-Identifier: MIT
#@ about: backends hostile to a guest of the kit stop no more than the devices they are of
#@ progs: hostileback
#@ with: xen-tools serai-tools
#@ guest: kit/victim
#@ timeout: 600
#@ mem: 768
#@ run serai: smp=2 dom0-mem=384 rounds=8 seed=20261121

start_dom0 serai serai
log=/var/log/xen/console/guest-victim.log
says() # WORDS TENTHS
{
	says_tries=$2
	until grep -q "$1" $log 2>/dev/null || [ $says_tries = 0 ]; do says_tries=$((says_tries - 1)); usleep 100000; done
	[ $says_tries -gt 0 ]
}
truncate -s 4M /tmp/disk.img
cat >/tmp/victim.cfg <<X
name = "victim"
type = "pv"
kernel = "/guest/kit/victim"
memory = 8
vcpus = 1
cmdline = "disk=51712"
disk = [ "/tmp/disk.img,raw,xvda,rw,backendtype=qdisk" ]
on_crash = "preserve"
X
check create xl create -q -p /tmp/victim.cfg
id=$(xl domid victim)
check make hostileback "$id" "$bed_seed" 1 MAKE
echo "seed $bed_seed"
check unpause xl unpause victim
check begun says "begun with 5 others" 600
timeout 420 hostileback "$id" "$bed_seed" "$bed_rounds" RUN >/tmp/hostile.out 2>&1
same hostile-ended 0 $?
cat /tmp/hostile.out
same each-connected "" "$(grep ' 0 connections' /tmp/hostile.out)"
check stop xenstore-write "/local/domain/$id/data/stop" 1
check victim-done says "^done" 900
grep dead $log
check good-disk-right grep -q "good disk: .* 0 wrong" $log
tries=100
while [ "$(xl list | wc -l)" -gt 2 ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); usleep 100000; done
same all-gone 2 "$(xl list | wc -l)"
no_kernel_complaint
[ $failed = 0 ] || tail -n 20 $log
