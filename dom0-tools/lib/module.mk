# Serai's Dom0 libraries, in order of dependence. SONAMEs and version nodes are those of Xen 4.17.
LIBDIR := dom0-tools/lib
$(eval $(call tool_library,xentoollog,1,$(LIBDIR)/toollog))
$(eval $(call tool_library,xentoolcore,1,$(LIBDIR)/toolcore))
$(eval $(call tool_library,xencall,1,$(LIBDIR)/call,xentoollog xentoolcore))
$(eval $(call tool_library,xenevtchn,1,$(LIBDIR)/evtchn,xentoollog xentoolcore))
$(eval $(call tool_library,xengnttab,1,$(LIBDIR)/gnttab,xentoollog))
$(eval $(call tool_library,xenforeignmemory,1,$(LIBDIR)/foreignmemory,xentoollog xentoolcore))
$(eval $(call tool_library,xenctrl,4.17,$(LIBDIR)/ctrl,xentoollog xencall xenforeignmemory))
