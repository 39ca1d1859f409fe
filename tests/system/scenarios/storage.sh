# SPDX-License-Identifier: MIT
#@ about: a file system on emulated disks: what is written comes back, by MSI, MSI-X or INTx
#@ modules: ahci sd_mod nvme ext4
#@ timeout: 90
#@ mem: 512
#@ run ahci-msi: smp=2 disk=ahci mib=64
#@ run ahci-intx: smp=1 disk=ahci mib=16 dom0-args=pci=nomsi
#@ run nvme-msix: smp=2 disk=nvme mib=64
#@ run nvme-intx: smp=1 disk=nvme mib=16 dom0-args=pci=nomsi
#@ quick: ahci-msi nvme-msix

case $bed_disk in
ahci) modules ahci sd_mod; device=/dev/sda; line=ahci ;;
nvme) modules nvme; device=/dev/nvme0n1; line=nvme ;;
esac
for try in $(seq 100); do [ -b $device ] && break; usleep 100000; done
modules ext4

check mount mount -t ext4 $device /mnt
head -c 1048576 /dev/urandom >/tmp/seed
before=$(irqs $line)
for part in $(seq "$bed_mib"); do cat /tmp/seed; done >/mnt/data && sync
written=$(sha256sum </mnt/data)
check remount sh -c "umount /mnt && mount -t ext4 $device /mnt"
echo 3 >/proc/sys/vm/drop_caches
same read-back "$written" "$(sha256sum </mnt/data)"
direct_read() { dd if=$device of=/dev/null bs=1M count=16 iflag=direct; }
check direct-read direct_read
after=$(irqs $line)
if [ $((after - before)) -ge 20 ]; then
	pass interrupts
else
	fail interrupts "$((after - before)) on lines with '$line': $(grep $line /proc/interrupts)"
fi
kind=$(grep $line /proc/interrupts | grep -ci msi)
if grep -q pci=nomsi /proc/cmdline; then
	same interrupt-kind 0 "$kind"
else
	check interrupt-kind test "$kind" -ge 1
fi
check umount umount /mnt
same no-disk-error "" "$(dmesg | grep -E 'I/O error|timeout,|qc timeout|frozen|EXT4-fs error' | head -n 3)"
no_kernel_complaint
