# The collector and the report are xentop's.
EXPORTER_SOURCES := $(wildcard dom0-tools/exporter/*.c) dom0-tools/daemon/service.c \
	$(addprefix dom0-tools/xentop/,collect.c collect_devices.c collect_journals.c reading.c hypercalls.c report_metrics.c)
$(eval $(call tool_program,serai-exporter,sbin,$(EXPORTER_SOURCES),xenstore xenctrl,))
