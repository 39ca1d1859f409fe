# Serai's Dom0 libraries, in order of dependence. SONAMEs and version nodes are those of Xen 4.17.
DOM0_LIB := dom0-tools/lib
$(eval $(call tool_library,xentoollog,1,$(DOM0_LIB)/toollog))
$(eval $(call tool_library,xentoolcore,1,$(DOM0_LIB)/toolcore))
$(eval $(call tool_library,xencall,1,$(DOM0_LIB)/call,xentoollog xentoolcore))
$(eval $(call tool_library,xenevtchn,1,$(DOM0_LIB)/evtchn,xentoollog xentoolcore))
$(eval $(call tool_library,xengnttab,1,$(DOM0_LIB)/gnttab,xentoollog xentoolcore))
$(eval $(call tool_library,xenforeignmemory,1,$(DOM0_LIB)/foreignmemory,xentoollog xentoolcore))
$(eval $(call tool_library,xendevicemodel,1,$(DOM0_LIB)/devicemodel,xentoollog xentoolcore))
$(eval $(call tool_library,xenctrl,4.17,$(DOM0_LIB)/ctrl,xentoollog xencall xenforeignmemory))
# Programs of Xen 4.17 need more of libxenguest than this part: it does not take that one's SONAME.
$(eval $(call tool_library,xenguest,serai1,$(DOM0_LIB)/guest,xentoollog xencall xenforeignmemory xenctrl,,\
	$(BUILD_SOURCES)))
