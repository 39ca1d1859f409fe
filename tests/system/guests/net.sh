# A guest with PV network cards: asks for addresses on those its command line lists (dhcp=eth0,eth1), serves
# files, and does what it is told on port 99.
modprobe xen-netfront
ip link set lo up
head -c 2097152 /dev/urandom >/tmp/data
for part in 1 2 3 4 5 6 7 8; do cat /tmp/data; done >/tmp/big
cat >/tmp/lease <<'X'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
[ -z "$router" ] || ip route add default via $router dev $interface 2>/dev/null
for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done
echo "GUEST ADDRESS $interface $ip" >/dev/console
X
chmod 755 /tmp/lease
httpd -p 80 -h /tmp
nc -ll -p 99 -e /bin/sh &
cards=$(sed -n 's/.*dhcp=\([a-z0-9,]*\).*/\1/p' /proc/cmdline | tr , ' ')
for card in $cards; do
	tries=300
	until [ -d /sys/class/net/$card ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
	ip link set $card up
	# A server may be deaf while it looks whether what it offers is in use, and a machine be busy. As a client that
	# stays would, it asks again when nobody has answered.
	tries=10
	until udhcpc -i $card -n -q -t 30 -T 3 -s /tmp/lease >/tmp/dhcp 2>&1 || [ $tries = 0 ]; do
		echo "GUEST WITHOUT a lease for $card at $(cut -d ' ' -f 1 /proc/uptime): $(tail -n 3 /tmp/dhcp | tr '\n' ' ')"
		tries=$((tries - 1))
		sleep 2
	done
done
# Once more, when the kernel has no more to say about links coming up: its messages cut others' lines.
sleep 1
for card in $cards; do
	echo "GUEST ADDRESS $card $(ip -4 addr show dev $card | sed -n 's/.*inet \([0-9.]*\).*/\1/p')"
done
echo "GUEST READY"
sleep 100000
