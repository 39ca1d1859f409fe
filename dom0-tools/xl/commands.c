/* SPDX-License-Identifier: MIT */
/*
 * The one table of xl's commands, in the order `xl help` shows them. Help, completion and the
 * manual page's list come from it.
 */
#include "xl/xl.h"

#define JSON_HELP " --json                the result as JSON"
#define CHANGES	  COMMAND_CHANGES

/* clang-format off */
const struct command commands[] = {
	{ "create", cmd_create, "[OPTIONS] FILE [KEY=VALUE…]", "Creates a domain from a configuration",
	  " -p                    leave it paused\n"
	  " -c                    show its console from its first line on\n"
	  " -q, --quiet           say nothing of reading the file\n"
	  " -n, --dryrun          only check it and print it as JSON (as xl -N)\n"
	  " -F                    stay until the domain ends\n"
	  " -d                    print the configuration before creating\n"
	  " -e                    nobody acts when it ends: on_poweroff= and its kin are left out\n"
	  " -f, --defconfig=FILE  the configuration\n"
	  " -V, --vncviewer, -A, --vncviewer-autopass\n"
	  "                       a viewer for its screen\n"
	  " --timings             tell what took how long\n"
	  " --ignore-global-affinity-masks\n"
	  "                       do not apply vm.cpumask of xl.conf",
	  CHANGES | COMMAND_DRY_RUN, "file" },
	{ "config-update", cmd_config_update, "[-d] DOMAIN [FILE] [KEY=VALUE…]",
	  "Records another configuration, for when the domain is built again",
	  " -f, --defconfig=FILE  the configuration\n"
	  " -d                    print it", CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "list", cmd_list, "[OPTIONS] [DOMAIN]", "Shows all domains, or one",
	  " -l, --long            full configurations, as JSON\n"
	  " -v, --verbose         UUIDs, why domains shut down, security labels\n"
	  " -Z, --context         security labels\n"
	  " -c, --cpupool         CPU pools\n"
	  " -n, --numa            memory nodes preferred\n"
	  JSON_HELP, 0, "domain" },
	{ "destroy", cmd_destroy, "[-f] DOMAIN", "Ends a domain at once, as pulling its plug does",
	  " -f                    even Domain-0", CHANGES, "domain" },
	{ "shutdown", cmd_shutdown, "[OPTIONS] -a|DOMAIN", "Asks a domain to shut down",
	  " -a, --all             all guests\n"
	  " -w, --wait            and wait until that is done\n"
	  " -F                    press the power button of a guest without PV drivers", CHANGES, "domain" },
	{ "reboot", cmd_reboot, "[OPTIONS] -a|DOMAIN", "Asks a domain to start again",
	  " -a, --all             all guests\n"
	  " -w, --wait            and wait until they are down\n"
	  " -F                    press the reset button of a guest without PV drivers", CHANGES, "domain" },
	{ "pause", cmd_pause, "DOMAIN", "Stops a domain where it stands", NULL, CHANGES, "domain" },
	{ "unpause", cmd_unpause, "DOMAIN", "Lets a paused domain go on", NULL, CHANGES, "domain" },
	{ "console", cmd_console, "[OPTIONS] DOMAIN", "Attaches the terminal to a domain's console; ^] leaves it",
	  " -t TYPE               pv or serial\n"
	  " -n NUMBER             which of several\n"
	  " -e, --escape=CHAR     another key than ] to leave it", 0, "domain" },
	{ "dump-core", cmd_dump_core, "DOMAIN FILE", "Writes a domain's memory and registers into a core file",
	  NULL, CHANGES, "domain" },
	{ "save", cmd_save, "[-c|-p] DOMAIN FILE [CONFIG]",
	  "Writes a domain to a file and ends it; restore brings it back as it was",
	  " -c                    let it go on instead of ending it\n"
	  " -p                    leave it paused instead of ending it", CHANGES, "domain" },
	{ "restore", cmd_restore, "[OPTIONS] [CONFIG] FILE", "Brings a domain back from a file save has written",
	  " -p                    leave it paused\n"
	  " -c                    attach to its console\n"
	  " -F                    stay until the domain ends\n"
	  " -d                    print the configuration before restoring\n"
	  " -e                    nobody acts when it ends: on_poweroff= and its kin are left out\n"
	  " -V, --vncviewer, -A, --vncviewer-autopass\n"
	  "                       a viewer for its screen", CHANGES, "file" },
	{ "mem-max", cmd_mem_max, "DOMAIN MEMORY", "Sets the most memory a domain may have (MiB, or 2g, 512m, 65536k)",
	  NULL, CHANGES, "domain" },
	{ "mem-set", cmd_mem_set, "DOMAIN MEMORY", "Sets the memory a domain is to use now (MiB, or 2g, 512m, 65536k)",
	  NULL, CHANGES, "domain" },
	{ "vcpu-list", cmd_vcpu_list, "[--json] [DOMAIN…]", "Shows where vCPUs run and may run", JSON_HELP, 0, "domain" },
	{ "vcpu-pin", cmd_vcpu_pin, "[-f] DOMAIN VCPU|all HARD|-|all [SOFT|-|all]",
	  "Sets the CPUs a vCPU may run on, and those it prefers",
	  " -f, --force           also where the guest's kernel pinned it\n"
	  " --ignore-global-affinity-masks\n"
	  "                       do not apply vm.cpumask of xl.conf",
	  CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "vcpu-set", cmd_vcpu_set, "[-i] DOMAIN NUMBER", "Sets how many vCPUs a domain uses",
	  " -i, --ignore-host     even more than the machine has", CHANGES, "domain" },
	{ "vm-list", cmd_vm_list, "[--json]", "Shows the domains' UUIDs, ids and names", JSON_HELP, 0, NULL },
	{ "info", cmd_info, "[-n] [NAME]", "Describes the machine and the hypervisor; with NAME, one value alone",
	  " -n, --numa            CPUs' places, devices' and memory nodes\n"
	  JSON_HELP, 0, NULL },
	{ "sched-credit", cmd_sched_credit, "[-d DOMAIN [-w WEIGHT] [-c CAP]] [-s [-t MS] [-r US] [-m US]] [-p POOL]",
	  "Shows or sets weights and rates of pools with the scheduler credit",
	  " -d, --domain=DOMAIN   one domain\n"
	  " -w, --weight=WEIGHT   its share when CPUs are scarce (256 is usual)\n"
	  " -c, --cap=CAP         the most it may use, in percent of a CPU; 0: no limit\n"
	  " -s, --schedparam      the pool's own\n"
	  " -t, --tslice_ms=MS    time slice\n"
	  " -r, --ratelimit_us=US a vCPU runs at least so long\n"
	  " -m, --migration_delay_us=US\n"
	  "                       a vCPU stays on its CPU so long\n"
	  " -p, --cpupool=POOL    one pool\n"
	  JSON_HELP, CHANGES, NULL },
	{ "sched-credit2", cmd_sched_credit2, "[-d DOMAIN [-w WEIGHT] [-c CAP]] [-s [-r US]] [-p POOL]",
	  "Shows or sets weights and rates of pools with the scheduler credit2",
	  " -d, --domain=DOMAIN   one domain\n"
	  " -w, --weight=WEIGHT   its share when CPUs are scarce (256 is usual)\n"
	  " -c, --cap=CAP         the most it may use, in percent of a CPU; 0: no limit\n"
	  " -s, --schedparam      the pool's own\n"
	  " -r, --ratelimit_us=US a vCPU runs at least so long\n"
	  " -p, --cpupool=POOL    one pool\n"
	  JSON_HELP, CHANGES, NULL },
	{ "domid", cmd_domid, "DOMAIN", "Tells the id of a named domain", NULL, 0, "domain" },
	{ "domname", cmd_domname, "DOMID", "Tells the name of a domain", NULL, 0, NULL },
	{ "rename", cmd_rename, "DOMAIN NAME", "Gives a domain another name", NULL, CHANGES, "domain" },
	{ "trigger", cmd_trigger, "DOMAIN nmi|reset|init|power|sleep|s3resume [VCPU]", "Sends a domain an interrupt or presses a button",
	  NULL, CHANGES, "domain" },
	{ "sysrq", cmd_sysrq, "DOMAIN LETTER", "Presses a Linux guest's magic SysRq key", NULL, CHANGES, "domain" },
	{ "debug-keys", cmd_debug_keys, "KEYS", "Presses debug keys on the hypervisor's console (h lists them)",
	  NULL, CHANGES, NULL },
	{ "dmesg", cmd_dmesg, "[-c]", "Shows the hypervisor's messages",
	  " -c, --clear           and clears them", 0, NULL },
	{ "top", cmd_top, "", "Watches domains at work, by xentop", NULL, 0, NULL },
	{ "uptime", cmd_uptime, "[-s] [DOMAIN…]", "Shows how long domains have run",
	  " -s, --short           a sentence for each\n"
	  JSON_HELP, 0, "domain" },
	{ "claims", cmd_claims, "[--json]", "Shows memory promised to domains and not yet given", JSON_HELP, 0, NULL },
	{ "cpupool-create", cmd_cpupool_create, "[OPTIONS] [FILE] [KEY=VALUE…]", "Makes a CPU pool: name=, sched=, cpus=, nodes=",
	  " -f, --defconfig=FILE  the configuration\n"
	  " -n, --dryrun          only check and show it (as xl -N)", CHANGES | COMMAND_DRY_RUN, "file" },
	{ "cpupool-list", cmd_cpupool_list, "[-c] [POOL]", "Shows CPU pools",
	  " -c, --cpus            their CPUs\n"
	  JSON_HELP, 0, "pool" },
	{ "cpupool-destroy", cmd_cpupool_destroy, "POOL", "Ends a CPU pool without domains", NULL, CHANGES, "pool" },
	{ "cpupool-rename", cmd_cpupool_rename, "POOL NAME", "Gives a CPU pool another name", NULL, CHANGES, "pool" },
	{ "cpupool-cpu-add", cmd_cpupool_cpu_add, "POOL CPUS|node:NODE", "Gives a pool free CPUs", NULL, CHANGES, "pool" },
	{ "cpupool-cpu-remove", cmd_cpupool_cpu_remove, "POOL CPUS|node:NODE", "Takes CPUs from a pool", NULL, CHANGES, "pool" },
	{ "cpupool-migrate", cmd_cpupool_migrate, "DOMAIN POOL", "Moves a domain to another pool", NULL, CHANGES, "domain" },
	{ "cpupool-numa-split", cmd_cpupool_numa_split, "", "Makes a pool of each memory node", NULL, CHANGES, NULL },
	{ "block-attach", cmd_block_attach, "DOMAIN DISK…", "Gives a running domain a disk; its parts as in disk= of xl.cfg(5)",
	  NULL, CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "block-list", cmd_block_list, "[--json] DOMAIN…", "Shows domains' disks", JSON_HELP, 0, "domain" },
	{ "block-detach", cmd_block_detach, "[--force] DOMAIN DISK", "Takes a disk (xvda, or its number) from a running domain",
	  " -f, --force           at once, although the guest may be using it", CHANGES, "domain" },
	{ "cd-insert", cmd_cd_insert, "DOMAIN DRIVE FILE", "Puts a medium into a domain's CD drive", NULL, CHANGES, "domain" },
	{ "cd-eject", cmd_cd_eject, "DOMAIN DRIVE", "Takes the medium out of a domain's CD drive", NULL, CHANGES, "domain" },
	{ "network-attach", cmd_network_attach, "DOMAIN [KEY=VALUE…]", "Gives a running domain a network card; keys as in vif= of xl.cfg(5)",
	  NULL, CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "network-list", cmd_network_list, "[--json] DOMAIN…", "Shows domains' network cards", JSON_HELP, 0, "domain" },
	{ "network-detach", cmd_network_detach, "[--force] DOMAIN NUMBER|MAC", "Takes a network card from a running domain",
	  " -f, --force           at once, without asking the guest", CHANGES, "domain" },
	{ "channel-list", cmd_channel_list, "[--json] DOMAIN…", "Shows domains' channels", JSON_HELP, 0, "domain" },
	{ "vkb-attach", cmd_vkb_attach, "DOMAIN [KEY=VALUE…]", "Gives a running domain a keyboard; keys as in vkb= of xl.cfg(5)",
	  NULL, CHANGES | COMMAND_DRY_RUN, "domain" },
	{ "vkb-list", cmd_vkb_list, "[--json] DOMAIN…", "Shows domains' keyboards", JSON_HELP, 0, "domain" },
	{ "vkb-detach", cmd_vkb_detach, "[--force] DOMAIN NUMBER", "Takes a keyboard from a running domain",
	  " -f, --force           at once, without asking the guest", CHANGES, "domain" },
	{ "qemu-monitor-command", cmd_qemu_monitor_command, "DOMAIN COMMAND…",
	  "Gives the monitor of an HVM guest's device model a command, as \"info block\"", NULL, CHANGES, "domain" },
	{ "vncviewer", cmd_vncviewer, "[-a] DOMAIN", "Shows a domain's screen in a VNC viewer",
	  " -a, --autopass        hand the viewer the password", 0, "domain" },
	{ "devd", cmd_devd, "[-F] [-p FILE]", "Serves devices from a driver domain: runs there, for other domains",
	  " -F                    stay in the foreground\n"
	  " -p, --pidfile=FILE    write the process' number there", 0, NULL },
	{ "help", cmd_help, "[COMMAND]", "Tells what commands there are, or what one does", NULL, 0, "command" },
};
/* clang-format on */
const unsigned int nr_commands = sizeof(commands) / sizeof(commands[0]);
