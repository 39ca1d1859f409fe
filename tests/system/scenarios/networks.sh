# SPDX-License-Identifier: MIT
#@ about: stock guests' network cards through Serai's own backend, in each network mode
#@ held: one run in three a guest waits for its lease or a transfer stalls, for a cause not yet found; tests/system/run networks
#@ with: xen-tools serai-tools nft
#@ progs: offload
#@ modules: xen-netback tun bridge e1000e nf_tables nft_chain_nat nft_masq nft_ct
#@ host: peer
#@ guest: cloud:net
#@ guest-modules: xen-netfront
#@ timeout: 240
#@ mem: 1536
#@ run serai: smp=2 dom0-mem=600 nic=e1000e

modules xen-netback tun bridge e1000e nf_tables nft_chain_nat nft_masq nft_ct
start_dom0 serai serai
mkdir -p /dev/net
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
log=/var/log/xen/console/guest-
ip link set lo up
for try in $(seq 50); do [ -d /sys/class/net/eth0 ] && break; usleep 100000; done
ip link set eth0 up
ip addr add 10.0.2.50/24 dev eth0
ip route add default via 10.0.2.2
for try in $(seq 100); do [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ] && break; usleep 100000; done
check outside ping -c 2 -W 2 10.0.2.2

# guest NAME DHCP CARD…: each card with a MAC address of its own.
guest()
{
	name=$1
	echo "name = \"$name\"; type = \"pv\"; kernel = \"/guest/cloud\"; ramdisk = \"/guest/net\"" > /tmp/"$name".cfg
	echo "memory = 128; vcpus = 2; cmdline = \"console=hvc0 quiet dhcp=$2\"" >> /tmp/"$name".cfg
	shift 2
	number=0
	printf 'vif = [ ' >> /tmp/"$name".cfg
	for card in "$@"; do
		printf '"mac=00:16:3e:%s:0%s,%s", ' "$(printf '%s' "$name" | md5sum | sed 's/\(..\)\(..\).*/\1:\2/')" $number "$card" >> /tmp/"$name".cfg
		number=$((number + 1))
	done
	echo ']' >> /tmp/"$name".cfg
	check create-"$name" xl create -q /tmp/"$name".cfg
}
address() { sed -n "s/.*GUEST ADDRESS $2 \([0-9.]*\).*/\1/p" $log"$1".log | tail -n 1; }
# on ADDRESS COMMAND: what the guest says.
on() { { echo "$2"; echo exit; sleep "${3-0}"; } | timeout 60 nc "$1" 99; }
sum() { sha256sum | cut -d ' ' -f 1; }
sum_of() { cut -d ' ' -f 1; }
# The IPv6 address a card gives itself.
link_local()
{
	xenstore-read /local/domain/"$(xl domid "$1")"/device/vif/"$2"/mac |
		sed 's/00:16:3e:\(..\):\(..\):\(..\)/fe80::216:3eff:fe\1:\2\3/'
}
worker_of() { cat /run/serai/back/"$(xl domid "$1")".lock; }
guest one eth0,eth1,eth4 mode=nat,backendtype=serai mode=host,mtu=9000,backendtype=serai mode=internal,backendtype=serai \
	mode=routed,ip=192.0.2.9,backendtype=serai mode=bridged,backendtype=serai
guest two eth0 mode=nat,backendtype=linux mode=internal,backendtype=serai,rate=1MB/s
check ready-one soon grep "GUEST READY" ${log}one.log
check ready-two soon grep "GUEST READY" ${log}two.log
one=$(address one eth0) two=$(address two eth0) host=$(address one eth1) bridged=$(address one eth4)
check leases [ -n "$one" -a -n "$two" -a -n "$host" -a -n "$bridged" ]
grep -h "GUEST WITHOUT" ${log}*.log
[ -n "$one" ] && [ -n "$two" ] || tail -n 40 ${log}one.log ${log}two.log
[ -n "$one" ] && [ -n "$two" ] || finish
head -c 16777216 /dev/urandom >/tmp/out
httpd -p 80 -h /tmp
of_out=$(sum </tmp/out)
of_one=$(on "$one" "sha256sum /tmp/data" | sum_of) of_two=$(on "$two" "sha256sum /tmp/data" | sum_of)

