# A guest with a screen, a keyboard, a shared folder and a channel, all of Serai's backends. What it finds it says.
wait_for() # TRIES COMMAND…
{
	tries=$1
	shift
	until "$@" 2>/dev/null || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 100000; done
}
sum() { sha256sum | cut -d ' ' -f 1; }
for module in 9pnet_xen 9p; do modprobe $module; done
echo "GUEST UP"

# The screen: all letters in its first line, then what Dom0 looks for; what is typed is read, and echoed there.
wait_for 100 test -e /dev/fb0
[ -e /dev/fb0 ] || echo "GUEST WRONG no framebuffer"
{
	printf '\033[2J\033[H\033[?25l'
	awk 'BEGIN { for (i = 33; i < 127; i++) printf "%c", i }'
	printf '\r\n\nCaravanserai: a walled inn for travellers.\r\n'
} > /dev/tty1
echo "GUEST SHOWS"
{ read -r typed < /dev/tty1; echo "GUEST TYPED $typed"; } &

# The channel.
wait_for 50 test -e /dev/hvc1
# Held open: the terminal forgets its settings when nobody has it.
{ exec 3<>/dev/hvc1; stty raw -echo <&3; read -r line <&3; echo "guest got $line" >&3; sleep 1; } &

# The folder, in both dialects.
mount -t 9p -o trans=xen,version=9p2000.L share /mnt || echo "GUEST WRONG mount"
[ "$(cat /mnt/from-dom0)" = "Dom0 was here" ] && echo "GUEST READ right" || echo "GUEST WRONG from-dom0"
echo "the guest was here" > /mnt/from-guest
mkdir /mnt/dir && mv /mnt/from-guest /mnt/dir/moved && ln -s moved /mnt/dir/link || echo "GUEST WRONG names"
[ "$(cat /mnt/dir/link)" = "the guest was here" ] || echo "GUEST WRONG link"
chmod 640 /mnt/dir/moved && chown 12:34 /mnt/dir/moved
[ "$(stat -c '%a %u %g %s' /mnt/dir/moved)" = "640 12 34 19" ] || echo "GUEST WRONG attributes"
cat /mnt/outside 2>/dev/null | grep -q . && echo "GUEST WRONG a link led out of the folder"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do : > /mnt/dir/file-$i; done
[ "$(ls /mnt/dir | wc -l)" = 22 ] || echo "GUEST WRONG listing"
rm /mnt/dir/file-*
[ "$(ls /mnt/dir | wc -l)" = 2 ] || echo "GUEST WRONG removing"

# The server is killed meanwhile.
wait
dd if=/dev/urandom of=/tmp/data bs=64k count=64 2>/dev/null
echo "GUEST WRITING"
for part in 0 1 2 3 4 5 6 7; do
	dd if=/tmp/data of=/mnt/data bs=64k skip=$((part * 8)) seek=$((part * 8)) count=8 conv=notrunc 2>/tmp/dd ||
		echo "GUEST WRONG write: $(tail -n 1 /tmp/dd)"
	usleep 200000
done
[ "$(sum < /mnt/data)" = "$(sum < /tmp/data)" ] && echo "GUEST DATA right" || echo "GUEST WRONG data"
echo "GUEST SUM $(sum < /tmp/data)"
umount /mnt || echo "GUEST WRONG umount"
mount -t 9p -o trans=xen,version=9p2000.u share /mnt || echo "GUEST WRONG mount in 9P2000.u"
[ "$(cat /mnt/dir/moved)" = "the guest was here" ] && [ "$(ls /mnt | wc -l)" -ge 3 ] && echo "GUEST DOTU right" ||
	echo "GUEST WRONG 9P2000.u"
echo again > /mnt/dotu && [ "$(cat /mnt/dotu)" = again ] || echo "GUEST WRONG writing in 9P2000.u"
umount /mnt
dmesg | grep -iE "BUG:|Oops|9p.*error" | head -n 3 | sed 's/^/GUEST WRONG dmesg: /'
echo "GUEST DONE"
sleep 1
busybox poweroff -f
