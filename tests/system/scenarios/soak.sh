# SPDX-License-Identifier: MIT
#@ about: very many lives of guests and devices: every page, node and file comes back, nothing grows
#@ held: hours: make soak (short forms are many, life and hotplug)
#@ progs: heap
#@ with: xen-tools serai-tools
#@ modules: xen-netback bridge
#@ guest: sleeper kit/hello cloud:hotplug cloud:worker
#@ guest-modules: xen-blkfront xen-netfront
#@ timeout: 36000
#@ mem: 1536
#@ run long: smp=2 options=dom0_max_vcpus=1 dom0-mem=640 part=lives cycles=10000 reboots=1000 attaches=1000
#@ run day: smp=1 icount=3 dom0-mem=640 part=day warm=600 rest=120 day=86400

start_dom0 serai serai
logs=/var/log/xen/console
nodes() { xenstore-ls -f | sed 's/ = .*//' | grep -v '^/libxl/0\|domd\|/error/' | wc -l; }
# KiB of their own that the daemons have, all together; what they have open. The store's journal is a mapped file, written anew
# when it has grown by 4 MiB and three times the store.
daemons() { pidof xenstored xenconsoled domd serai-backd; }
kib() { for pid in $(daemons); do sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status; done | awk '{ sum += $1 } END { print sum + 0 }'; }
files() { for pid in $(daemons); do ls /proc/$pid/fd; done | wc -l; }
# Two equal readings.
settled()
{
	last= now=$("$@")
	until [ "$now" = "$last" ]; do
		usleep 300000
		last=$now now=$("$@")
	done
	echo "$now"
}
kernel_devices() { ls /sys/bus/xen-backend/devices | wc -l; } # what Dom0's takes for devices of guests
newest() { xl list | awk 'NR > 2 && $2 > id { id = $2 } END { print id + 0 }'; }
# From here everything that is made once is made; `audit` must find it all again. The hypervisor's table of domain ids has
# a page for each 256 of them, kept once made.
begin()
{
	heap_before=$(settled heap) id_before=$id nodes_before=$(nodes) files_before=$(settled files) devices_before=$(settled kernel_devices) kib_before=$(kib)
	echo "at first: heap $heap_before, $nodes_before nodes, $files_before files, $kib_before KiB"
}
audit() # NAME
{
	wanted="$((${heap_before% *} - id / 256 + id_before / 256)) ${heap_before#* }"
	back() { [ "$(heap)" = "$wanted" ]; }
	within 120 back && pass $1-frames || fail $1-frames "wanted $wanted, there are $(heap)"
	same $1-nodes "$nodes_before" "$(settled nodes)"
	same $1-files "$files_before" "$(settled files)"
	same $1-kernel-devices "$devices_before" "$(settled kernel_devices)"
	kib_now=$(kib)
	echo "$1: the daemons have $kib_now KiB, at first $kib_before"
	check "$1-journal" [ "$(stat -c %s /run/xenstored/journal)" -le $((6 << 20)) ]
	[ "$kib_now" -le $((kib_before + 256)) ] && pass $1-no-growth || fail $1-no-growth "$kib_before KiB became $kib_now"
	page_type_audit
}
progress() { [ $(($1 % 100)) != 0 ] || echo "$2 $1: $(cut -d ' ' -f 1 /proc/uptime) s"; }

# ---- create and destroy ----
cat > /tmp/tiny.cfg <<X
name = "tiny"
type = "pv"
kernel = "/guest/sleeper"
memory = 4
vcpus = 1
X
lives() # NUMBER
{
	done=0 bad=
	while [ $done -lt $1 ] && [ ! "$bad" ]; do
		xl create -q /tmp/tiny.cfg >/tmp/out 2>&1 || bad="create: $(cat /tmp/out)"
		[ "$bad" ] || id=$(newest)
		[ "$bad" ] || xl destroy tiny >/tmp/out 2>&1 || bad="destroy: $(cat /tmp/out)"
		done=$((done + 1))
		progress $done "guest"
	done
}

