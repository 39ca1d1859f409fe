# SPDX-License-Identifier: MIT
#@ about: screen, keyboard, shared folder and channel of a stock guest and of the kit's through Serai's backends
#@ with: xen-tools serai-tools serai-screen
#@ progs: vncscreen
#@ guest: dom0:screen kit/share kit/screen
#@ guest-modules: 9pnet_xen 9p
#@ timeout: 240
#@ mem: 1536
#@ run serai-backends: smp=1 dom0-mem=768
#@ run on-xen: smp=1 dom0-mem=768 on=xen

start_dom0 serai serai
ip link set lo up
log=/var/log/xen/console/guest-g1.log
await() # TRIES COMMAND…
{
	tries=$1
	shift
	until "$@" >/dev/null 2>&1 || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
}
share_server() # the process that serves the folder
{
	for pid in $(pidof serai-back); do tr '\0' ' ' < /proc/$pid/cmdline | grep -q " 9pfs" && echo $pid; done
}
shows() { vncscreen $port read 2>/tmp/vncscreen.err | grep -qF "$1"; }

mkdir -p /tmp/share
echo "Dom0 was here" > /tmp/share/from-dom0
echo secret > /tmp/secret
ln -s ../secret /tmp/share/outside
cat > /tmp/g.cfg <<X
name = "g1"
type = "pv"
kernel = "/guest/dom0"
ramdisk = "/guest/screen"
memory = 256
cmdline = "console=hvc0 cryptomgr.notests"
vfb = [ "vnc=1,vncdisplay=3,vncpasswd=caravan" ]
p9 = [ "tag=share,path=/tmp/share,security_model=none" ]
channel = [ "name=agent,connection=pty" ]
X
same unknown-keymap 1 "$(xl create /tmp/g.cfg 'vfb = [ "keymap=xx" ]' 2>&1 | grep -c 'keymap=xx is not known: it may be da')"
check create xl create /tmp/g.cfg
id=$(xl domid g1)
await 400 grep -q "GUEST SHOWS" $log
port=$(xenstore-read /local/domain/$id/console/vnc-port)
same port 5903 "$port"
same password-wanted "vncscreen: a password is wanted" "$(vncscreen $port read 2>&1)"
same wrong-password "vncscreen: the password is wrong" "$(VNC_PASSWORD=caravat vncscreen $port read 2>&1)"
export VNC_PASSWORD=caravan
await 50 shows "Caravanserai: a walled inn for travellers."
check screen-shows-text shows "Caravanserai: a walled inn for travellers."
check type vncscreen $port type 'Who goes there?\n'
await 50 grep -q "GUEST TYPED" $log
check keys-arrive grep -q "GUEST TYPED Who goes there?" $log
check keys-are-echoed shows "Who goes there?"

tty=$(xenstore-read /local/domain/$id/device/console/1/tty)
check channel-terminal test -c "$tty"
timeout 20 head -n 1 < "$tty" > /tmp/channel &
reader=$!
echo "a word" > "$tty"
wait $reader
same channel "guest got a word" "$(tr -d '\r' < /tmp/channel)"

await 300 grep -q "GUEST WRITING" $log
server=$(share_server)
same share-unprivileged "$((0x7f5e0000 + id))" "$(awk '/^Uid:/ { print $2 }' /proc/$server/status)"
same share-filtered 2 "$(awk '/^Seccomp:/ { print $2 }' /proc/$server/status)"
kill -9 $(pidof serai-back-vfb)
killed=0
for kill in 1 2 3 4; do
	kill -9 $(share_server) && killed=$((killed + 1))
	usleep 400000
done
check killed [ $killed -ge 3 ]
check screen-comes-back shows "Who goes there?"
await 300 grep -q "GUEST DONE" $log
check guest-done grep "GUEST DONE" $log
for what in READ DATA DOTU; do check guest-$what grep "GUEST $what right" $log; done
same guest-right "" "$(grep "GUEST WRONG" $log | head -n 3)"
same dom0-sees "the guest was here" "$(cat /tmp/share/dir/moved)"
same dom0-sees-owner "640 12 34" "$(stat -c '%a %u %g' /tmp/share/dir/moved)"
same dom0-sees-data "$(awk '/GUEST SUM/ { print $3 }' $log | tr -d '\r')" "$(sha256sum < /tmp/share/data | cut -d ' ' -f 1)"
# The kit's frontends: a copy within the folder, colour bars, keys.
kit() # NAME LINE…
{
	name=$1
	shift
	printf 'name = "%s"\ntype = "pv"\nkernel = "/guest/kit/%s"\nmemory = 8\n' "$name" "$name" > /tmp/$name.cfg
	check create-$name xl create -q /tmp/$name.cfg "$@"
}
unset VNC_PASSWORD
only_screen_left() { [ "$(xl list | wc -l)" = 3 ]; }
kit screen 'cmdline = "quit=16"' 'vfb = [ "vnc=1,vncdisplay=4,keymap=fr" ]'
kit share 'cmdline = "from=from-dom0 to=copy"' 'p9 = [ "tag=share,path=/tmp/share,security_model=none" ]'
await 200 grep -q done /var/log/xen/console/guest-share.log
same kit-copies "Dom0 was here" "$(cat /tmp/share/copy)"
soon only_screen_left
kit share 'cmdline = "from=from-dom0 to=copy2"' 'p9 = [ "tag=share,path=/tmp/share,readonly=1" ]'
check kit-ended soon only_screen_left
check kit-may-not-copy [ ! -e /tmp/share/copy2 ]
log=/var/log/xen/console/guest-screen.log
await 200 grep -q shown $log
check kit-picture vncscreen 5904 save /tmp/bars.ppm
pixel() { dd if=/tmp/bars.ppm bs=1 skip=$((15 + ($2 * 320 + $1) * 3)) count=3 2>/dev/null | od -An -tx1 | tr -d ' '; }
same kit-bars "ffff00 0000ff" "$(pixel 60 100) $(pixel 250 100)"
# A French keyboard has Q where others have A, and A where they have Q.
vncscreen 5904 type qa
await 100 grep -q done $log
check kit-keys grep -q "key 30 down" $log
all_gone
same no-device-left "" "$(xenstore-ls -f /local/domain/0/backend | grep -E '/(vfb|vkbd|9pfs|console)/')"
tries=50
until [ -z "$(pidof serai-back serai-back-vfb)" ] || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
same no-process-left "" "$(pidof serai-back serai-back-vfb)"
no_kernel_complaint
[ $failed = 0 ] || { cat /tmp/vncscreen.err; xenstore-ls /local/domain/0/backend; tail -n 15 $log; ls -la /run/serai/back; }
