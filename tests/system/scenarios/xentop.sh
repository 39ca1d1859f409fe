# SPDX-License-Identifier: MIT
#@ about: Serai's xentop beside Debian's, a stock guest with a disk and a network at work: the same lines, numbers and all
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: cloud:devices
#@ guest-modules: xen-blkfront xen-netfront ext4
#@ timeout: 240
#@ mem: 960
#@ run beside-debian: smp=1 dom0-mem=576

S=/opt/serai/sbin/xentop
mkdir -p /var/log/xen/console
modules xen-blkback xen-netback loop bridge
check xenstored start_xenstored
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled xenconsoled --log=guest --pid-file=/run/xenconsoled.pid

truncate -s 128M /tmp/disk.img
losetup /dev/loop0 /tmp/disk.img
brctl addbr br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
cat > /etc/xen/scripts/block <<'X'
#!/bin/sh
[ "$1" = add ] || exit 0
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T /dev/loop0)" \
	"$XENBUS_PATH/hotplug-status" connected
X
cat > /etc/xen/scripts/vif-test <<'X'
#!/bin/sh
[ "$1" = online ] || exit 0
brctl addif br0 "$vif"
ip link set "$vif" up
xenstore-write "$XENBUS_PATH/hotplug-status" connected
X
chmod 755 /etc/xen/scripts/*
cat > /tmp/g.cfg <<X
name = "a-guest-with-a-long-name"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/devices"
memory = 256
vcpus = 2
disk = [ "phy:/dev/loop0,xvda,w" ]
vif = [ "bridge=br0,script=vif-test" ]
cmdline = "console=hvc0 cryptomgr.notests"
X
check create xl create /tmp/g.cfg
log=/var/log/xen/console/guest-a-guest-with-a-long-name.log
check guest-works says "GUEST PING"
# A paused guest off the bridge: its numbers stand still. Dom0's processor time and states go on.
xl pause 1
brctl delif br0 vif1.0

steady()
{
	sed -E -e 's/^( *Domain-0) [-r]{6} +[0-9]+ +[0-9.]+ /\1 BUSY /' -e '/^VCPUs/s/ +[0-9]+s/ TIME/g' "$1"
}

for options in "-i 1" "-i 2 -d 1" "-i 1 -f" "-i 1 -n" "-i 1 -x" "-i 1 -r" "-i 1 -v" "-nxvrf -i 1"; do
	# A last packet of Dom0's may be counted in between: what is compared must have stood still.
	for try in 1 2 3 4 5; do
		# shellcheck disable=SC2086 # several words
		xentop -b $options >/tmp/theirs 2>&1
		# shellcheck disable=SC2086 # as above
		$S -b $options >/tmp/ours 2>&1
		# shellcheck disable=SC2086 # as above
		xentop -b $options >/tmp/later 2>&1
		steady /tmp/theirs >/tmp/theirs.steady
		steady /tmp/ours >/tmp/ours.steady
		steady /tmp/later >/tmp/later.steady
		! cmp -s /tmp/theirs.steady /tmp/later.steady || break
	done
	name=$(echo "lines $options" | tr -d ' ')
	same "$name" "" "$(diff /tmp/theirs.steady /tmp/ours.steady | head -n 8 | tr '\n' '|')"
	same "$name-width" "$(awk '/Domain-0/ { print length; exit }' /tmp/theirs)" \
		"$(awk '/Domain-0/ { print length; exit }' /tmp/ours)"
done
check guest-sent sh -c "$S -b -i 1 | awk '\$1 == \"a-guest-wi\" { exit !(\$11 > 0 && \$15 > 0 && \$16 > 0) }'"
show table $S -b -nxv -i 1
# What only Serai tells: hypercalls, and how long vCPUs waited.
check json-hypercalls sh -c "$S --json | grep -q '\"event_channel_op\": [1-9]'"
check json-waits sh -c "$S --json | grep -q '\"waited_seconds\": [0-9]'"
check json sh -c "$S --json | grep -q '\"written_sectors\": [1-9]'"
same metrics-end "# EOF" "$($S --metrics | tail -n 1)"
check metrics sh -c "$S --metrics | grep -q 'xen_vbd_written_bytes_total{domid=\"1\",.*} [1-9]'"
# The same over HTTP, also beside clients who say nothing, say nonsense, or take nothing.
ip link set lo up
check exporter /opt/serai/sbin/serai-exporter -p 9781
page() { timeout 60 wget -q -O - http://127.0.0.1:9781/metrics; }
same exporter-end "# EOF" "$(page | tail -n 1)"
check exporter-counts sh -c "wget -q -O - http://127.0.0.1:9781/metrics | grep -q 'xen_vbd_written_bytes_total{domid=\"1\",.*} [1-9]'"
for client in 1 2 3; do sleep 100 | nc 127.0.0.1 9781 & done >/dev/null 2>&1
head -c 100000 /dev/urandom | timeout 10 nc 127.0.0.1 9781 >/dev/null 2>&1
same exporter-stays "# EOF" "$(page | tail -n 1)"
same exporter-once 1 "$(/opt/serai/sbin/serai-exporter -p 9782 >/dev/null 2>&1; echo $?)"
kill "$(cat /run/serai/exporter.lock)"
same no-terminal 1 "$($S </dev/null >/dev/null 2>&1; echo $?)"
kill -STOP "$(cat /run/xenstored.pid)"
start=$(cut -d . -f 1 /proc/uptime)
same store-hangs "(1) Domain-0" "$($S -b -i 1 | awk 'NR > 1 { printf "%s%s", sep, $1; sep = " " }')"
check store-hangs-not-long [ $(($(cut -d . -f 1 /proc/uptime) - start)) -lt 12 ]
kill -CONT "$(cat /run/xenstored.pid)"
check destroy xl destroy 1
