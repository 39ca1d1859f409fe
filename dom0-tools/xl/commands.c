/* SPDX-License-Identifier: MIT */
/* The one table of xl's commands, in the order `xl help` shows them. */
#include "xl/xl.h"

#define JSON_HELP " --json                the result as JSON"

/* clang-format off */
const struct command commands[] = {
	{ "list", cmd_list, "[OPTIONS] [DOMAIN]", "Shows all domains, or one",
	  " -l, --long            full configurations, as JSON\n"
	  " -v, --verbose         UUIDs, why domains shut down, security labels\n"
	  " -Z, --context         security labels\n"
	  " -c, --cpupool         CPU pools\n"
	  " -n, --numa            memory nodes preferred\n"
	  JSON_HELP, 0, "domain" },
	{ "info", cmd_info, "[-n] [NAME]", "Describes the machine and the hypervisor; with NAME, one value alone",
	  " -n, --numa            CPUs' places, devices' and memory nodes\n"
	  JSON_HELP, 0, NULL },
	{ "vcpu-list", cmd_vcpu_list, "[--json] [DOMAIN…]", "Shows where vCPUs run and may run", JSON_HELP, 0, "domain" },
	{ "vcpu-pin", cmd_vcpu_pin, "[-f] DOMAIN VCPU|all HARD|-|all [SOFT|-|all]",
	  "Sets the CPUs a vCPU may run on, and those it prefers",
	  " -f, --force           also where the guest's kernel pinned it\n"
	  " --ignore-global-affinity-masks\n"
	  "                       do not apply vm.cpumask of xl.conf",
	  COMMAND_CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "vm-list", cmd_vm_list, "[--json]", "Shows the domains' UUIDs, ids and names", JSON_HELP, 0, NULL },
	{ "uptime", cmd_uptime, "[-s] [DOMAIN…]", "Shows how long domains have run",
	  " -s, --short           a sentence for each\n"
	  JSON_HELP, 0, "domain" },
	{ "claims", cmd_claims, "[--json]", "Shows memory promised to domains and not yet given", JSON_HELP, 0, NULL },
	{ "domid", cmd_domid, "DOMAIN", "Tells the id of a named domain", NULL, 0, "domain" },
	{ "domname", cmd_domname, "DOMID", "Tells the name of a domain", NULL, 0, NULL },
	{ "dmesg", cmd_dmesg, "[-c]", "Shows the hypervisor's messages",
	  " -c, --clear           and clears them", 0, NULL },
	{ "debug-keys", cmd_debug_keys, "KEYS", "Presses debug keys on the hypervisor's console (h lists them)",
	  NULL, COMMAND_CHANGES, NULL },
	{ "help", cmd_help, "[COMMAND]", "Tells what commands there are, or what one does", NULL, 0, "command" },
};
/* clang-format on */
const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);
