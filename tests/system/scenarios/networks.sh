# SPDX-License-Identifier: MIT
#@ about: stock guests' network cards through Serai's own backend, in each network mode; in short on Debian's Xen, too
#@ with: xen-tools serai-tools nft dnsmasq
#@ progs: offload
#@ modules: xen-netback tun bridge e1000e nf_tables nft_chain_nat nft_masq nft_ct
#@ host: peer
#@ guest: cloud:net
#@ guest-modules: xen-netfront
#@ timeout: 1800
#@ mem: 1024
#@ run serai: smp=1 dom0-mem=512 nic=e1000e mib=16 deaths=3
#@ run xen: smp=1 dom0-mem=512 on=xen short=yes mib=4 deaths=1

modules xen-netback tun bridge e1000e nf_tables nft_chain_nat nft_masq nft_ct
# Leases by dnsmasq, as where it is installed; in the short run by what there is otherwise.
[ -z "$bed_short" ] || rm /usr/sbin/dnsmasq
start_dom0 serai serai
mkdir -p /dev/net
[ -c /dev/net/tun ] || mknod /dev/net/tun c 10 200
log=/var/log/xen/console/guest-
ip link set lo up
outside()
{
	within 30 [ -d /sys/class/net/eth0 ]
	ip link set eth0 up
	ip addr add 10.0.2.50/24 dev eth0
	ip route add default via 10.0.2.2
	ip -6 addr add fec0::50/64 dev eth0
	ip -6 route add default via fec0::2
	within 30 grep -q 1 /sys/class/net/eth0/carrier
	check outside ping -c 2 -W 10 10.0.2.2
}

