/* SPDX-License-Identifier: MIT */
/*
 * Counters of network and block devices, from the sysfs of the domain the backends run in: a
 * network backend is an interface vifDOMID.N, a block backend a device vbd-DOMID-DEV with a
 * directory of statistics. A network backend receives what its guest sends, so its counters are
 * taken crosswise.
 *
 * LIMITS: QEMU's qdisk has no such directory and is not seen. Serai's: see collect_journals.c.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "xentop/collect.h"

static bool read_counter(const char *directory, const char *name, uint64_t *value)
{
	char path[512];
	FILE *file;
	bool good;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fscanf(file, "%" SCNu64, value) == 1;
	fclose(file);
	return good;
}

static int add_net(struct reading *reading, const char *sysfs, const char *name)
{
	struct domain_counters *domain;
	struct net_counters *net;
	unsigned int domid, id;
	char directory[400];
	char rest;

	if (sscanf(name, "vif%5u.%5u%c", &domid, &id, &rest) != 2)
		return 0;
	domain = reading_find(reading, domid);
	if (!domain)
		return 0;
	net = array_grow((void **)&domain->nets, &domain->nr_nets, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->id = id;
	snprintf(directory, sizeof(directory), "%s/class/net/%s/statistics", sysfs, name);
	read_counter(directory, "rx_bytes", &net->tx_bytes);
	read_counter(directory, "rx_packets", &net->tx_packets);
	read_counter(directory, "rx_errors", &net->tx_errors);
	read_counter(directory, "rx_dropped", &net->tx_drops);
	read_counter(directory, "tx_bytes", &net->rx_bytes);
	read_counter(directory, "tx_packets", &net->rx_packets);
	read_counter(directory, "tx_errors", &net->rx_errors);
	read_counter(directory, "tx_dropped", &net->rx_drops);
	return 0;
}

static int add_disk(struct reading *reading, const char *sysfs, const char *name)
{
	struct domain_counters *domain;
	struct disk_counters *disk;
	unsigned int domid, dev;
	char directory[400];
	char rest;

	if (sscanf(name, "vbd-%5u-%10u%c", &domid, &dev, &rest) != 2)
		return 0;
	domain = reading_find(reading, domid);
	if (!domain)
		return 0;
	disk = array_grow((void **)&domain->disks, &domain->nr_disks, sizeof(*disk));
	if (!disk)
		return -ENOMEM;
	disk->dev = dev;
	snprintf(directory, sizeof(directory), "%s/bus/xen-backend/devices/%s/statistics", sysfs,
		 name);
	disk->counted = read_counter(directory, "oo_req", &disk->out_of_requests);
	disk->counted |= read_counter(directory, "rd_req", &disk->reads);
	disk->counted |= read_counter(directory, "wr_req", &disk->writes);
	read_counter(directory, "rd_sect", &disk->read_sectors);
	read_counter(directory, "wr_sect", &disk->written_sectors);
	return 0;
}

typedef int (*add_device)(struct reading *reading, const char *sysfs, const char *name);

static int for_each_name(struct reading *reading, const char *sysfs, const char *below,
			 add_device add)
{
	char path[400];
	struct dirent *entry;
	DIR *directory;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s", sysfs, below);
	directory = opendir(path);
	if (!directory)
		return 0;
	while (!rc && (entry = readdir(directory)))
		rc = add(reading, sysfs, entry->d_name);
	closedir(directory);
	return rc;
}

static int by_net(const void *a, const void *b)
{
	unsigned int x = ((const struct net_counters *)a)->id;
	unsigned int y = ((const struct net_counters *)b)->id;

	return (x > y) - (x < y);
}

static int by_disk(const void *a, const void *b)
{
	unsigned int x = ((const struct disk_counters *)a)->dev;
	unsigned int y = ((const struct disk_counters *)b)->dev;

	return (x > y) - (x < y);
}

int collect_nets(struct reading *reading, const char *sysfs)
{
	int rc = for_each_name(reading, sysfs, "class/net", add_net);

	for (size_t i = 0; i < reading->nr_domains; i++)
		if (reading->domains[i].nr_nets)
			qsort(reading->domains[i].nets, reading->domains[i].nr_nets,
			      sizeof(struct net_counters), by_net);
	return rc;
}

void sort_disks(struct reading *reading)
{
	for (size_t i = 0; i < reading->nr_domains; i++)
		if (reading->domains[i].nr_disks)
			qsort(reading->domains[i].disks, reading->domains[i].nr_disks,
			      sizeof(struct disk_counters), by_disk);
}

int collect_disks(struct reading *reading, const char *sysfs)
{
	int rc = for_each_name(reading, sysfs, "bus/xen-backend/devices", add_disk);

	sort_disks(reading);
	return rc;
}
