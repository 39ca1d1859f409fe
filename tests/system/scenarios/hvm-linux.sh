# SPDX-License-Identifier: MIT
#@ about: a stock kernel as an HVM guest, from an emulated disk by firmware and GRUB: PV drivers take over, or do not; screen and keys
#@ with: xen-tools serai-tools qemu-xen
#@ modules: xen-blkback xen-netback loop bridge
#@ guest: disk/cloud:hvm
#@ guest-modules: xen-blkfront xen-netfront ata_piix sd_mod sr_mod button virtio_pci virtio-rng
#@ progs: vncscreen
#@ timeout: 600
#@ mem: 1536
#@ run serai: dom0-mem=800 firmware=seabios memory=160 vcpus=2 loader=debian options=guest_loglvl=all
#@ run exchanged: dom0-mem=800 firmware=seabios memory=160 vcpus=2 loader=own options=guest_loglvl=all held="the two loaders with their guests exchanged: minutes for little"
#@ run uefi: timeout=1100 dom0-mem=800 firmware=ovmf memory=256 vcpus=1 loader=own vif=type=vif options=guest_loglvl=all held="a smaller form of debian-ovmf"

modules xen-blkback xen-netback loop bridge tun
start_dom0 serai serai
ip link set lo up
brctl addbr xenbr0
ip addr add 10.9.0.1/24 dev xenbr0
ip link set xenbr0 up
# The firmware takes IDE disks for the first ones. This one's boot sector calls it to read the second disk's first sector
# over itself, to run when the call returns.
printf '\061\300\216\330\216\300\234\120\273\000\174\123\270\001\002\271\001\000\272\201\000\372\377\056\114\000 an IDE disk\n' > /tmp/ide.img
echo "a CD" > /tmp/cd.iso
truncate -s 1M /tmp/cd.iso /tmp/ide.img
printf '\125\252' | dd of=/tmp/ide.img bs=1 seek=510 conv=notrunc 2>/dev/null
# arguments WORD…: of the kernel on the disk, six at most.
arguments()
{
	{
		echo "# GRUB Environment Block"
		number=0
		for word in "$@"; do
			number=$((number + 1))
			echo "argument$number=$word"
		done
		printf '%1024s' ""
	} | head -c 1024 | dd of=/guest/hvm.disk bs=512 seek=2046 conv=notrunc 2>/dev/null
}
# last_sector FILE: its text.
last_sector() { tail -c 512 "$1" | head -n 1; }
# Further tables: an ACPI one of 40 bytes, which add up to 0, and a string in SMBIOS.
printf 'SRTT\050\000\000\000\001\201Serai Further \001\000\000\000TEST\001\000\000\000more' > /tmp/more.acpi
printf '\020\000\000\000\013\005\000\000\001from Dom0\000\000' > /tmp/more.smbios
cat > /tmp/h1.cfg <<X
name = "h1"
type = "hvm"
memory = $bed_memory
bios = "$bed_firmware"
vcpus = $bed_vcpus
hdtype = "ahci"
vga = "none"
vnc = 0
usb = 0
viridian = "all"
acpi_firmware = "/tmp/more.acpi"
smbios_firmware = "/tmp/more.smbios"
vendor_device = "xenserver"
channel = [ "name=agent,connection=pty" ]
disk = [ "/guest/hvm.disk,raw,hda,w", "/tmp/cd.iso,raw,hdc,cdrom" ]
vif = [ "bridge=xenbr0${bed_vif:+,$bed_vif}" ]
X

# The usual loader is Debian's where it is installed, and else Serai's: create LOADER ARGUMENT…
create()
{
	which=$1
	shift
	[ "$which" = debian ] || mount -t tmpfs none /usr/lib/xen-4.17/boot
	xl create -q "$@"
	result=$?
	[ "$which" = debian ] || umount /usr/lib/xen-4.17/boot
	return $result
}
# begins NAME LOADER: it was that one.
begins()
{
	case $2 in
	debian) words="HVM Loader" ;;
	*) words="Serai's loader" ;;
	esac
	xl dmesg | grep -qF "(d$(xl domid "$1")) $words"
}
case $bed_loader in
debian) other_loader=own ;;
*) other_loader=debian ;;
esac