# ---- one guest that begins again and again ----
cat > /tmp/again.cfg <<X
name = "again"
type = "pv"
kernel = "/guest/kit/hello"
memory = 16
vcpus = 1
extra = "wait=7"
on_poweroff = "restart"
X
begun() { grep -c "Hello from" $logs/guest-again.log; }
since() { [ "$(begun)" -ge "$1" ]; }
reboots() # NUMBER: the guest has begun so often
{
	: >$logs/guest-again.log
	seen=0
	xl create -q /tmp/again.cfg || { fail create-again "the guest does not start"; return; }
	while [ $seen -lt $1 ]; do
		seen=$((seen + 1))
		within 300 since $seen || break
		id=$(newest)
		progress $seen "reboot"
	done
	xl destroy again
}

# ---- disks that come and go ----
truncate -s 16M /tmp/root.img /tmp/more.img
cat > /tmp/disks.cfg <<X
name = "disks"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/hotplug"
memory = 192
vcpus = 1
disk = [ "/tmp/root.img,,xvda,backendtype=qdisk" ]
cmdline = "console=hvc0 cryptomgr.notests"
X
log=$logs/guest-disks.log
attaches() # NUMBER
{
	done=0 bad=
	while [ $done -lt $1 ] && [ ! "$bad" ]; do
		xl block-attach disks backendtype=qdisk,vdev=xvdb,access=w,target=/tmp/more.img >/tmp/out 2>&1 || bad="attach: $(cat /tmp/out)"
		[ "$bad" ] || xl block-detach disks xvdb >/tmp/out 2>&1 || bad="detach: $(cat /tmp/out)"
		done=$((done + 1))
		progress $done "disk"
	done
}
# One guest's life, with so many attaches. While it lives the hypervisor's records of its grants grow by a page for each 128
# references it has ever used, at most four for each frame of its table, and go with it: few pages, however many attaches.
disks() # NUMBER
{
	: >$log
	check create-disks xl create -q /tmp/disks.cfg
	check disks-up says "GUEST UP" 300
	id=$(newest)
	attaches 10
	heap_up=$(settled heap)
	attaches "$1"
	heap_now=$(settled heap) grown=$((${heap_up% *} - ${heap_now% *}))
	echo "$1 attaches: heap $heap_up became $heap_now"
	check few-pages-more [ $grown -le 8 ]
	check destroy-disks xl destroy disks
	all_gone
}

