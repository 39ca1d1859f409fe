# The console daemon and its client.
$(eval $(call tool_program,xenconsoled,sbin,$(sort $(wildcard dom0-tools/console/daemon/*.c) dom0-tools/daemon/service.c),xenstore xenctrl xenevtchn xengnttab xenforeignmemory,))
$(eval $(call tool_program,xenconsole,lib/serai,$(sort $(wildcard dom0-tools/console/client/*.c)),xenstore,))
