DOMD_SOURCES := $(wildcard dom0-tools/domd/*.c) dom0-tools/daemon/service.c $(DOMAIN_SOURCES) $(CONFIG_SOURCES)
$(eval $(call tool_program,domd,lib/serai,$(DOMD_SOURCES),xenstore,$(DOMAIN_LIBS) $(CONFIG_LIBS)))
