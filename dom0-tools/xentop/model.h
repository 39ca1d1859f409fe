/* SPDX-License-Identifier: MIT */
/*
 * What is shown: the latest reading, the speeds that follow from it and the one before, and a
 * history of each domain. Domains are told apart by number and handle, so a number that is used
 * again starts afresh.
 */
#ifndef SERAI_XENTOP_MODEL_H
#define SERAI_XENTOP_MODEL_H

#include "xentop/reading.h"

#define HISTORY 240 /* readings */

/* Bytes each second, but for CPU. */
enum series {
	SERIES_CPU,
	SERIES_NET_TX,
	SERIES_NET_RX,
	SERIES_DISK_READ,
	SERIES_DISK_WRITE,
	NR_SERIES
};

struct view {
	const struct domain_counters *now; /* in the model's reading */
	bool known;			   /* it was there the time before: speeds mean something */
	double speed[NR_SERIES];	   /* CPU: percent of one CPU */
	double *vcpu_percent;		   /* of now->vcpus */
	double *vcpu_waited;		   /* percent of the time, too */
	double *call_speed;		   /* of now->calls: calls each second */
	float history[NR_SERIES][HISTORY]; /* a ring; the newest is at newest */
	unsigned int newest, nr_history;
	uint8_t handle[16];
	unsigned int domid;
};

struct model {
	struct reading reading;
	struct view **views; /* in the order they are to be shown */
	size_t nr_views;
};

/* What came about since a counter was at before. One that is lower now wrapped at 32 bits, or its
 * device was made anew. */
uint64_t counter_delta(uint64_t before, uint64_t now);

/* Take a reading over (its memory too, unless out of memory: -ENOMEM, the model is as before). */
int model_update(struct model *model, struct reading *reading);
void model_free(struct model *model);

/* The value `age` readings ago, 0 where there was none. */
double view_history(const struct view *view, enum series series, unsigned int age);

/* Totals over a domain's devices. */
struct net_counters net_total(const struct domain_counters *domain);
struct disk_counters disk_total(const struct domain_counters *domain);
unsigned int model_count(const struct model *model, unsigned int state);

#endif
