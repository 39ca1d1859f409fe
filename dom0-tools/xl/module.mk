# xl carries the few libraries it uses inside: loading six shared ones took three fifths of `xl list`.
XL_LIBRARY_DIRS := $(addprefix dom0-tools/lib/,toollog toolcore call foreignmemory ctrl) xenstore/lib
XL_SOURCES := $(sort $(wildcard dom0-tools/xl/*.c)) $(CONFIG_SOURCES) $(DOMAIN_SOURCES) \
	$(sort $(wildcard $(XL_LIBRARY_DIRS:%=%/*.c)))
$(eval $(call tool_program,xl,sbin,$(XL_SOURCES),,$(CONFIG_LIBS) $(NET_LIBS)))

# The commands' part of xl(1) is what `xl help` says of each.
XL_MAN := $(BUILD)/tools/man/xl.1
TOOL_PROGRAMS += $(XL_MAN)
$(XL_MAN): docs/man/xl.1.in docs/man/commands.awk $(BUILD)/tools/sbin/xl
	@mkdir -p $(@D)
	$(Q)xl=$(BUILD)/tools/sbin/xl; $$xl help --table | cut -f 1 | while read c; do $$xl help $$c || exit 1; done | \
		awk -f docs/man/commands.awk >$@.commands
	$(Q)sed -e '/^@COMMANDS@$$/{r $@.commands' -e 'd}' docs/man/xl.1.in >$@.part && rm $@.commands && mv $@.part $@
TOOL_INSTALL += install-xl-data
.PHONY: install-xl-data
install-xl-data: $(XL_MAN)
	install -D -m 0644 $(XL_MAN) $(DESTDIR)$(PREFIX)/share/man/man1/xl.1
	install -D -m 0644 docs/man/xl.cfg.5 $(DESTDIR)$(PREFIX)/share/man/man5/xl.cfg.5
	install -D -m 0644 docs/man/xl.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/xl.conf.5
	install -D -m 0644 docs/man/xl-network-configuration.5 $(DESTDIR)$(PREFIX)/share/man/man5/xl-network-configuration.5
	install -D -m 0644 docs/man/xl-disk-configuration.5 $(DESTDIR)$(PREFIX)/share/man/man5/xl-disk-configuration.5
	install -D -m 0644 docs/man/xl-screen-configuration.5 $(DESTDIR)$(PREFIX)/share/man/man5/xl-screen-configuration.5
	install -D -m 0644 dom0-tools/xl/xl.bash-completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xl
	install -D -m 0644 dom0-tools/xl/etc/xl.conf $(DESTDIR)/etc/xen/xl.conf
	install -D -m 0644 dom0-tools/xl/etc/guest.example.cfg $(DESTDIR)/etc/xen/guest.example.cfg
