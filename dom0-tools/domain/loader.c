/* SPDX-License-Identifier: MIT */
/* Which program an HVM guest starts with. */
#include "build/build.h"
#include "domain/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEBIAN_LOADER "hvmloader"
#define OWN_LOADER    "serai-hvmloader"

/* A name is looked for among Debian's, then among ours. */
static bool find(const char *name, char *path, size_t room)
{
	if (snprintf(path, room, "%s%s", strchr(name, '/') ? "" : LOADER_FOLDER, name) <
		(int)room &&
	    !access(path, R_OK))
		return true;
	return !strchr(name, '/') && !program_beside(path, room, name);
}

int model_loader(struct session *session, const struct hvm_spec *spec, char *path, size_t room)
{
	if (spec->loader[0])
		return find(spec->loader, path, room)
			   ? 0
			   : tell(session, -ENOENT,
				  "firmware_override=\"%s\" is neither a file nor a loader "
				  "in " LOADER_FOLDER
				  " or beside this program: name hvmloader, " OWN_LOADER
				  ", or a file",
				  spec->loader);
	/* With Debian's, each access to UEFI's screen would be a request: see loader/pci.c. */
	if (spec->firmware == HVM_OVMF && spec->vga != HVM_NO_VGA && find(OWN_LOADER, path, room))
		return 0;
	if (find(DEBIAN_LOADER, path, room) || find(OWN_LOADER, path, room))
		return 0;
	return tell(session, -ENOENT,
		    "the program HVM guests start with, " OWN_LOADER
		    ", is not installed: install Serai's tools whole");
}
