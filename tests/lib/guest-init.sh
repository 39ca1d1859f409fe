#!/bin/sh
# SPDX-License-Identifier: MIT
#
# First process of every test root: set the machine up, run /scenario, report, power off.
#
# The scenario is sourced, and reports by pass, fail, skip and check; each prints one line that
# tests/lib/bed.py reads off the console. The last line carries the counts, so a line lost on the
# way is noticed.

passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); echo "PASS $1"; }
fail() { failed=$((failed + 1)); echo "FAIL $1: ${2:-no reason given}"; }
skip() { skipped=$((skipped + 1)); echo "SKIP $1: $2"; }

# check NAME COMMAND…: the check passes when the command succeeds; its output is the reason if not.
check()
{
	check_name=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		pass "$check_name"
	else
		fail "$check_name" "$* gave $?: $(tail -n 3 /tmp/check.out | tr '\n' ' ')"
	fi
}

# same NAME WANTED GOT
same()
{
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected '$2', got '$3'"; fi
}

# show NAME COMMAND…: print the command's output between markers, for comparison on the host.
show()
{
	show_name=$1
	shift
	"$@" >/tmp/show.out 2>&1 </dev/null
	show_code=$?
	echo "<<< $show_name"
	cat /tmp/show.out
	echo ">>> $show_name exit $show_code"
}

# irqs WORD: the number of interrupts all CPUs took on lines of /proc/interrupts naming WORD.
irqs()
{
	awk -v word="$1" 'index($0, word) { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) sum += $i }
		END { print sum + 0 }' /proc/interrupts
}

# modules NAME…: load them.
modules()
{
	for module in "$@"; do
		modprobe "$module" || fail "module-$module" "modprobe failed"
	done
}

# free_mib: what xl says is free. memory_back BEFORE: as much is free again, but for one MiB: the hypervisor's tables
# of Dom0's ports and mappings keep the few pages they have grown by, and xl rounds down. Scenario many counts each page.
free_mib() { xl info | awk '/^free_memory/ { print $3 }'; }
memory_back()
{
	memory_now=$(free_mib)
	if [ $(($1 - memory_now)) -le 1 ]; then pass memory-back; else fail memory-back "$1 MiB were free before, $memory_now after"; fi
}

# within SECONDS COMMAND…: tries it until it succeeds, for about so long. soon COMMAND…: for a minute.
within()
{
	within_tries=$(($1 * 3)) # each takes processes, and those take time from what is waited for
	read -r within_end _ </proc/uptime
	within_end=$((${within_end%.*} + $1 * 3)) # tries take time, too
	shift
	until "$@" >/dev/null 2>&1; do
		within_tries=$((within_tries - 1))
		read -r within_now _ </proc/uptime
		[ $within_tries -gt 0 ] && [ "${within_now%.*}" -lt $within_end ] || return 1
		usleep 400000
	done
}
soon() { within 60 "$@"; }

