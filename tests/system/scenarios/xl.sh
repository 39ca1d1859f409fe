# SPDX-License-Identifier: MIT
#@ about: Serai's xl beside Debian's: commands that only look print the same, errors have the same exit codes
#@ with: xen-tools serai-tools
#@ timeout: 300
#@ compare: xen
#@ run beside-debian: smp=2 mem=1024

S=/opt/serai/sbin/xl
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0

# Time used, and where vCPUs run just now, go on between two looks; uptimes do, too.
steady()
{
	sed -E -e 's/ [ 0-9]{5}[0-9]\.[0-9]( |$)/ TIME\1/' -e 's/^(.{43}[0-9]) +[0-9-]+ +[rbp-]{3} +TIME/\1 CPU STATE TIME/' \
		-e 's/[0-9]+:[0-9]{2}(:[0-9]{2})?/CLOCK/g' -e 's/^(free_memory +: )[0-9]+/\1FREE/' "$1"
}

# both NAME ARGUMENT…: exit codes and what goes to standard output are the same.
both()
{
	both_name=$1
	shift
	xl "$@" >/tmp/theirs 2>/tmp/theirs.err </dev/null
	theirs=$?
	$S "$@" >/tmp/ours 2>/tmp/ours.err </dev/null
	ours=$?
	if [ $ours != $theirs ]; then
		fail "$both_name" "exit code $ours, Debian's xl has $theirs: $(head -n 1 /tmp/ours.err)"
		return
	elif cmp -s /tmp/theirs /tmp/ours; then
		pass "$both_name"
		return
	fi
	steady /tmp/theirs >/tmp/theirs.steady
	steady /tmp/ours >/tmp/ours.steady
	if ! cmp -s /tmp/theirs.steady /tmp/ours.steady; then
		fail "$both_name" "$(diff /tmp/theirs.steady /tmp/ours.steady | grep '^[-+][^-+]' | head -n 4 | tr '\n' '|')"
	else
		pass "$both_name"
	fi
}

# refused NAME CODE WORDS ARGUMENT…: one line on standard error with these words, nothing else, this exit code.
refused()
{
	refused_name=$1 wanted=$2 words=$3
	shift 3
	$S "$@" >/tmp/out 2>/tmp/err </dev/null
	code=$?
	if [ $code = "$wanted" ] && [ ! -s /tmp/out ] && [ "$(wc -l </tmp/err)" = 1 ] && grep -q "$words" /tmp/err; then
		pass "$refused_name"
	else
		fail "$refused_name" "exit code $code: $(head -n 3 /tmp/out /tmp/err | tr '\n' '|')"
	fi
}

both list list
both list-one list 0
both list-by-name list Domain-0
both list-verbose list -v
both list-context list -Z
both list-pools list -c
both list-nodes list -n
both list-all-columns list -v -c -n
both info info
both info-nodes info -n
both info-one-value info xen_caps
both info-no-such-value info nonsense
both vcpu-list vcpu-list
both vcpu-list-twice vcpu-list 0 Domain-0
both vm-list vm-list
both uptime uptime
both uptime-short uptime -s
both uptime-one uptime 0
both claims claims
both domid domid Domain-0
both domname domname 0
both dmesg dmesg
both debug-keys debug-keys h
both cpupool-list cpupool-list
both cpupool-list-cpus cpupool-list -c
both cpupool-list-one cpupool-list Pool-0
both sched-credit2 sched-credit2
both sched-credit2-domain sched-credit2 -d 0
both sched-credit2-pool sched-credit2 -s
both sched-credit sched-credit
both pin-dry-run -N vcpu-pin 0 all 1 0
both pin vcpu-pin 0 1 0-1,^0
both pinned vcpu-list
both unpin vcpu-pin 0 all node:0 all
both unpinned vcpu-list
both weight sched-credit2 -d 0 -w 512
both weighed sched-credit2 -d 0
both shutdown-nobody shutdown -a -w

