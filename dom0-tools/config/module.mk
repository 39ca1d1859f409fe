# The configuration of domains: linked into each program that needs it, by $(CONFIG_SOURCES) and $(CONFIG_LIBS).
CONFIG_GEN := $(BUILD)/tools/gen
CONFIG_SOURCES := $(sort $(wildcard dom0-tools/config/*.c)) $(CONFIG_GEN)/xlcfg.tab.c $(CONFIG_GEN)/xlcfg.lex.c
# Small and needed at start-up by few commands: linked in, so that nothing is loaded for the others.
CONFIG_LIBS := -Wl,-Bstatic -lyajl_s -luuid -Wl,-Bdynamic
TOOL_CFLAGS_dom0-tools/config := -I$(CONFIG_GEN)
TOOL_CFLAGS_$(CONFIG_GEN) := -I$(CONFIG_GEN) -Wno-cast-qual -Wno-shadow -Wno-missing-prototypes

$(CONFIG_GEN)/xlcfg.tab.c: dom0-tools/config/xlcfg.y
	@mkdir -p $(@D)
	$(Q)bison -Wall -o $@ --header=$(@:.c=.h) $<
$(CONFIG_GEN)/xlcfg.tab.h: $(CONFIG_GEN)/xlcfg.tab.c
$(CONFIG_GEN)/xlcfg.lex.c: dom0-tools/config/xlcfg.l $(CONFIG_GEN)/xlcfg.tab.c
	@mkdir -p $(@D)
	$(Q)flex -o $@ --header-file=$(@:.c=.h) $<
$(call tool_objects,$(CONFIG_SOURCES)): $(CONFIG_GEN)/xlcfg.lex.c $(CONFIG_GEN)/xlcfg.tab.c
