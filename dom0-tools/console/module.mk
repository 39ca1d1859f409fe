# The console daemon and its client.
CONSOLE_LIBS := xenctrl xenevtchn xengnttab xenforeignmemory
CONSOLE_OWN := $(if $(wildcard dom0-tools/lib/module.mk),$(CONSOLE_LIBS))
CONSOLE_OTHER := $(if $(CONSOLE_OWN),,$(addprefix -l,$(CONSOLE_LIBS)))
$(eval $(call tool_program,xenconsoled,sbin,$(sort $(wildcard dom0-tools/console/daemon/*.c)),xenstore $(CONSOLE_OWN),$(CONSOLE_OTHER)))
$(eval $(call tool_program,xenconsole,lib/serai,$(sort $(wildcard dom0-tools/console/client/*.c)),xenstore,))