# Of the guest whose console the scenario names in $log (…/guest-NAME.log):
# says WORDS [SECONDS]: waits until the console has them. tell COMMAND…: types it there, and waits until it is done.
says() { within "${2:-60}" grep -qF "$1" "$log"; }
tell()
{
	tell_guest=${log##*/guest-}
	echo "$*" > "$(xenstore-read /local/domain/"$(xl domid "${tell_guest%.log}")"/console/tty)"
	says "GUEST DID 0 $*"
}
# all_gone: soon no domain but Dom0 is there any more.
only_dom0() { [ "$(xl list | wc -l)" = 2 ]; }
all_gone() { soon only_dom0 && pass all-gone || fail all-gone "$(xl list | tail -n +3)"; }

# page_type_audit: the hypervisor finds its counts of pages' types right; only Serai has the key.
audited() { xl debug-keys O && usleep 500000 && xl dmesg | tail -n 20 | grep -q "Page-type audit: 0 breaches"; }
page_type_audit() { [ "$bed_hypervisor" != serai ] || check page-type-audit within 10 audited; }

# no_kernel_complaint [WORDS]: Dom0's kernel has nothing to complain of, and has not said WORDS (for grep -E) either.
# If it has, the log gets all that it said.
no_kernel_complaint()
{
	complaints=$(dmesg | grep -E "BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|nobody cared|Call Trace${1:+|$1}" | head -n 3)
	[ -z "$complaints" ] || dmesg
	same no-kernel-complaint "" "$complaints"
}

# start_xenstored: the C xenstored of Debian, waiting until it answers.
start_xenstored()
{
	mkdir -p /run/xenstored /var/lib/xenstored /run/xen
	xenstored --pid-file /run/xenstored.pid "$@"
	start_tries=0
	until xenstore-read / >/dev/null 2>&1; do
		start_tries=$((start_tries + 1))
		[ $start_tries -lt 100 ] || return 1
		usleep 50000
	done
}

# start_dom0 STORE TOOLS: the daemons, each Debian's ("debian") or Serai's ("serai"); PATH then has those tools.
start_dom0()
{
	mkdir -p /run/xenstored /run/xen /var/lib/xenstored /var/lib/xen /var/log/xen/console /etc/xen
	# QEMU breaks AMD's virtualization on the first of several processors (docs/testing.md).
	[ "${bed_smp:-1}" = 1 ] || echo "vm.hvm.cpumask = \"1-$((bed_smp - 1))\"" >> /etc/xen/xl.conf
	case $1 in
	debian) check xenstored start_xenstored ;;
	serai) check xenstored /opt/serai/sbin/xenstored --pid-file /run/xenstored.pid ;;
	esac
	case $2 in
	debian)
		check init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
		check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
		;;
	serai)
		PATH=/opt/serai/sbin:/opt/serai/bin:$PATH
		check init-dom0 /opt/serai/lib/serai/init-dom0
		check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid
		;;
	esac
}

# attach_qemu_xen: mount the disk of tool set qemu-xen, and link what is on it to where Debian installs it.
attach_qemu_xen()
{
	modules virtio_pci virtio_blk ext4
	qemu_xen_tries=0
	until qemu_xen_disk=$(findfs LABEL=qemu-xen 2>/dev/null); do
		qemu_xen_tries=$((qemu_xen_tries + 1))
		[ $qemu_xen_tries -lt 100 ] || { fail qemu-xen "no disk labelled qemu-xen"; return 1; }
		usleep 100000
	done
	mkdir -p /mnt/qemu-xen /usr/share /usr/lib/xen-4.17
	mount -t ext4 -o ro "$qemu_xen_disk" /mnt/qemu-xen || { fail qemu-xen "mount $qemu_xen_disk failed"; return 1; }
	ln -s /mnt/qemu-xen/usr/libexec /usr/libexec
	ln -s /mnt/qemu-xen/usr/share/* /usr/share/
	ln -s /mnt/qemu-xen/usr/lib/ipxe /usr/lib/ipxe
	ln -s /mnt/qemu-xen/usr/lib/xen-4.17/boot /usr/lib/xen-4.17/boot
	set --
	for qemu_xen_library in /mnt/qemu-xen/usr/lib/x86_64-linux-gnu/*; do
		[ -e "/usr/lib/x86_64-linux-gnu/${qemu_xen_library##*/}" ] || set -- "$@" "$qemu_xen_library"
	done
	mkdir -p /usr/lib/x86_64-linux-gnu
	[ $# = 0 ] || ln -s "$@" /usr/lib/x86_64-linux-gnu/
}

finish()
{
	echo "SCENARIO DONE $passed passed $failed failed $skipped skipped"
	sync
	poweroff -f
	sleep 30
}

export PATH=/usr/sbin:/usr/bin TERM=vt100 HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
# Kernel messages would land in the middle of the lines the host reads; a crash still prints.
dmesg -n 1
echo
echo "SCENARIO USERSPACE $(cut -d ' ' -f 1 /proc/uptime)"
if [ -d /lib/modules/"$(uname -r)" ] && [ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ]; then
	for module in xen-evtchn xenfs xen-privcmd xen-gntdev xen-gntalloc; do
		modprobe -q $module 2>/dev/null
	done
	mount -t xenfs xenfs /proc/xen 2>/dev/null
fi
[ -e /etc/with-qemu-xen ] && attach_qemu_xen
. /scenario
finish
