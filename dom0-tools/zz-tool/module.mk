$(eval $(call tool_program,domain-tool,lib/serai,dom0-tools/zz-tool/main.c $(DOMAIN_SOURCES),,$(DOMAIN_LIBS)))
TOOL_CFLAGS_dom0-tools/zz-tool := -DSTUB_CONFIG -Wno-missing-prototypes
