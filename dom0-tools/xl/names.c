/* SPDX-License-Identifier: MIT */
/* domid, domname: from names to numbers and back. */
#include <stdio.h>
#include <stdlib.h>

#include "xl/xl.h"

int cmd_domid(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);
	uint32_t domid;

	if (!domain_lookup(xl, argv[at], &domid))
		return EXIT_FAILED;
	printf("%u\n", domid);
	return EXIT_DONE;
}

int cmd_domname(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);
	long long domid;
	char *name;

	if (!number_read(xl, "domain's id", argv[at], 0, DOMID_FIRST_RESERVED - 1, &domid))
		return EXIT_FAILED;
	name = domain_name_of(xl, (uint32_t)domid);
	if (!name)
		return xl->session.xs
			   ? fail(xl,
				  "no domain of id %s has a name; xl list shows those there are",
				  argv[at])
			   : EXIT_FAILED;
	puts(name);
	free(name);
	return EXIT_DONE;
}
