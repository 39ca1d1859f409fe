# SPDX-License-Identifier: MIT
#@ about: stock kernels, old and new, large and small, as PV and PVH guests of several sizes side by side
#@ with: xen-tools serai-tools
#@ guest: cloud:report dom0:report newer?:report
#@ timeout: 240
#@ mem: 4096
#@ run guests: smp=3 dom0-mem=768

start_dom0 serai serai
free_before=$(free_mib)

# guest KERNEL VCPUS MIB [TYPE [LINE]]: create it; see_out: see that those came up as asked, and went.
guest()
{
	name=$1-$2-$3${4:+-$4}
	[ -f "/guest/$1" ] || { skip "$name" "the archive has no such kernel"; return; }
	cat > /tmp/g.cfg <<X
name = "$name"
type = "${4:-pv}"
kernel = "/guest/$1"
ramdisk = "/guest/report"
memory = $3
vcpus = $2
cmdline = "console=hvc0 cryptomgr.notests"
$5
X
	check "create-$name" xl create /tmp/g.cfg
	started="$started $name"
}
see_out()
{
	for name in $started; do
		log=/var/log/xen/console/guest-$name.log
		says "GUEST DONE"
		vcpus=$(echo "$name" | cut -d - -f 2)
		check "up-$name" grep "GUEST UP.* $vcpus vcpus" "$log"
		same "right-$name" "" "$(grep "GUEST WRONG" "$log" | head -n 1)"
	done
	soon only_dom0
	same "gone-after$(echo "$started" | tr " " -)" 2 "$(xl list | wc -l)"
	started=
}
started=
# The least this kernel starts in, and below as PVH; with less it ends by its own word that no memory is left.
guest cloud 1 72
guest dom0 2 256
guest cloud 1 80 pvh
guest dom0 2 256 pvh
guest newer 1 192 pvh 'tsc_mode = "always_emulate"'
guest cloud 4 2048 pvh
see_out
guest cloud 4 2048
guest newer 4 896
guest newer 1 96
see_out
memory_back "$free_before"
