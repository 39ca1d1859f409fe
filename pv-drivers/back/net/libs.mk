BACKD_SOURCES += $(wildcard dom0-tools/net/*.c)
BACKD_LIBS += -lmnl
