# SPDX-License-Identifier: MIT
#@ about: many tiny guests at once, created and destroyed in changing order; everything comes back
#@ progs: heap
#@ with: xen-tools serai-tools
#@ guest: sleeper
#@ timeout: 280
#@ mem: 1536
#@ run 100: smp=2 dom0-mem=640 guests=100 rounds=2

start_dom0 serai serai
# What one configuration says of all; names are given one by one.
cat > /tmp/g.cfg <<X
type = "pv"
kernel = "/guest/sleeper"
memory = 4
vcpus = 1
X
nodes() { xenstore-ls -f | grep -vc "^/libxl/0\|domd"; }
# The numbers 1..guests in an order of their own for each round.
order() { seq "$bed_guests" | awk -v seed="$1" 'BEGIN { srand(seed) } { print rand(), $1 }' | sort -n | cut -d ' ' -f 2; }
uptime_cs() { sed 's/\..*//;' /proc/uptime; }

# The first guest makes what stays: folders in the store, the image's cache, tables that grow once.
xl create -q /tmp/g.cfg 'name="first"' && xl destroy first || fail first "the first guest failed"
heap_before=$(heap)
nodes_before=$(nodes)
for round in $(seq "$bed_rounds"); do
	bad=0 n=0 t0=$(uptime_cs) half=0
	for number in $(order "$round"); do
		xl create -q /tmp/g.cfg "name=\"g$number\"" >/tmp/create.out 2>&1 || bad=$((bad + 1))
		n=$((n + 1))
		[ $n -ne $((bed_guests / 2)) ] || half=$(($(uptime_cs) - t0))
	done
	all=$(($(uptime_cs) - t0))
	same round-$round-created "0 failed" "$bad failed$([ $bad = 0 ] || tail -n 1 /tmp/create.out)"
	same round-$round-listed $((bed_guests + 1)) "$(xl list | awk 'NR > 1' | wc -l)"
	echo "round $round: the first half of the creates took $half s, the second $((all - half)) s"
	[ $((all - half)) -le $((half * 3 / 2 + 2)) ] && pass round-$round-no-growth ||
		fail round-$round-no-growth "first half $half s, second half $((all - half)) s"
	bad=0
	for number in $(order "$((round + 1000))"); do
		xl destroy g$number >/tmp/destroy.out 2>&1 || bad=$((bad + 1))
	done
	same round-$round-destroyed "0 failed" "$bad failed$([ $bad = 0 ] || tail -n 1 /tmp/destroy.out)"
	tries=50
	until [ "$(heap)" = "$heap_before" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 200000; done
	same round-$round-memory "$heap_before" "$(heap)"
	same round-$round-nodes "$nodes_before" "$(nodes)"
done
same all-gone 1 "$(xl list | awk 'NR > 1' | wc -l)"