# Errors: the words are our own, the exit codes are not.
for arguments in "list nobody" "list 42" "list -z" "domid nobody" "domname 42" "domname x" "vcpu-pin 0 9 1" \
	"vcpu-pin 0 0 77" "vcpu-pin 0 x 1" "vcpu-set 0 x" "mem-set 0 x" "mem-set nobody 64" "pause nobody" \
	"destroy nobody" "destroy 0" "shutdown nobody" "console nobody" "rename nobody x" "sysrq nobody h" \
	"trigger 0 nonsense" "dump-core nobody /tmp/x" "cpupool-list x" "cpupool-destroy x" "cpupool-migrate 0 x" \
	"sched-credit2 -d nobody" "sched-credit2 -w 3" "sched-credit2 -p x" "sched-credit -d 0" "create" "create /nonexistent" \
	"create -n /dev/null" "config-update nobody /dev/null" "dmesg -z" "nonsense" "-x list"; do
	xl $arguments >/dev/null 2>&1 </dev/null
	theirs=$?
	$S $arguments >/tmp/out 2>/tmp/err </dev/null
	ours=$?
	name=error-${arguments// /-}
	name=${name//\//-}
	if [ $ours != $theirs ]; then
		fail "$name" "exit code $ours, Debian's xl has $theirs: $(head -n 2 /tmp/err)"
	elif [ -s /tmp/out ] || [ ! -s /tmp/err ]; then
		fail "$name" "messages belong to standard error"
	else
		pass "$name"
	fi
done
for command in domid domname destroy mem-set vcpu-pin debug-keys; do
	$S $command >/tmp/out 2>/tmp/err
	same "usage-$command" "2 1 1" "$? $(grep -c '^Usage: ' /tmp/out) $(wc -l </tmp/err)"
done

# A dry run prints the same configuration.
cat >/tmp/g.cfg <<X
name = "g"
uuid = "01234567-89ab-cdef-0123-456789abcdef"
kernel = "/boot/k"; ramdisk = '/boot/r'
memory = 64
maxmem = 0x80
vcpus = 2
maxvcpus = 3
root = "/dev/x"
extra = "a"; extra += " b"
cpu_weight = 300
cap = 20
pool = "Pool-0"
on_crash = "preserve"
on_reboot = 'rename-restart'
X
both_config()
{
	xl "$@" 2>/dev/null >/tmp/theirs
	$S "$@" 2>/dev/null | grep -v video_memkb >/tmp/ours
	same "config-$1" "" "$(diff /tmp/theirs /tmp/ours | head -n 8 | tr '\n' '|')"
}
both_config create -n /tmp/g.cfg
both_config -N create /tmp/g.cfg 'memory=70' 'on_poweroff="coredump-destroy"' 'max_event_channels=77'

refused mistyped-command 1 "did you mean dmesg" dmseg
sed -i 's/^memory = 64/memory = "lots"/' /tmp/g.cfg
refused wrong-value-place 1 "/tmp/g.cfg:4:10: memory must be a number" create -q -n /tmp/g.cfg
sed -i 's/^memory = .*/memroy = 64/' /tmp/g.cfg
$S create -q -n /tmp/g.cfg >/dev/null 2>/tmp/err
same unknown-key "0 /tmp/g.cfg:4:1: warning: unknown key memroy is ignored; did you mean memory?" "$? $(cat /tmp/err)"

# JSON: the same values under names.
same json-list '"Domain-0"' "$($S list --json | sed -n 's/.*"name": \(.*\),/\1/p')"
same json-info "$(xl info nr_cpus)" "$($S info --json | sed -n 's/.*"nr_cpus": \(.*\),/\1/p')"

# What Debian's own prints under each hypervisor is compared by the scenario "tools"; here ours is.
show xl-info $S info
show xl-list $S list
show xl-vcpu-list $S vcpu-list

# A store that hangs, one that is dead, and no hypervisor at all.
kill -STOP "$(cat /run/xenstored.pid)"
start=$(cut -d . -f 1 /proc/uptime)
refused store-hangs 1 "does not answer" domid Domain-0
check store-hangs-not-long [ $(($(cut -d . -f 1 /proc/uptime) - start)) -lt 20 ]
kill -KILL "$(cat /run/xenstored.pid)"
sleep 1
refused store-dead 1 "xenstored does not run" domid Domain-0
sed -i '/^memroy/d' /tmp/g.cfg
refused store-dead-create 3 "xenstored does not run" create -q /tmp/g.cfg
$S list >/tmp/out 2>/tmp/err
same store-dead-list "1 2 1" "$? $(wc -l </tmp/out) $(wc -l </tmp/err)"
mount -t tmpfs none /dev/xen
mount -t tmpfs none /proc/xen
refused no-device 1 "modprobe xen-privcmd" list
mount -t tmpfs none /sys
refused no-hypervisor 1 "does not run on a hypervisor" list