# The emulated disk is there until the kernel asks that it be unplugged; then it is a PV one.
arguments console=hvc0 cryptomgr.notests quiet
log=/var/log/xen/console/guest-h1.log
check create create "$bed_loader" /tmp/h1.cfg
check guest-up says "GUEST UP $bed_vcpus vcpus" 900
check loader begins h1 "$bed_loader"
check kind tell '[ "$(cat /sys/hypervisor/guest_type)" = HVM ]'
check pv-disk-only tell '[ -b /dev/xvda ] && [ ! -b /dev/sda ]'
check disk-written tell 'echo by-pv | dd of=/dev/xvda bs=512 seek=$(($(cat /sys/block/xvda/size) - 1)) && sync'
same written by-pv "$(last_sector /guest/hvm.disk)"
check net tell 'ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0; ping -c 2 -W 20 10.9.0.1'
check further-acpi tell '[ "$(tail -c 4 /sys/firmware/acpi/tables/SRTT)" = more ]'
# Debian's OVMF hands on no tables of the loader's. Without a screen Linux looks for ACPI's in low memory, but not for SMBIOS'.
[ $bed_firmware = ovmf ] || check further-smbios tell 'grep -q "from Dom0" /sys/firmware/dmi/tables/DMI'
check vendor-device tell 'grep -q 0xc000 /sys/bus/pci/devices/*/device'
timeout 60 head -n 1 < "$(xenstore-read /local/domain/"$(xl domid h1)"/device/console/1/tty)" > /tmp/channel &
reader=$!
check channel-written tell 'stty raw < /dev/hvc1; echo "guest has a word" > /dev/hvc1'
wait $reader
same channel "guest has a word" "$(tr -d '\r' < /tmp/channel)"
check clock tell '[ "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)" = xen ]'
check count-acpi tell 'acpi() { awk "/acpi/ { print \$2 + \$3 }" /proc/interrupts; }; was=$(acpi)'
check press-button xl trigger h1 power
check button-pressed tell 'within 30 eval "[ \$(acpi) -gt $was ]"'
check shutdown xl shutdown -w h1
all_gone

# The same kernel, told that it is on a PC, with a screen, and a device whose interrupts come by a pin of the PCI bus.
plain()
{
	arguments xen_nopv xen_emul_unplug=never console=ttyS0 quiet pci=nomsi then=sda
	check create-plain create $other_loader /tmp/h1.cfg 'name="h2"' 'vif=[]' 'serial="file:/tmp/serial.log"' 'vga="stdvga"' vnc=1 \
		'device_model_args=["-drive","file=/tmp/ide.img,format=raw,if=ide,index=0","-device","virtio-rng-pci"]'
	port=$(xenstore-read /local/domain/"$(xl domid h2)"/console/vnc-port)
	check plain-up within 300 grep -q "GUEST UP $bed_vcpus vcpus" /tmp/serial.log
	check plain-loader begins h2 $other_loader
	check plain-disk grep -q "GUEST HAS sda: .* an IDE disk" /tmp/serial.log
	check plain-cd grep -q "GUEST HAS sr0: a CD" /tmp/serial.log
	check plain-further-tables grep -q "GUEST HAS tables: more 1" /tmp/serial.log
	check plain-interrupts within 60 grep -q "GUEST HAS hwrng: 16 .*IO-APIC.*virtio" /tmp/serial.log
	check no-pv-disk sh -c '! grep -q "HAS xvda" /tmp/serial.log'
	check asks within 60 grep -q "GUEST ASKS" /tmp/serial.log
	shows() { vncscreen "$port" read 2>/tmp/vncscreen.err | grep -q "$1"; }
	check screen-shows-text within 60 shows "^Who goes there?"
	# A key at a time: the keyboard's memory has no room for more than a few.
	answer=
	for key in S e r a i; do
		answer=$answer$key
		vncscreen "$port" type $key
		check key-"$key" within 60 shows "^Who goes there? $answer "
	done
	vncscreen "$port" type '\n'
	check keys-arrive within 60 grep -q "GUEST KNOWS Serai" /tmp/serial.log
	check plain-waits within 60 grep -q "GUEST WAITS" /tmp/serial.log
	check plain-press-button xl trigger h2 power
	check plain-button-pressed within 120 grep -q "GUEST IS PRESSED" /tmp/serial.log
	all_gone
	same plain-written "Serai was here" "$(last_sector /tmp/ide.img)"
}
[ $bed_firmware = ovmf ] || plain
no_kernel_complaint
[ "$failed" = 0 ] || cat /tmp/serial.log /tmp/vncscreen.err "$log" /var/log/xen/qemu-dm-h*.log /var/log/xen/domd.log
