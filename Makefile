# Serai. `make help` lists what can be asked for.
include Config.mk
ifeq ($(V),1)
Q :=
else
Q := @
endif

all: $(BUILD)/boot/serai ## build everything into build/
.PHONY: all help
include hypervisor/Makefile.inc

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

clean: ## remove build results (keeps build/cache)
	rm -rf $(BUILD)/obj $(BUILD)/boot $(BUILD)/unit $(BUILD)/include
.PHONY: clean
