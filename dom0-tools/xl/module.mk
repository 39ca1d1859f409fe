XL_SOURCES := $(sort $(wildcard dom0-tools/xl/*.c))
$(eval $(call tool_program,xl,sbin,$(XL_SOURCES) $(CONFIG_SOURCES) $(DOMAIN_SOURCES),xenstore,$(DOMAIN_LIBS) $(CONFIG_LIBS)))
