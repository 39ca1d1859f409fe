XL_SOURCES := $(sort $(wildcard dom0-tools/xl/*.c))
$(eval $(call tool_program,xl,sbin,$(XL_SOURCES) $(CONFIG_SOURCES) $(DOMAIN_SOURCES),xenctrl xencall xenforeignmemory xenstore xentoollog xentoolcore,$(CONFIG_LIBS)))
