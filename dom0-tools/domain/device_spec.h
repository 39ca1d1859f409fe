/* SPDX-License-Identifier: MIT */
/* Disk and network interface specifications of xl.cfg, taken apart. */
#ifndef SERAI_DEVICE_SPEC_H
#define SERAI_DEVICE_SPEC_H

#include "domain/internal.h"

struct disk_spec {
	char target[PATH_BYTES], vdev[32], script[PATH_BYTES];
	uint32_t number; /* of the virtual device */
	bool writable, cdrom, discard;
};

struct vif_spec {
	char mac[18], bridge[16], script[PATH_BYTES], ip[64], vifname[16];
};

/* 0 or -EINVAL and such (told). */
int disk_spec_parse(struct session *session, const char *text, struct disk_spec *disk);
int vif_spec_parse(struct session *session, const char *text, struct vif_spec *vif);

#endif
