# SPDX-License-Identifier: MIT
#@ about: the disk of a whole Debian, made as its cloud images are and left as it is, by SeaBIOS and by OVMF: GRUB, serial login, PV disk and network, shutdown
#@ with: xen-tools serai-tools qemu-xen dnsmasq
#@ modules: xen-blkback xen-netback bridge tun
#@ image: debian-image
#@ timeout: 600
#@ mem: 1280
#@ run seabios: dom0-mem=640 firmware=seabios
#@ run ovmf: dom0-mem=640 firmware=ovmf vif=type=vif vga=stdvga vcpus=2

modules xen-blkback xen-netback bridge tun
start_dom0 serai serai
ip link set lo up
brctl addbr xenbr0
ip addr add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
check dhcp-server dnsmasq --port=0 --interface=xenbr0 --dhcp-range=10.9.0.50,10.9.0.60 --dhcp-leasefile=/tmp/leases --user=root
mkdir /tmp/www
dd if=/dev/urandom of=/tmp/www/file bs=64k count=16 2>/dev/null
check web-server httpd -p 10.9.0.1:80 -h /tmp/www
disk=$(grep -lx debian /sys/block/vd*/serial)
disk=/dev/$(basename "${disk%/serial}")
# The disk is AHCI's: of an IDE disk SeaBIOS moves each sector by the processor, and asks for each of the kernel's 54,000.
# A PV network card only, as in hvm-linux: OVMF reads an emulated one's ROM by four bytes.
cat > /tmp/h1.cfg <<X
name = "h1"
type = "hvm"
memory = ${bed_memory:-320}
vcpus = ${bed_vcpus:-1}
bios = "$bed_firmware"
hdtype = "${bed_hdtype:-ahci}"
vga = "${bed_vga:-none}"
vnc = 0
usb = 0
serial = "pty"
disk = [ "$disk,raw,hda,w" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:05${bed_vif:+,$bed_vif}" ]
X
log=/var/log/xen/console/guest-h1.log
check create xl create -q /tmp/h1.cfg
domain=/local/domain/$(xl domid h1)
serial=$(xenstore-read "$domain/serial/0/tty")
cat "$serial" > /tmp/serial.log &

# The serial line, which firmware leaves to GRUB, GRUB to the kernel, and systemd gives a login.
check grub within 300 grep -q "Loading initial ramdisk" /tmp/serial.log
check serial-prompt within 300 grep -q "debian login:" /tmp/serial.log
echo root > "$serial"
check serial-login within 120 grep -q "root@debian:~#" /tmp/serial.log
echo 'echo "SERIAL" shell $?' > "$serial"
check serial-shell within 60 grep -q "SERIAL shell 0" /tmp/serial.log

# Further words by Xen's console: a character there costs no exit.
to_console() { echo "$*" > "$(xenstore-read "$domain/console/tty")"; }
check console-prompt says "debian login:" 120
to_console root
check console-login says "root@debian:~#" 120
# asks NAME COMMAND…: the guest's shell is to do it. Its words, as typed, do not contain what it says then.
asks()
{
	ask_name=$1
	shift
	to_console "$*; echo \"GUEST\" did $ask_name \$?"
	check "$ask_name" says "GUEST did $ask_name 0" 120
}
asks kind '[ $(cat /sys/hypervisor/guest_type) = HVM ]'
case $bed_firmware in
ovmf) asks by-uefi '[ -d /sys/firmware/efi ]' ;;
*) asks by-bios '[ ! -d /sys/firmware/efi ]' ;;
esac
asks root-is-pv 'findmnt -no SOURCE / | grep ^/dev/xvda1'
asks no-emulated-disk '[ -z "$(ls /dev/sd*)" ]'
asks clock '[ $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) = xen ]'
# What the loader says of the machine. UEFI firmware hands on only what it is given, by the ROM of the platform device.
asks acpi '[ -e /sys/firmware/acpi/tables/APIC ]'
asks vcpus "[ \$(nproc) = ${bed_vcpus:-1} ]"
asks smbios '[ "$(cat /sys/class/dmi/id/product_name)" = "HVM domU" ]'
asks no-unit-failed '[ $(systemctl is-system-running --wait) = running ]'
asks pv-network 'readlink /sys/class/net/e*/device/driver | grep /vif'
check lease within 120 grep -q 00:16:3e:00:00:05 /tmp/leases
check host-reaches-guest within 60 ping -c 1 "$(awk '{ print $3 }' /tmp/leases)"
asks guest-reaches-host 'ping -c 1 -w 20 10.9.0.1'
# By the network to the disk, where Dom0 finds it when the guest is down.
asks file-fetched 'exec 3<>/dev/tcp/10.9.0.1/80; printf "GET /file HTTP/1.0\r\n\r\n" >&3; sed "1,/^\r\$/d" <&3 >/root/file; [ $(stat -c %s /root/file) = 1048576 ]'
# Its kernel has nothing to complain of.
asks no-guest-complaint '! dmesg | grep -E "BUG:|WARNING: CPU|Oops|soft lockup|rcu.*stall|Call Trace"'
check shutdown xl shutdown -w h1
all_gone
check disk-left-clean sh -c "mount -t ext4 -o ro ${disk}1 /mnt && ! dmesg | grep 'recovery'"
check file-on-disk cmp /tmp/www/file /mnt/root/file
umount /mnt
no_kernel_complaint
[ "$failed" = 0 ] || { tail -c 3000 /tmp/serial.log; tail -c 4000 "$log"; cat /var/log/xen/qemu-dm-h1.log; xl dmesg | tail -n 20; } 2>/dev/null
