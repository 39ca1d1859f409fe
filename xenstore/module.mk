# The client library and its commands: one program under nine more names.
XENSTORE_COMMANDS := read write list ls exists rm chmod watch control
XENSTORE_LINKS := $(XENSTORE_COMMANDS:%=$(BUILD)/tools/bin/xenstore-%)
$(eval $(call tool_library,xenstore,4,xenstore/lib,xentoolcore,-lpthread))
$(eval $(call tool_program,xenstore,bin,$(sort $(wildcard xenstore/cmd/*.c)),xenstore,))
TOOL_PROGRAMS += $(XENSTORE_LINKS)
$(XENSTORE_LINKS): $(BUILD)/tools/bin/xenstore
	$(Q)ln -f $< $@
TOOL_INSTALL += install-xenstore-links
.PHONY: install-xenstore-links
install-xenstore-links: install-program-xenstore
	for c in $(XENSTORE_COMMANDS); do ln -sf xenstore $(DESTDIR)$(PREFIX)/bin/xenstore-$$c; done
# The daemon: core/ has no I/O, so that unit tests can link it; io/ is the rest.
$(eval $(call tool_program,xenstored,sbin,$(sort $(wildcard xenstore/daemon/core/*.c xenstore/daemon/io/*.c) dom0-tools/daemon/service.c),xenctrl xengnttab xenevtchn,))
