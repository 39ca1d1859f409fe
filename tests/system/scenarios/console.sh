# SPDX-License-Identifier: MIT
#@ about: guests' consoles through Serai's xenconsoled, xenconsole and xenstored, with Debian's xl
#@ with: xen-tools serai-tools
#@ guest: cloud:shell
#@ timeout: 240
#@ mem: 800
#@ run serai-console: smp=1 dom0-mem=448

S=/opt/serai
logs=/var/log/xen/console
daemon() { $S/sbin/xenconsoled --log=all --timestamp=hv --pid-file=/run/xc.pid; }
mount --bind $S/lib/serai/xenconsole /usr/lib/xen-4.17/bin/xenconsole

store() { $S/sbin/xenstored --pid-file /run/xenstored.pid; }
check xenstored store
check xen-init-dom0 /usr/lib/xen-4.17/bin/xen-init-dom0
check xenconsoled daemon
same second-daemon-refused 1 "$(daemon 2>&1 | grep -c "already running with pid $(cat /run/xc.pid)")"

# The client library: through the kernel's device as through the socket, and with a daemon that hangs.
read_name() { SERAI_XENSTORE_TIMEOUT=1 XENSTORED_PATH=$1 $S/bin/xenstore-read /local/domain/0/name 2>&1; }
socket=/run/xenstored/socket device=/dev/xen/xenbus
same read-through-the-socket Domain-0 "$(read_name $socket)"
same read-through-the-kernel Domain-0 "$(read_name $device)"
same watch-through-the-kernel /tool "$(XENSTORED_PATH=$device $S/bin/xenstore-watch -n 1 /tool)"
kill -STOP "$(cat /run/xenstored.pid)"
for way in $socket $device; do
	same hung-daemon-times-out-${way##*/} 1 "$(read_name $way | grep -c 'timed out')"
done
kill -CONT "$(cat /run/xenstored.pid)"
same daemon-goes-on Domain-0 "$(read_name $socket)"

# config NAME CMDLINE
config()
{
	cat > /tmp/"$1".cfg <<X
name = "$1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/shell"
memory = 192
vcpus = 1
cmdline = "console=hvc0 cryptomgr.notests $2"
on_crash = "destroy"
X
}
# holds FILE PATTERN [SECONDS]: wait until the file holds it.
holds()
{
	tries=$((${3:-30} * 5))
	until grep -qF "$2" "$1" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 200000
	done
}

config g1 ""
check create xl create /tmp/g1.cfg
id=$(xl domid g1)
check logged holds $logs/guest-g1.log "GUEST UP"

# A client that comes late sees all from the beginning, and types.
mkfifo /tmp/typed
$S/lib/serai/xenconsole -i "$id" < /tmp/typed > /tmp/seen 2>/tmp/seen.err &
client=$!
exec 5> /tmp/typed
check client-sees-the-boot holds /tmp/seen "Linux version"
check client-sees-the-end-of-it holds /tmp/seen "GUEST UP"
echo "echo answer \$((6 * 7))" >&5
check client-types holds /tmp/seen "answer 42"
same second-client-refused 1 "$($S/lib/serai/xenconsole "$id" 2>&1 </dev/null | grep -c 'in use by another')"

# The daemon is killed while the guest writes: nothing is missing, and the client goes on.
echo 'i=0; while [ $i -lt 1500 ]; do echo "line $i of it"; i=$((i + 1)); done; echo all "written"' >&5
holds /tmp/seen "line 100 of it"
for n in 1 2 3; do
	kill -9 "$(cat /run/xc.pid)"
	usleep 300000
	check restarted-$n daemon
	usleep 500000
done
check all-logged holds $logs/guest-g1.log "all written"
check client-reconnected holds /tmp/seen "all written"
tr -d '\r' < $logs/guest-g1.log | sed -n 's/^line \([0-9]*\) of it$/\1/p' > /tmp/lines
same no-line-missing 1500 "$(sort -n -u /tmp/lines | wc -l)"
check few-lines-twice [ "$(wc -l < /tmp/lines)" -lt 1600 ]

# Rotation.
mv $logs/guest-g1.log $logs/guest-g1.log.1
kill -HUP "$(cat /run/xc.pid)"
echo "echo after \"rotation\"" >&5
check rotated holds $logs/guest-g1.log "after rotation"

# The hypervisor's own output.
xl debug-keys h
check hypervisor-log sh -c "usleep 500000; grep -q '^\[20.*key' $logs/hypervisor.log"

# The client ends with the guest, its lock with it.
xl destroy g1
wait $client
same client-ends-with-the-guest 0 $?
exec 5>&-
same no-terminal-for-no-guest 1 "$($S/lib/serai/xenconsole "$id" 2>&1 </dev/null | grep -c 'does not exist')"

# The store daemon is killed. The console daemon finds its successor, and learns of the next guest.
kill -9 "$(cat /run/xenstored.pid)"
usleep 300000
check xenstored-again store
# One that dies young.
config g2 "init=/none rdinit=/none panic=-1"
timeout 60 xl create -c /tmp/g2.cfg > /tmp/young 2>&1 </dev/null
check young-guest-seen holds /tmp/young "Kernel panic" 5
check young-guest-logged holds $logs/guest-g2.log "Kernel panic" 5
sleep 1
same no-state-left "hypervisor" "$(ls /run/xen/xenconsoled)"
kill "$(cat /run/xc.pid)"
sleep 1
check ends-when-told [ ! -e /run/xc.pid ]
