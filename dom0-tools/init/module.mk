# Dom0's start: a program, and how systemd runs the daemons.
INIT_SOURCES := dom0-tools/init/init_dom0.c $(DOMAIN_SOURCES) $(CONFIG_SOURCES)
$(eval $(call tool_program,init-dom0,lib/serai,$(INIT_SOURCES),xenstore,$(DOMAIN_LIBS) $(CONFIG_LIBS)))
TOOL_INSTALL += install-services
.PHONY: install-services
install-services:
	install -d $(DESTDIR)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/modules-load.d
	install -m 0644 dom0-tools/init/*.service $(DESTDIR)/lib/systemd/system/
	install -m 0644 dom0-tools/init/serai-modules.conf $(DESTDIR)$(PREFIX)/lib/modules-load.d/serai.conf
