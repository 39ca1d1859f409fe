# xentop: only screen.c knows ncurses.
$(eval $(call tool_program,xentop,sbin,$(sort $(wildcard dom0-tools/xentop/*.c)) dom0-tools/config/json.c,xenstore xenctrl,-lncursesw -Wl$(comma)-Bstatic -lyajl_s -Wl$(comma)-Bdynamic))
TOOL_CFLAGS_dom0-tools/xentop += -Ipv-drivers/back
