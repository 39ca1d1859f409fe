# SPDX-License-Identifier: MIT
#@ about: disks, network cards and media come and go under load; both toolstacks' lists; nothing is left behind
#@ with: xen-tools serai-tools
#@ modules: xen-blkback xen-netback loop bridge tun
#@ guest: cloud:hotplug
#@ guest-modules: xen-blkfront xen-netfront
#@ timeout: 900
#@ mem: 1280
#@ run serai-tools: smp=2 dom0-mem=640

modules xen-blkback xen-netback loop bridge tun
start_dom0 serai serai
debian=/usr/lib/xen-4.17/bin/xl
truncate -s 16M /tmp/root.img /tmp/more.img
truncate -s 24M /tmp/busy.img
printf 'first medium....' >/tmp/cd1
printf 'second medium...' >/tmp/cd2
truncate -s 1M /tmp/cd1 /tmp/cd2
brctl addbr br0
ip addr add 10.9.1.1/24 dev br0
ip link set br0 mtu 1400 up
ip link set lo up
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/cloud"
ramdisk = "/guest/hotplug"
memory = 192
vcpus = 1
disk = [ "/tmp/root.img,,xvda,backendtype=phy", ",,xvdc,cdrom" ]
vif = [ "bridge=br0" ]
cmdline = "console=hvc0 cryptomgr.notests"
X
log=/var/log/xen/console/guest-g1.log
# seen TEXT: the guest has said so.
seen()
{
	tries=600
	until tr -d "\r" <$log | grep -q "$1" || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
	tr -d "\r" <$log | grep "$1"
}
# Without the guest's own complaints: they are its to keep.
nodes() { xenstore-ls -f / | sed 's/ = .*//' | grep -E '/(device|backend)/' | grep -v '^/local/domain/1/error/'; }
one_line() { # NAME WORDS COMMAND…: fails, in one line that has the words
	one_name=$1 one_words=$2
	shift 2
	"$@" >/tmp/one.out 2>&1
	one_code=$?
	if [ $one_code = 1 ] && [ "$(wc -l </tmp/one.out)" = 1 ] && grep -q "$one_words" /tmp/one.out; then
		pass "$one_name"
	else
		fail "$one_name" "$one_code: $(cat /tmp/one.out)"
	fi
}

