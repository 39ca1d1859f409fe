# The program HVM guests start with: 32-bit code without a library, put into them by the domain builder.
LOADER := dom0-tools/loader
LOADER_OUT := $(BUILD)/tools/obj/$(LOADER)
LOADER_CFLAGS := -m32 -march=i686 -std=gnu11 -Os -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-I$(LOADER)/include -I$(BUILD)/tools/include -D__XEN_TOOLS__ -fno-pic -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common -fwrapv \
	-fno-delete-null-pointer-checks -fno-tree-loop-distribute-patterns
LOADER_WARN := -Wall -Wextra -Wshadow -Wcast-qual -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wundef -Werror
LOADER_OBJS := $(patsubst $(LOADER)/%,$(LOADER_OUT)/%.o,$(sort $(wildcard $(LOADER)/*.S $(LOADER)/*.c)))

$(LOADER_OUT)/%.c.o: $(LOADER)/%.c | $(BUILD)/tools/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC) $(LOADER_CFLAGS) $(LOADER_WARN) -MMD -MP -c $< -o $@
$(LOADER_OUT)/%.S.o: $(LOADER)/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -c $< -o $@
# Symbols stay in the other file: the one guests get is a page's few.
$(BUILD)/tools/lib/serai/serai-hvmloader: $(LOADER_OBJS) $(LOADER)/loader.lds
	@mkdir -p $(@D)
	$(Q)$(LD) -m elf_i386 -static -no-pie -z noexecstack -z max-page-size=4096 --build-id=none --no-warn-rwx-segments \
		-T $(LOADER)/loader.lds -o $(LOADER_OUT)/loader.elf $(LOADER_OBJS)
	$(Q)$(OBJCOPY) --strip-all $(LOADER_OUT)/loader.elf $@

TOOL_PROGRAMS += $(BUILD)/tools/lib/serai/serai-hvmloader
TOOL_INSTALL += install-serai-hvmloader
.PHONY: install-serai-hvmloader
install-serai-hvmloader: $(BUILD)/tools/lib/serai/serai-hvmloader
	install -D -m 0755 $< $(DESTDIR)$(PREFIX)/lib/serai/serai-hvmloader
-include $(LOADER_OBJS:.o=.d)
