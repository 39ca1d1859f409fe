# What xl.conf says of disks is read by its own grammar.
BACKD_SOURCES += $(addprefix dom0-tools/config/,syntax.c node.c scan.c) $(CONFIG_GEN)/xlcfg.tab.c $(CONFIG_GEN)/xlcfg.lex.c
