# serai-backd, which knows xenstore, and serai-back, the worker that serves one guest. See README.md.
BACKD_SOURCES :=
BACKD_LIBS :=
BACK_LIBS := -luring -lseccomp
-include $(sort $(wildcard pv-drivers/back/*/libs.mk))
BACK_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard pv-drivers/back/*.c pv-drivers/back/*/*.c pv-drivers/back/*/*/*.c pv-drivers/ring/*.c))))
$(foreach d,$(BACK_DIRS),$(eval TOOL_CFLAGS_$(d) += -Ipv-drivers/ring -Ipv-drivers/back))
BACK_SHARED := $(wildcard pv-drivers/back/*/*.c pv-drivers/ring/*.c)
ifneq ($(wildcard pv-drivers/back/frame/daemon/main.c),)
$(eval $(call tool_program,serai-backd,lib/serai,$(sort $(BACK_SHARED) $(wildcard pv-drivers/back/*/daemon/*.c) dom0-tools/daemon/service.c $(BACKD_SOURCES)),xenstore xentoolcore,$(BACKD_LIBS)))
# What screens need (libvncserver and all it brings) is in a program of its own, so that no other guest waits for it.
$(eval $(call tool_program,serai-back-vfb,lib/serai,$(sort $(BACK_SHARED) $(wildcard pv-drivers/back/frame/worker/*.c pv-drivers/back/vfb/worker/*.c)),xenevtchn xengnttab xentoolcore xentoollog,$(BACK_LIBS) -lvncserver -lpthread))
$(eval $(call tool_program,serai-back,lib/serai,$(sort $(BACK_SHARED) $(filter-out pv-drivers/back/vfb/%,$(wildcard pv-drivers/back/*/worker/*.c))),xenevtchn xengnttab xentoolcore xentoollog,$(BACK_LIBS)))
endif
