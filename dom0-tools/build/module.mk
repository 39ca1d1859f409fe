# The domain builder is linked into the programs that create domains: BUILD_SOURCES, with what it needs of
# libraries. Unpacking kernels is a program of its own, so that those stay small and quick
# to start; the compressions' libraries are linked into it for the same reason.
BUILD_SOURCES := $(wildcard dom0-tools/build/*.c)
PVH_BUILD_SOURCES := $(wildcard dom0-tools/build/pvh/*.c dom0-tools/build/hvm/*.c)
UNPACK_SOURCES := $(wildcard dom0-tools/build/unpack/*.c) dom0-tools/build/complaint.c dom0-tools/build/bulk.c
$(eval $(call tool_program,unpack-kernel,lib/serai,$(UNPACK_SOURCES),,\
	-Wl$(comma)-Bstatic -llzma -lzstd -lbz2 -llzo2 -lz -Wl$(comma)-Bdynamic -lpthread))
