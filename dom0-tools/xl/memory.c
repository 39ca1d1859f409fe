/* SPDX-License-Identifier: MIT */
/* mem-set, mem-max, vcpu-set: how much a domain has and may have. */
#include "xl/xl.h"

static int change_memory(struct xl *xl, int argc, char **argv,
			 int (*change)(struct session *session, uint32_t domid, uint64_t kib))
{
	int at = plain_arguments(xl, argc, argv, 2);
	uint32_t domid;
	uint64_t kib;
	int error;

	if (!domain_lookup(xl, argv[at], &domid) || !memory_read(xl, argv[at + 1], &kib) ||
	    !whole_session(xl))
		return EXIT_FAILED;
	store_guard(true);
	error = change(&xl->session, domid, kib);
	store_guard(false);
	return error ? EXIT_FAILED : EXIT_DONE;
}

int cmd_mem_set(struct xl *xl, int argc, char **argv)
{
	return change_memory(xl, argc, argv, domain_set_memory_target);
}

int cmd_mem_max(struct xl *xl, int argc, char **argv)
{
	return change_memory(xl, argc, argv, domain_set_max_memory);
}

int cmd_vcpu_set(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "ignore-host", 0, NULL, 'i' },
					       HELP_OPTION,
					       END_OPTIONS };
	bool ignore_host = false;
	xc_physinfo_t machine;
	long long wanted;
	uint32_t domid;
	int option, at, error;

	while ((option = next_option(xl, argc, argv, "ih", longs)) != -1)
		ignore_host |= option == 'i';
	at = arguments_from(xl, argc, argv, 2);
	if (!domain_lookup(xl, argv[at], &domid) ||
	    !number_read(xl, "number of vCPUs", argv[at + 1], 1, 8192, &wanted) ||
	    !whole_session(xl))
		return EXIT_FAILED;
	if (!ignore_host && !xc_physinfo(xl->session.xc, &machine) && wanted > machine.nr_cpus)
		return fail(xl,
			    "%lld vCPUs are more than this machine's %u CPUs, which makes a guest "
			    "slow; -i does it anyway",
			    wanted, machine.nr_cpus);
	store_guard(true);
	error = domain_set_vcpus(&xl->session, domid, (unsigned int)wanted);
	store_guard(false);
	return error ? EXIT_FAILED : EXIT_DONE;
}