check create xl create -q /tmp/g.cfg
check guest-up seen "GUEST UP"
tries=100
until [ "$(xl network-list g1 | awk 'NR == 2 { print $5 }')" = 4 ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 50000; done
nodes >/tmp/nodes.before
same block-list-is-debians "$($debian block-list g1 | grep -v 51744)" "$(xl block-list g1 | grep -v 51744)"
same network-list-is-debians "$($debian network-list g1)" "$(xl network-list g1)"
same empty-channel-list-is-debians "$($debian channel-list g1)" "$(xl channel-list g1)"
check lists-as-json sh -c 'xl block-list --json g1 | grep -q "\"vdev\": \"xvda\"" && xl network-list --json g1 | grep -q "\"state\": 4"'

# Under load, each attach with both ends Connected at its end, each detach with nothing left at its. Every second round
# is Serai's own backends', with the disk in use and the card's wire full when they go; each fourth takes them by force.
# A packet may be lost on a busy machine; five in a row are not.
answers() { for try in 1 2 3 4 5; do ping -c 1 -w 3 -q "$1" >/tmp/err 2>&1 && return; done; return 1; }
state_is_4() # PATH…: of each
{
	for state_path in "$@"; do
		state_now=$(xenstore-read "$state_path/state")
		[ "$state_now" = 4 ] || wrong="$wrong $state_path is in state $state_now"
	done
}
own_round() { [ $((rounds % 2)) = 0 ]; }
attach()
{
	if own_round; then
		disk="backendtype=qdisk,vdev=xvdb,access=w,target=/tmp/busy.img" vbd=qdisk card=backendtype=serai vif=qnic
	else
		disk="backendtype=phy,vdev=xvdb,access=w,target=/tmp/more.img" vbd=vbd card= vif=vif
	fi
	xl block-attach g1 $disk >/tmp/err1 2>&1 &
	xl network-attach g1 mac=00:16:3e:00:00:02 bridge=br0 $card >/tmp/err 2>&1 || wrong="network-attach $(cat /tmp/err)"
	wait $! || wrong="$wrong block-attach $(cat /tmp/err1)"
	[ "$wrong" ] || state_is_4 /local/domain/0/backend/$vbd/1/51728 /local/domain/1/device/vbd/51728 \
		/local/domain/0/backend/$vif/1/1 /local/domain/1/device/vif/1
}
detach()
{
	force=
	[ $((rounds % 4)) != 0 ] || force=--force
	xl block-detach $force g1 xvdb >/tmp/err1 2>&1 &
	xl network-detach g1 00:16:3e:00:00:02 >/tmp/err 2>&1 || wrong="$wrong network-detach $(cat /tmp/err)"
	wait $! || wrong="$wrong block-detach $force $(cat /tmp/err1)"
}
rounds=0 wrong=
while [ $rounds -lt 20 ] && [ ! "$wrong" ]; do
	rounds=$((rounds + 1))
	attach
	[ ! "$wrong" ] || break
	seen "GUEST USED $rounds\$" >/tmp/err || wrong="$wrong not used"
	answers 10.9.1.2 || wrong="$wrong ping $(tail -n 2 /tmp/err)"
	ping -i 0.01 -s 1300 10.9.1.2 >/tmp/flood 2>&1 &
	flood=$!
	detach
	kill $flood
	echo "round $rounds: $(cut -d ' ' -f 1 /proc/uptime) s $wrong"
	own_round && { seen "GUEST FREED $((rounds / 2))\$" >/tmp/err || wrong="$wrong programs that used the disk do not end"; }
	nodes >/tmp/nodes.after
	cmp -s /tmp/nodes.before /tmp/nodes.after || wrong="$wrong left: $(diff /tmp/nodes.before /tmp/nodes.after | head -n 3 | tr '\n' ' ')"
done
cycles=$(sed -n 's/.*GUEST CYCLES \([0-9]*\).*/\1/p' $log | tail -n 1)
check other-disk-goes-on seen "GUEST CYCLES $(((${cycles:-0} / 5 + 1) * 5))"
same attach-and-detach "" "$wrong"
echo "$rounds rounds, the first disk's $cycles cycles"
same loops-gone 1 "$(losetup -a | wc -l)"

# What stays attached is in the configuration a reboot is made from.
check attach-kept xl block-attach g1 backendtype=phy vdev=xvdd access=r target=/tmp/more.img
check recorded sh -c 'xl list -l g1 | grep -q "\"vdev\": \"xvdd\""'
same mtu-of-the-bridge 1400 "$(xenstore-read /local/domain/1/device/vif/0/mtu)"

check cd-insert xl cd-insert g1 xvdc /tmp/cd1
check cd-read seen "GUEST CD first medium"
check cd-change xl cd-insert g1 xvdc /tmp/cd2
check cd-read-again seen "GUEST CD second medium"
check cd-eject xl cd-eject g1 xvdc
same cd-gone "" "$(xenstore-ls /local/domain/1/device/vbd | grep 51744)"
one_line cd-wrong-drive "no drive xvdq" xl cd-insert g1 xvdq /tmp/cd1
one_line cd-disk "no CD drive" xl cd-insert g1 xvda /tmp/cd1

# A guest that does not answer: told at once, or taken by force. The disk is idle then: Linux waits for ever for what it
# has asked of a disk that is gone (del_gendisk in blkfront_remove), and xenbus's only thread with it.
check attach-to-force xl block-attach g1 backendtype=phy vdev=xvdb access=w target=/tmp/root.img
check used-before-force seen "GUEST USED $((rounds + 1))\$"
xl pause g1
one_line detach-of-a-paused-guest "use --force" timeout 20 xl block-detach g1 xvdb
check detach-by-force timeout 20 xl block-detach --force g1 xvdb
one_line attach-to-a-paused-guest "paused" timeout 20 xl network-attach g1 bridge=br0
xl unpause g1

# A detach that took too long is simply repeated.
check detach-kept sh -c 'xl block-detach g1 51760 || xl block-detach g1 51760'
nodes >/tmp/nodes.before
one_line no-such-file "/nonexistent" xl block-attach g1 /nonexistent raw xvdb w
one_line no-format "write TARGET,raw,xvdb" xl block-attach g1 /tmp/more.img xvdb w
one_line twice "there already" xl block-attach g1 /tmp/more.img raw xvda w
one_line no-such-bridge "br7" xl network-attach g1 bridge=br7
one_line misspelt-key "did you mean bridge" xl network-attach g1 brige=br0
one_line no-such-card "no network card" xl network-detach g1 7
one_line detach-twice "no disk" xl block-detach g1 xvdb
one_line no-such-domain "no domain" xl block-attach nosuch /tmp/more.img raw xvdb w
nodes >/tmp/nodes.after
same failures-leave-nothing "" "$(diff /tmp/nodes.before /tmp/nodes.after | tail -n 5 | tr "\n" " ")"

# The same disk and another card through Serai's own backends, which domd starts.
check own-disk xl block-attach g1 vdev=xvde target=/tmp/more.img
same own-disk-connected "4 4" "$(xl block-list --json g1 | awk '/backend_state|"state"/ { gsub("[^0-9]", ""); state = state " " $0 } END { print substr(state, length(state) - 2) }')"
check own-card xl network-attach g1 backendtype=serai bridge=br0
check own-disk-off xl block-detach g1 xvde
check own-card-off xl network-detach g1 1

same guest-right "" "$(grep "GUEST WRONG" $log | head -n 1)"
check destroy xl destroy g1
same no-device-left "" "$(xenstore-ls -f / | grep -E '/(vbd|vif)/' | head -n 3)"
same no-loop-left "" "$(losetup -a)"
no_kernel_complaint
[ $failed = 0 ] || tail -n 20 /var/log/xen/domd.log
