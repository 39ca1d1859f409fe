# xl carries the few libraries it uses inside: loading six shared ones took three fifths of `xl list`.
XL_LIBRARY_DIRS := $(addprefix dom0-tools/lib/,toollog toolcore call foreignmemory ctrl) xenstore/lib
XL_SOURCES := $(sort $(wildcard dom0-tools/xl/*.c)) $(CONFIG_SOURCES) $(DOMAIN_SOURCES) \
	$(sort $(wildcard $(XL_LIBRARY_DIRS:%=%/*.c)))
$(eval $(call tool_program,xl,sbin,$(XL_SOURCES),,$(CONFIG_LIBS)))
