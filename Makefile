# Serai. `make help` lists what can be asked for.
include Config.mk
ifeq ($(V),1)
Q :=
else
Q := @
endif

# For targets that go on with what it has built.
BUILD_ALL = $(MAKE) --no-print-directory -j$(shell nproc) all

all: $(BUILD)/boot/serai tools ## build everything into build/
.PHONY: all fetch help clean run check check-quick check-vtx check-deb check-headers bench charts fuzz fuzz-guest gdb iso install stats deps coverage deb soak analyse

include hypervisor/Makefile.inc
include dom0-tools/Makefile.inc

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16
	@echo "Variables: BUILD=dir  debug=y (assertions on)  latency=y (longest times, debug key L)  DESTDIR=dir  V=1"

deps: ## install what building and testing need (Debian 12)
	$(Q)tests/lib/install-deps
	$(Q)tests/lib/fetch lwip

fetch: # what is booted, but for what deps has brought
	$(Q)tests/lib/fetch

run: deps ## boot Serai with a stock Debian Dom0 and a guest in QEMU; with a terminal, Dom0's shell
	$(Q)$(BUILD_ALL)
	$(Q)if [ -t 0 ] && [ -t 1 ]; then exec tests/lib/boot-dom0 serai --with serai-tools --guest cloud:shell --mem 1536 --dom0-mem 768 --smp 2 --script tests/lib/run-shell.sh --timeout 86400 --interactive; \
	else exec tests/lib/boot-dom0 serai --with serai-tools --guest cloud:shell --mem 1536 --dom0-mem 768 --smp 2 --script tests/lib/run-demo.sh --timeout 300; fi

check: deps ## build and run every test
	$(Q)$(BUILD_ALL) fetch
	$(Q)$(MAKE) --no-print-directory check-headers
	$(Q)tests/run

check-quick: deps ## build, unit tests, ABI comparison, one boot
	$(Q)$(BUILD_ALL) fetch
	$(Q)tests/run --quick

bench: deps ## measure beside bare QEMU and Debian's Xen; writes docs/performance/report.md and its charts
	$(Q)$(BUILD_ALL)
	$(Q)tests/bench/run --write
	$(Q)tests/bench/store --write
	$(Q)tests/bench/toolstack --write
	$(Q)tests/bench/devices --write
	$(Q)tests/bench/pvh --write
	$(Q)tests/bench/growth --write
	$(Q)tests/bench/report
	$(Q)tests/bench/charts

charts: deps ## write docs/performance/report.md and its charts again, from the figures kept beside them
	$(Q)tests/bench/report
	$(Q)tests/bench/charts

check-vtx: deps all ## guests on Intel's VT-x, emulated by Bochs: some minutes
	$(Q)tests/vtx/run tiny-vtx linux

analyse: deps ## clang-tidy, cppcheck and gcc -fanalyzer over everything; minutes at first, then what changed
	$(Q)$(BUILD_ALL)
	$(Q)tests/lib/analyse

coverage: deps ## which lines of the hypervisor the unit tests run; HTML=FILE for a page
	$(Q)$(BUILD_ALL)
	$(Q)tests/unit/run --coverage
	$(Q)tests/lib/coverage $(if $(HTML),--html $(HTML))

fuzz: deps ## fuzz for longer: SECONDS_PER_TARGET=60
	$(Q)tests/fuzz/run $(or $(SECONDS_PER_TARGET),60)

fuzz-guest: deps ## fuzz from inside a guest for long: ROUNDS=300000 SEED=1 SMP=4
	$(Q)$(BUILD_ALL)
	$(Q)tests/guest/run --smp $(or $(SMP),4) --timeout $(or $(TIMEOUT),1200) --args "seed=$(or $(SEED),1) rounds=$(or $(ROUNDS),300000)" fuzz

soak: deps ## hours of guests and devices that come and go, audited: CYCLES=10000 REBOOTS=1000 ATTACHES=1000 DAY=86400 REST=120
	$(Q)$(BUILD_ALL) fetch
	$(Q)tests/system/run --jobs 1 --set cycles=$(or $(CYCLES),10000) --set reboots=$(or $(REBOOTS),1000) \
		--set attaches=$(or $(ATTACHES),1000) --set day=$(or $(DAY),86400) --set rest=$(or $(REST),120) soak

gdb: all ## boot stopped and attach gdb with the hypervisor's symbols
	$(Q)tests/lib/boot-dom0 serai --timeout 36000 -- -s -S > $(BUILD)/gdb-console.log 2>&1 & \
	sleep 2; gdb -x tests/lib/serai.gdb $(BUILD)/boot/serai; kill %1 2>/dev/null || true

iso: all ## a GRUB image that boots the same system (build/serai.iso)
	$(Q)tests/lib/mkiso $(BUILD)/serai.iso

install: all install-tools ## lay out a Debian tree under DESTDIR
	install -D -m 0644 $(BUILD)/boot/serai $(DESTDIR)/boot/serai
	install -d $(DESTDIR)$(PREFIX)/include/xen $(DESTDIR)$(PREFIX)/share/doc/serai
	cp -r $(HV)/include/public/. $(DESTDIR)$(PREFIX)/include/xen/
	rm -f $(DESTDIR)$(PREFIX)/include/xen/README.md
	install -m 0644 dom0-tools/lib/include/*.h xenstore/include/*.h $(DESTDIR)$(PREFIX)/include/
	install -m 0644 README.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/serai/
	for page in docs/man/*.[1-8]; do \
		install -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

deb: all ## Debian packages, into build/deb: serai-hypervisor, serai-utils, libserai-dev
	$(Q)packaging/debian/build

check-deb: deps all ## the packages on a Debian in QEMU: install, boot through GRUB, use, remove; many minutes
	$(Q)tests/packages/boot

check-headers: ## every hypervisor header compiles on its own
	$(Q)for h in $$(cd $(HV)/include && ls hv/*.h) $$(cd $(HV)/arch/x86/include && ls asm/*.h | grep -v asm_macros); do \
		echo "#include <$$h>" | $(CC) $(HV_CFLAGS) -x c -fsyntax-only - || { echo "header $$h does not stand alone"; exit 1; }; \
	done

stats: ## size of files and functions, the outliers by name
	$(Q)tests/lib/stats

clean: ## remove build results (keeps build/cache)
	rm -rf $(BUILD)/obj $(BUILD)/boot $(BUILD)/unit $(BUILD)/fuzz $(BUILD)/include $(BUILD)/tools $(BUILD)/guest-kit \
		$(BUILD)/coverage $(BUILD)/analyse $(BUILD)/deb