# guest NAME DHCP CARD…: each card with a MAC address of its own.
guest()
{
	name=$1
	echo "name = \"$name\"; type = \"pv\"; kernel = \"/guest/cloud\"; ramdisk = \"/guest/net\"" > /tmp/"$name".cfg
	echo "memory = 128; vcpus = 2; cmdline = \"console=hvc0 cryptomgr.notests quiet dhcp=$2\"" >> /tmp/"$name".cfg
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
on() { { echo "$2"; echo exit; } | timeout 300 nc "$1" 99; }
get() { timeout 300 wget -q -O - "$1"; }
sum() { sha256sum | cut -d ' ' -f 1; }
sum_of() { cut -d ' ' -f 1; }
# pings ADDRESS [OPTION…]: on a busy machine packets are late.
pings() { pings_to=$1; shift; ping -c 3 -i 0.2 -W 20 "$@" "$pings_to"; }
# The IPv6 address a card makes itself of a prefix.
ipv6()
{
	xenstore-read /local/domain/"$(xl domid "$1")"/device/vif/"$2"/mac |
		sed "s/00:16:3e:\(..\):\(..\):\(..\)/$3:216:3eff:fe\1:\2\3/"
}
ready() { check ready-"$1" within 300 grep "GUEST READY" ${log}"$1".log; }

if [ "$bed_short" ]; then
	guest one eth0 mode=nat,backendtype=serai
else
	outside
	guest one eth0,eth1,eth4 mode=nat,ip=192.168.177.77,backendtype=serai mode=host,mtu=9000,backendtype=serai \
		mode=internal,backendtype=serai mode=routed,ip=192.0.2.9,backendtype=serai mode=bridged,backendtype=serai
fi
guest two eth0 mode=nat,backendtype=linux mode=internal,backendtype=serai,rate=1MB/s
ready one
ready two
one=$(address one eth0) two=$(address two eth0)
check leases [ -n "$one" -a -n "$two" ]
grep -h "GUEST WITHOUT" ${log}*.log
if [ -z "$one" ] || [ -z "$two" ]; then
	tail -n 40 ${log}one.log ${log}two.log /var/log/xen/domd.log
	finish
fi
head -c $((bed_mib << 20)) /dev/urandom >/tmp/out
head -c 2097152 /tmp/out >/tmp/part
httpd -p 80 -h /tmp
of_out=$(sum </tmp/out) of_part=$(sum </tmp/part)
of_one=$(on "$one" "sha256sum /tmp/data" | sum_of) of_two=$(on "$two" "sha256sum /tmp/data" | sum_of)
of_big=$(on "$one" "sha256sum /tmp/big" | sum_of)

# Guest and Dom0, guest and guest, under one translated network.
check ping pings "$one"
same from-guest "$of_big" "$(get http://"$one"/big | sum)"
same to-guest "$of_out" "$(on "$one" "wget -q -O - http://192.168.177.1/out | sha256sum" | sum_of)"
same guest-to-guest "$of_two" "$(on "$one" "wget -q -O - http://$two/data | sha256sum" | sum_of)"
[ "$bed_short" ] || same guest-to-guest-back "$of_one" "$(on "$two" "wget -q -O - http://$one/data | sha256sum" | sum_of)"

ipv6_too()
{
	local=$(ipv6 one 0 fe80:) global=$(ipv6 one 0 fd53:6572:6169:177) other=$(ipv6 two 0 fd53:6572:6169:177)
	check ping-ipv6 pings "$local" -6 -I serai-nat
	check prefix within 60 ping -6 -c 1 -W 5 "$global"
	check prefix-of-two within 60 ping -6 -c 1 -W 5 "$other"
	same from-guest-ipv6 "$of_one" "$(get "http://[$global]/data" | sum)"
	same guest-to-guest-ipv6 "$of_two" "$(on "$one" "wget -q -O - http://[$other]/data | sha256sum" | sum_of)"
	same translated-ipv6 reached "$(on "$one" "ping -6 -c 3 -W 20 fec0::2 >/dev/null && echo reached")"
}

# Without offloads, in the guest and in Dom0, and with them again.
without_offloads()
{
	tap=vif$(xl domid one).0
	check offloads-off offload "$tap" off
	on "$one" "offload eth0 off" >/tmp/offload
	same from-guest-plain "$of_one" "$(get http://"$one"/data | sum)"
	same to-guest-plain "$of_part" "$(on "$one" "wget -q -O - http://192.168.177.1/part | sha256sum" | sum_of)"
	same guest-to-guest-plain "$of_one" "$(on "$two" "wget -q -O - http://$one/data | sha256sum" | sum_of)"
	check offloads-on offload "$tap" on
	on "$one" "offload eth0 on" >>/tmp/offload
	same offloads-of-guest 2 "$(grep -c "^offloads of eth0" /tmp/offload)"
	same from-guest-again "$of_one" "$(get http://"$one"/data | sum)"
}

# To the outside: the peer says the checksum on a line, then the data.
from_outside() # GUEST: the one, then the other
{
	on "$1" "echo GET 1048576 | nc 10.0.2.2 $bed_port >/tmp/got; head -n 1 /tmp/got; tail -c 1048576 /tmp/got | sha256sum" >/tmp/nat
	[ -s /tmp/nat ] && [ "$(head -n 1 /tmp/nat)" = "$(tail -n 1 /tmp/nat | sum_of)" ]
}

# Host-only, with jumbo frames: no packet is cut, none gets out.
not_whole() { awk '/^Ip:/ { n = $NF } END { print n }' /proc/net/snmp; }
host_only()
{
	host=$(address one eth1)
	on "$one" "ip link set eth1 mtu 9000"
	cut_before=$(not_whole)
	check jumbo pings "$host" -s 8900
	same jumbo-whole "$cut_before" "$(not_whole)"
	same jumbo-tcp "$of_one" "$(get http://"$host"/data | sum)"
	same host-only-stays "no way" "$(on "$one" "ip addr add 192.168.178.200/24 dev eth1; ip route add 1.2.3.4 dev eth0
		ip route add 10.0.2.2 via 192.168.178.1 dev eth1; ping -c 1 -W 1 10.0.2.2 >/dev/null || echo no way; ip route del 10.0.2.2")"
}

# Internal: the guests see each other, Dom0 neither. Bounded: the bytes cannot have come in less than a second.
internal()
{
	on "$two" "ip addr add 10.8.0.2/24 dev eth1; ip link set eth1 up"
	same internal "reached" "$(on "$one" "ip addr add 10.8.0.1/24 dev eth2; ip link set eth2 up; ping -c 3 -W 20 10.8.0.2 >/dev/null && echo reached")"
	before=$(cut -d . -f 1 /proc/uptime)
	same rate "$of_two" "$(on "$one" "wget -q -O - http://10.8.0.2/data | sha256sum" | sum_of)"
	check rate-kept [ $(($(cut -d . -f 1 /proc/uptime) - before)) -ge 1 ]
	same internal-alone "" "$(ip addr show dev serai-int | grep inet)"
}

# Routed to its own address; bridged on Dom0's own network, where its router gave the lease.
routed_and_bridged()
{
	bridged=$(address one eth4)
	on "$one" "ip addr add 192.0.2.9/32 dev eth3; ip link set eth3 up; ip route add 10.0.2.50 dev eth3"
	check routed pings 192.0.2.9
	check bridged pings "$bridged"
	check bridged-outside from_outside "$one"
}

if [ -z "$bed_short" ]; then
	same lease-kept 192.168.177.77 "$one"
	ipv6_too
	without_offloads
	check translated from_outside "$two"
	host_only
	internal
	routed_and_bridged
fi

# Workers and serai-backd die in the midst of transfers, which go on. Each death is one: the next comes when another
# process has taken over.
transfers()
{
	until [ -e /tmp/enough ]; do
		transfers_got=$(on "$one" "wget -q -O - http://192.168.177.1/out | sha256sum" | sum_of)
		[ "$transfers_got" = "$of_out" ] && echo right || echo "wrong: '$transfers_got'"
	done
}
lock=/run/serai/back/$(xl domid one).lock
journal=/run/serai/back/$(xl domid one)-qnic-0
worker() { cat "$lock"; }
resumes() { od -A n -t u8 -j 136 -N 8 "$journal" | tr -d ' '; }
taken_over() { [ "$(resumes)" -gt "$resumes_before" ] && [ "$(worker)" != "$worker_before" ]; }
dies() # NAME PID
{
	resumes_before=$(resumes) worker_before=$(worker)
	usleep 250000
	kill -9 "$2"
	check "$1" within 120 taken_over
}
transfers >/tmp/killed &
transfer=$!
for round in $(seq "$bed_deaths"); do dies worker-dies-$round "$(worker)"; done
dies backd-dies "$(pidof serai-backd)"
touch /tmp/enough
wait $transfer
same killed right "$(sort -u /tmp/killed)"
[ "$(sort -u /tmp/killed)" = right ] || tail -n 20 /var/log/xen/domd.log
check ping-again pings "$two"
check ping-after-deaths within 60 ping -c 1 -W 5 "$one"

# One more card comes and goes; hotplug has them under load.
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