# ---- a day of guests at work ----
bridge_up() { modules xen-netback bridge; brctl addbr xenbr0; ip addr add 10.9.0.1/24 dev xenbr0; ip link set xenbr0 up; }
worker() # NAME ADDRESS
{
	truncate -s 16M "/tmp/$1.img"
	cat > "/tmp/$1.cfg" <<X
name = "$1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/worker"
memory = 192
vcpus = 2
disk = [ "/tmp/$1.img,,xvdb,backendtype=qdisk" ]
vif = [ "bridge=xenbr0" ]
cmdline = "console=hvc0 cryptomgr.notests address=$2 peer=10.9.0.1 rest=$bed_rest"
X
	log=$logs/guest-$1.log
	: >$log
	check create-"$1" xl create -q "/tmp/$1.cfg"
	check "$1-up" says "GUEST UP" 3000
}
# One guest's answer: rounds, wrong ones, pings lost, its clock.
ask()
{
	log=$logs/guest-$1.log
	: >$log
	tell 'echo "GUEST WORKS $(cat /tmp/rounds) $(date +%s) $(work)"' || echo "$1 does not answer: $(tail -n 2 $log)"
	sed -n 's/.*GUEST WORKS \([0-9][0-9 ]*\).*/\1/p' $log | tail -n 1
}
# All that a day is filled with, as it has been counted so far: CPU seconds of each domain, by the hypervisor; of each guest
# rounds, KiB moved on its disk, packets, interrupts; Dom0's interrupts, switches, processes, and how long it idled.
counted()
{
	echo $(xl list | awk 'NR > 1 { print $NF }') $work_one $work_two \
		$(sed -n 's/^\(intr\|ctxt\|processes\) \([0-9]*\).*/\2/p' /proc/stat) $(cut -d ' ' -f 2 /proc/uptime)
}
load()
{
	before=$now now=$(counted)
	echo "$before $now" | awk 'NF == 30 {
		for (i = 1; i <= 15; i++) n[i] = $(i + 15) - $i
		printf "  of CPU Dom0 %d s, the guests %d and %d s; ", n[1], n[2], n[3]
		printf "guests: %d rounds, disks %d MiB, %d packets, %d interrupts; ", n[4] + n[8], (n[5] + n[9]) / 1024, n[6] + n[10], n[7] + n[11]
		printf "Dom0: %d interrupts, %d switches, %d processes, idle %d s\n", n[12], n[13], n[14], n[15]
	}'
}
near() { [ $(($1 - $2)) -le "$3" ] && [ $(($2 - $1)) -le "$3" ]; }
# Their rounds go on, nothing is wrong, and all clocks are the same: a guest's is between ours before it was asked and after.
hour() # NUMBER
{
	for guest in one two; do
		asked=$(date +%s)
		set -- "$1" $(ask $guest)
		eval "was=\${rounds_$guest}; rounds_$guest=${2:-0} work_$guest='$2 $6 $7 $8'"
		[ "$3 $4 $9" = "0 0 0" ] && [ "$2" -ge $((was + 20)) ] && [ "$5" -ge $((asked - 1)) ] && [ "$5" -le $(($(date +%s) + 1)) ] ||
			wrong="$wrong $guest: $*, asked at $asked, it is $(date +%s), $was rounds before;"
	done
	battery=$(cat /sys/class/rtc/rtc0/since_epoch)
	near "$battery" "$(date +%s)" 5 || wrong="$wrong the battery's clock $battery, ours $(date +%s);"
	echo "hour $1: the battery's clock is $((battery - $(date +%s))) s ahead of ours; heap $(heap), daemons $(kib) KiB, $(files) files"
	load
}
# A day, in which Dom0's tools look at the guests each minute, and a tiny one lives each ten.
day() # SECONDS
{
	minutes=0 work_one="0 0 0 0" work_two="0 0 0 0" now=$(counted)
	while [ $minutes -lt $(($1 / 60)) ] && [ ! "$wrong" ]; do
		sleep 60
		minutes=$((minutes + 1))
		xl list >/tmp/out 2>&1 && xl vcpu-list >>/tmp/out 2>&1 || wrong="list: $(cat /tmp/out)"
		[ $((minutes % 10)) != 0 ] || { lives 1; wrong=$wrong$bad; }
		[ $((minutes % 60)) != 0 ] || hour $((minutes / 60))
	done
}
workers()
{
	rounds_one=0 rounds_two=0 wrong=
	worker one 10.9.0.2
	worker two 10.9.0.3
	day "$1"
	check shutdown xl shutdown -a -w
	all_gone
}

id=0
check ports heap 600
case $bed_part in
lives)
	lives 20
	begin
	lives "$bed_cycles"
	same created-and-destroyed "$bed_cycles " "$done $bad"
	audit cycles
	reboots 2
	begin
	reboots "$bed_reboots"
	same reboots "$bed_reboots" "$seen"
	audit reboots
	disks 1
	begin
	disks "$bed_attaches"
	same attached-and-detached "$bed_attaches " "$done $bad"
	audit attaches
	;;
day)
	bridge_up
	workers "$bed_warm"
	id=$(newest)
	begin
	xl dmesg -c >/dev/null
	workers "$bed_day"
	same day-no-hypervisor-message "" "$(xl dmesg | head -n 5)"
	same a-day "$((bed_day / 60)) " "$minutes $wrong"
	audit day
	;;
esac
no_kernel_complaint
