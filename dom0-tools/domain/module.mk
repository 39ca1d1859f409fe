# Operations on domains are linked into the programs that offer them: DOMAIN_SOURCES (with BUILD_SOURCES).
DOMAIN_SOURCES := $(wildcard dom0-tools/domain/*.c) $(BUILD_SOURCES)
DOMAIN_LIBS := -lxenctrl -lxencall -lxenforeignmemory -lxenstore -lxentoollog
