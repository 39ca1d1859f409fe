# Operations on domains are linked into the programs that offer them: DOMAIN_SOURCES (with BUILD_SOURCES),
# which need DOMAIN_OWN_LIBS of this tree and DOMAIN_LIBS.
DOMAIN_SOURCES := $(wildcard dom0-tools/domain/*.c dom0-tools/save/*.c dom0-tools/net/*.c) $(BUILD_SOURCES) $(PVH_BUILD_SOURCES) \
	pv-drivers/back/vfb/keymap_layouts.c
DOMAIN_OWN_LIBS := xenstore
NET_LIBS := -lmnl
DOMAIN_LIBS := $(NET_LIBS) -lxenctrl -lxencall -lxenforeignmemory -lxentoollog
