# SPDX-License-Identifier: MIT
#@ about: many tiny guests at once, PV and in some rounds PVH, created and destroyed in changing order; everything comes back
#@ progs: heap
#@ with: xen-tools serai-tools
#@ guest: sleeper pvh-sleeper
#@ timeout: 900
#@ mem: 1536
# Dom0 has one processor, so that what costs most here, xl's and the daemons' turns, costs no interrupts between two;
# guests run on the other, and are taken from it.
#@ run 100: smp=2 options=dom0_max_vcpus=1 dom0-mem=640 guests=100 rounds=10 pvh-from=8

start_dom0 serai serai
# What one configuration says of all; names are given one by one.
config() # TYPE KERNEL
{
	cat > /tmp/g.cfg <<X
type = "$1"
kernel = "/guest/$2"
memory = 4
vcpus = 1
X
}
config pvh pvh-sleeper
nodes() { xenstore-ls -f | grep -vc "^/libxl/0\|domd"; }
# What Dom0's kernel takes for devices of guests: each that stays makes every later change of a backend's nodes slower.
kernel_devices() { ls /sys/bus/xen-backend/devices; }
none_in_kernel() { [ ! "$(kernel_devices)" ]; }
# The numbers 1..guests in an order of their own for each round.
order() { seq "$bed_guests" | awk -v seed="$1" 'BEGIN { srand(seed) } { print rand(), $1 }' | sort -n | cut -d ' ' -f 2; }
clock() { read -r now rest < /proc/uptime; now=${now%.*}${now#*.}; } # $now: hundredths of a second

# A first guest makes folders in the store and the image's cache; the first round makes Domain-0's tables (event channels,
# maps of grants) as large as they ever need to be. From then on every page must come back.
check ports heap 600
xl create -q /tmp/g.cfg 'name="zero"' && xl destroy zero || fail zero "the first PVH guest failed"
config pv sleeper
xl create -q /tmp/g.cfg 'name="first"' && xl destroy first || fail first "the first guest failed"
heap_before= grew=in-each-round
nodes_before=$(nodes)
settled_heap() # two equal readings
{
	last=
	now=$(heap)
	until [ "$now" = "$last" ]; do
		usleep 300000
		last=$now
		now=$(heap)
	done
	echo "$now"
}
for round in $(seq "$bed_rounds"); do
	[ "$round" -lt "$bed_pvh_from" ] || config pvh pvh-sleeper
	bad=0 n=0 first=99999 last=99999
	for number in $(order "$round"); do
		clock
		t0=$now
		xl create -q /tmp/g.cfg "name=\"g$number\"" >/tmp/create.out 2>&1 || bad=$((bad + 1))
		clock
		took=$((now - t0))
		n=$((n + 1))
		[ $n -gt 25 ] || [ $took -gt $first ] || first=$took
		[ $n -le $((bed_guests - 25)) ] || [ $took -gt $last ] || last=$took
	done
	same round-$round-created "0 failed" "$bad failed$([ $bad = 0 ] || tail -n 1 /tmp/create.out)"
	xl list >/tmp/list
	same round-$round-listed $((bed_guests + 1)) "$(awk 'NR > 1' /tmp/list | wc -l)"
	newest=$(awk 'NR > 2 && $2 > id { id = $2 } END { print id }' /tmp/list)
	# The quickest of many tells what the work costs, however busy the machine is; growth would be there in every round.
	echo "round $round: the quickest of the first 25 creates took ${first}0 ms, of the last 25 ${last}0 ms"
	[ $last -gt $((first * 3 + 5)) ] || grew=no
	bad=0
	for number in $(order "$((round + 1000))"); do
		xl destroy g$number >/tmp/destroy.out 2>&1 || bad=$((bad + 1))
	done
	same round-$round-destroyed "0 failed" "$bad failed$([ $bad = 0 ] || tail -n 1 /tmp/destroy.out)"
	: ${heap_before:=$(settled_heap)} ${newest_before:=$newest}
	# The hypervisor's table of domain ids has a page for each 256 of them, kept once made.
	expected="$((${heap_before% *} - newest / 256 + newest_before / 256)) ${heap_before#* }"
	tries=50
	until [ "$(heap)" = "$expected" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 200000; done
	same round-$round-memory "$expected" "$(heap)"
	xl debug-keys m && xl dmesg -c >/tmp/round-$round.dump
	[ "$(heap)" = "$expected" ] || cat /tmp/round-*.dump
	same round-$round-nodes "$nodes_before" "$(nodes)"
	soon none_in_kernel
	same round-$round-kernel-devices "" "$(kernel_devices)"
done
same growth no $grew
same all-gone 1 "$(xl list | awk 'NR > 1' | wc -l)"
