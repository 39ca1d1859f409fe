# The ROM of a UEFI guest's platform device: 64-bit code without a library, run by the firmware. A ROM of 2 KiB
# OVMF takes for none.
UEFI := dom0-tools/uefi
UEFI_OUT := $(BUILD)/tools/obj/$(UEFI)
UEFI_CFLAGS := -std=gnu11 -Os -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) -fpic -fvisibility=hidden \
	-mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-common -fwrapv -fno-tree-loop-distribute-patterns
UEFI_OBJS := $(UEFI_OUT)/rom.S.o $(UEFI_OUT)/tables.c.o

$(UEFI_OUT)/%.c.o: $(UEFI)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(UEFI_CFLAGS) $(LOADER_WARN) -MMD -MP -c $< -o $@
$(UEFI_OUT)/%.S.o: $(UEFI)/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@
$(BUILD)/tools/lib/serai/serai-uefi.rom: $(UEFI_OBJS) $(UEFI)/rom.lds
	@mkdir -p $(@D)
	$(Q)$(LD) -m elf_x86_64 -static -no-pie -z noexecstack --build-id=none -T $(UEFI)/rom.lds -o $(UEFI_OUT)/rom.elf $(UEFI_OBJS)
	$(Q)$(OBJCOPY) -O binary -j .rom -j .code --pad-to 4096 $(UEFI_OUT)/rom.elf $@

TOOL_PROGRAMS += $(BUILD)/tools/lib/serai/serai-uefi.rom
TOOL_INSTALL += install-serai-uefi-rom
.PHONY: install-serai-uefi-rom
install-serai-uefi-rom: $(BUILD)/tools/lib/serai/serai-uefi.rom
	install -D -m 0755 $< $(DESTDIR)$(PREFIX)/lib/serai/serai-uefi.rom
-include $(UEFI_OBJS:.o=.d)