# Guest and Dom0, guest and guest, under one translated network.
check ping ping -c 3 -i 0.2 -W 5 "$one"
check ping-ipv6 ping -6 -c 2 -i 0.2 -W 5 -I serai-nat "$(link_local one 0)"
of_big=$(on "$one" "sha256sum /tmp/big" | sum_of)
same from-guest "$of_big" "$(wget -q -O - http://"$one"/big | sum)"
same to-guest "$of_out" "$(on "$one" "wget -q -O - http://192.168.177.1/out | sha256sum" | sum_of)"
same guest-to-guest "$of_two" "$(on "$one" "wget -q -O - http://$two/data | sha256sum" | sum_of)"
# Without offloads, in the guest and in Dom0, and with them again.
tap=vif$(xl domid one).0
check offloads-off offload "$tap" off
on "$one" "offload eth0 off" >/tmp/offload
same from-guest-plain "$of_one" "$(wget -q -O - http://"$one"/data | sum)"
same to-guest-plain "$of_out" "$(on "$one" "wget -q -O - http://192.168.177.1/out | sha256sum" | sum_of)"
same guest-to-guest-plain "$of_one" "$(on "$two" "wget -q -O - http://$one/data | sha256sum" | sum_of)"
check offloads-on offload "$tap" on
on "$one" "offload eth0 on" >>/tmp/offload
same offloads-of-guest 2 "$(grep -c "^offloads of eth0" /tmp/offload)"
same from-guest-again "$of_one" "$(wget -q -O - http://"$one"/data | sum)"

# To the outside: the peer says the checksum on a line, then the data.
on "$two" "echo GET 1048576 | nc 10.0.2.2 $bed_port >/tmp/got; head -n 1 /tmp/got; tail -c 1048576 /tmp/got | sha256sum" >/tmp/nat
check answered [ -s /tmp/nat ]
same translated "$(head -n 1 /tmp/nat)" "$(tail -n 1 /tmp/nat | sum_of)"

# Host-only, with jumbo frames: no packet is cut, none gets out.
on "$one" "ip link set eth1 mtu 9000"
cut_before=$(awk '/^Ip:/ { n = $NF } END { print n }' /proc/net/snmp)
check jumbo ping -c 3 -i 0.2 -s 8900 -W 5 "$host"
same jumbo-whole "$cut_before" "$(awk '/^Ip:/ { n = $NF } END { print n }' /proc/net/snmp)"
same jumbo-tcp "$of_one" "$(wget -q -O - http://"$host"/data | sum)"
same host-only-stays "no way" "$(on "$one" "ip addr add 192.168.178.200/24 dev eth1; ip route add 1.2.3.4 dev eth0
	ip route add 10.0.2.2 via 192.168.178.1 dev eth1; ping -c 1 -W 1 10.0.2.2 >/dev/null || echo no way; ip route del 10.0.2.2")"

# Internal: the guests see each other, Dom0 neither.
on "$two" "ip addr add 10.8.0.2/24 dev eth1; ip link set eth1 up"
same internal "reached" "$(on "$one" "ip addr add 10.8.0.1/24 dev eth2; ip link set eth2 up; ping -c 2 -W 3 10.8.0.2 >/dev/null && echo reached")"
before=$(cut -d . -f 1 /proc/uptime)
same rate "$of_two" "$(on "$one" "wget -q -O - http://10.8.0.2/data | sha256sum" | sum_of)"
check rate-kept [ $(($(cut -d . -f 1 /proc/uptime) - before)) -ge 1 ]
same internal-alone "" "$(ip addr show dev serai-int | grep inet)"

# Routed to its own address; bridged on Dom0's own network, where its router gave the lease.
on "$one" "ip addr add 192.0.2.9/32 dev eth3; ip link set eth3 up; ip route add 10.0.2.50 dev eth3"
check routed ping -c 2 -i 0.2 -W 5 192.0.2.9
check bridged ping -c 2 -i 0.2 -W 5 "$bridged"
on "$one" "echo GET 1048576 | nc 10.0.2.2 $bed_port >/tmp/got; head -n 1 /tmp/got; tail -c 1048576 /tmp/got | sha256sum" >/tmp/nat
same bridged-outside "$(head -n 1 /tmp/nat)" "$(tail -n 1 /tmp/nat | sum_of)"

# Workers and serai-backd die in the midst of a transfer, which goes on.
on "$one" "wget -q -O - http://192.168.177.1/out | sha256sum" >/tmp/killed &
transfer=$!
for round in 1 2 3; do
	usleep 250000
	kill -9 "$(worker_of one)"
done
usleep 300000
kill -9 "$(pidof serai-backd)"
wait $transfer
same killed "$of_out" "$(sum_of </tmp/killed)"
check ping-again ping -c 3 -i 0.2 -W 10 "$two"

# One more card comes and goes.
check attach xl network-attach two mode=host,backendtype=serai
same attached 4 "$(xenstore-read /local/domain/"$(xl domid two)"/device/vif/2/state)"
check detach xl network-detach two 2

# The end: nothing stays but the networks.
xl destroy one
xl destroy two
no_tap() { [ "$(ls /sys/class/net | grep -c '^vif')" = 0 ]; }
check taps-gone soon no_tap
no_journal() { ! ls /run/serai/back | grep qnic; }
check journals-gone soon no_journal
same nodes-gone "" "$(xenstore-ls -f /local/domain/0/backend | grep -E 'backend/(qnic|vif)/[0-9]')"
no_kernel_complaint
