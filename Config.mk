# What the build can be told on the command line or in the environment.
BUILD ?= build
# debug=y turns ASSERT on; the default is what users run.
debug ?= n
PREFIX ?= /usr
DESTDIR ?=
CC ?= gcc
LD := ld
OBJCOPY := objcopy
VERSION_MAJOR := 4
VERSION_MINOR := 17
VERSION_EXTRA := .0-serai
