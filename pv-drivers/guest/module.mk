# The guest kit's examples: build/guest-kit/NAME, kernels that xl create starts.
# Those that need a network stack are made when lwIP's source is there: tests/lib/fetch lwip.
KIT := pv-drivers/guest
KIT_OUT := $(BUILD)/guest-kit
KIT_EXAMPLES := hello check blockcopy share screen hostile victim
KIT_NET_EXAMPLES := echo http
KIT_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-I$(KIT)/include -I$(KIT)/arch -Ipv-drivers/front -Ipv-drivers/ring -I$(BUILD)/tools/include -D__XEN_TOOLS__ \
	-fno-pic -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common -fwrapv -fno-delete-null-pointer-checks \
	-ffunction-sections -fdata-sections
KIT_WARN := -Wall -Wextra -Wshadow -Wcast-qual -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wundef -Werror
KIT_LDFLAGS := -static -no-pie -z noexecstack -z max-page-size=4096 --build-id=none --no-warn-rwx-segments --gc-sections
KIT_SRCS := $(sort $(wildcard $(KIT)/arch/*.S $(KIT)/arch/*.c $(KIT)/core/*.c pv-drivers/front/*.c pv-drivers/ring/*.c))
KIT_OBJS := $(patsubst %,$(KIT_OUT)/obj/%.o,$(KIT_SRCS))

$(KIT_OUT)/obj/%.c.o: %.c | $(BUILD)/tools/include/xen
	@mkdir -p $(@D)
	$(Q)$(CC) $(KIT_CFLAGS) $(KIT_WARN) -MMD -MP -c $< -o $@
$(KIT_OUT)/obj/%.S.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@
$(addprefix $(KIT_OUT)/,$(KIT_EXAMPLES)): $(KIT_OUT)/%: $(KIT_OUT)/obj/$(KIT)/examples/%.c.o $(KIT_OBJS) $(KIT)/arch/guest.lds
	$(Q)$(LD) $(KIT_LDFLAGS) -T $(KIT)/arch/guest.lds -o $@ $(filter %.o,$^)

LWIP := $(firstword $(wildcard $(or $(SERAI_CACHE),build/cache)/lwip/src))
ifneq ($(LWIP),)
KIT_NET := $(addprefix $(KIT_OUT)/,$(KIT_NET_EXAMPLES))
LWIP_OBJS := $(patsubst $(LWIP)/%,$(KIT_OUT)/obj/lwip/%.o,$(wildcard $(addprefix $(LWIP)/core/,def.c inet_chksum.c init.c \
	ip.c mem.c memp.c netif.c pbuf.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c ipv4/*.c) $(LWIP)/netif/ethernet.c))
LWIP_CFLAGS := -I$(KIT)/lwip -isystem $(LWIP)/include
$(KIT_OUT)/obj/lwip/%.c.o: $(LWIP)/%.c $(KIT)/lwip/lwipopts.h $(KIT)/lwip/arch/cc.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(KIT_CFLAGS) $(LWIP_CFLAGS) -w -c $< -o $@
$(patsubst $(KIT_OUT)/%,$(KIT_OUT)/obj/$(KIT)/examples/%.c.o,$(KIT_NET)) $(KIT_OUT)/obj/$(KIT)/lwip/stack.c.o: KIT_CFLAGS += $(LWIP_CFLAGS)
$(KIT_NET): $(KIT_OUT)/%: $(KIT_OUT)/obj/$(KIT)/examples/%.c.o $(KIT_OUT)/obj/$(KIT)/lwip/stack.c.o $(KIT_OBJS) $(LWIP_OBJS) \
		$(KIT)/arch/guest.lds
	$(Q)$(LD) $(KIT_LDFLAGS) -T $(KIT)/arch/guest.lds -o $@ $(filter %.o,$^)
endif

.PHONY: guest-kit
guest-kit: $(addprefix $(KIT_OUT)/,$(KIT_EXAMPLES)) $(KIT_NET) ## the guest kit's examples alone
	$(if $(KIT_NET),,@echo "guest-kit: $(KIT_NET_EXAMPLES) not built: they need the source of lwIP; run make deps")
all: guest-kit
-include $(shell find $(KIT_OUT)/obj -name '*.d' 2>/dev/null)
