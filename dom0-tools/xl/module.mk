XL_SOURCES := $(sort $(wildcard dom0-tools/xl/*.c))
$(eval $(call tool_program,xl,sbin,$(XL_SOURCES) $(CONFIG_SOURCES),,-lxenctrl -lxenstore -lxentoollog $(CONFIG_LIBS) -Wl$(comma)-z$(comma)lazy))
