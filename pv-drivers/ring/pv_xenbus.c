/* SPDX-License-Identifier: MIT */
/*
 * XenbusState: the table of legal edges, and the little that walks it. The first row that fits is
 * gone, so for each state closing stands before opening.
 */
#include "pv_xenbus.h"

#define BIT(state) (1u << XenbusState##state)
#define ALL	   0x1ffu
#define GONE	   (BIT(Unknown) | BIT(Closed))
/* Not any more, or not yet, what we were connected to; Initialising: it died and started afresh. */
#define LOST   (GONE | BIT(Closing) | BIT(Initialising))
#define FRONTS (PV_FRONT | PV_FRONT_FIRST)
#define ANY    (PV_WANT_OPEN | PV_WANT_CLOSED | PV_WANT_RECONFIGURED)
#define OPEN   (PV_WANT_OPEN | PV_WANT_RECONFIGURED)
#define CLOSED PV_WANT_CLOSED
#define EDGE(halves, from, peer, wants, to, work)                                                  \
	{                                                                                          \
		halves, XenbusState##from, peer, wants, XenbusState##to, PV_WORK_##work            \
	}

const struct pv_edge pv_xenbus_edges[] = {
	/* Backend. A frontend that left before it connected had nothing of ours. */
	EDGE(PV_BACK, Initialising, ALL, CLOSED, Closed, RELEASE),
	EDGE(PV_BACK, Initialising, ALL, OPEN, InitWait, ANNOUNCE),
	EDGE(PV_BACK, InitWait, ALL, CLOSED, Closed, RELEASE),
	EDGE(PV_BACK, InitWait, BIT(Closing) | BIT(Closed), OPEN, Closed, RELEASE),
	EDGE(PV_BACK, InitWait, BIT(Initialised) | BIT(Connected), OPEN, Connected, CONNECT),
	EDGE(PV_BACK, Initialised, ALL, ANY, Closing, QUIESCE), /* a state other backends use */
	EDGE(PV_BACK, Connected, ALL, CLOSED, Closing, QUIESCE),
	EDGE(PV_BACK, Connected, LOST, OPEN, Closing, QUIESCE),
	EDGE(PV_BACK, Connected, BIT(Connected), PV_WANT_RECONFIGURED, Reconfiguring, CHANGE),
	EDGE(PV_BACK, Reconfiguring, ALL, CLOSED, Closing, QUIESCE),
	EDGE(PV_BACK, Reconfiguring, LOST, OPEN, Closing, QUIESCE),
	EDGE(PV_BACK, Reconfiguring, BIT(Reconfiguring), OPEN, Reconfigured, CHANGE),
	EDGE(PV_BACK, Reconfigured, ALL, CLOSED, Closing, QUIESCE),
	EDGE(PV_BACK, Reconfigured, LOST, OPEN, Closing, QUIESCE),
	EDGE(PV_BACK, Reconfigured, BIT(Connected), OPEN, Connected, NONE),
	EDGE(PV_BACK, Closing, GONE | BIT(Initialising), ANY, Closed, RELEASE),
	EDGE(PV_BACK, Closed, BIT(Initialising), OPEN, InitWait, ANNOUNCE),

	/* Frontend. It closes without waiting: backends wait for it, and grants retire by
	   themselves. */
	EDGE(FRONTS, Initialising, ALL, CLOSED, Closed, RELEASE),
	EDGE(PV_FRONT, Initialising, BIT(InitWait), OPEN, Initialised, OFFER),
	EDGE(PV_FRONT_FIRST, Initialising, BIT(InitWait), OPEN, Connected, OFFER),
	EDGE(FRONTS, Initialised, ALL, CLOSED, Closing, QUIESCE),
	EDGE(FRONTS, Initialised, LOST, OPEN, Closing, QUIESCE),
	EDGE(PV_FRONT, Initialised, BIT(Connected), OPEN, Connected, CONNECT),
	EDGE(FRONTS, Connected, ALL, CLOSED, Closing, QUIESCE),
	EDGE(FRONTS, Connected, LOST, OPEN, Closing, QUIESCE),
	EDGE(PV_FRONT, Connected, BIT(InitWait), OPEN, Closing, QUIESCE), /* it lost our rings */
	EDGE(FRONTS, Connected, BIT(Reconfiguring), OPEN, Reconfiguring, CHANGE),
	EDGE(FRONTS, Reconfiguring, ALL, CLOSED, Closing, QUIESCE),
	EDGE(FRONTS, Reconfiguring, LOST, OPEN, Closing, QUIESCE),
	EDGE(FRONTS, Reconfiguring, BIT(Reconfigured), OPEN, Connected, CHANGE),
	EDGE(FRONTS, Closing, ALL, ANY, Closed, RELEASE),
	EDGE(FRONTS, Closed, ALL, OPEN, Initialising, NONE),
};
const unsigned int pv_xenbus_nr_edges = sizeof(pv_xenbus_edges) / sizeof(pv_xenbus_edges[0]);

void pv_xenbus_init(struct pv_xenbus *bus, enum pv_half half, enum xenbus_state own)
{
	*bus = (struct pv_xenbus){ .half = half, .own = own, .want = PV_WANT_OPEN };
}

enum xenbus_state pv_xenbus_parse(const char *text, size_t len)
{
	if (len && !text[len - 1])
		len--; /* some count the string's end */
	if (len != 1 || text[0] < '0' || text[0] > '8')
		return XenbusStateUnknown;
	return (enum xenbus_state)(text[0] - '0');
}

static bool fits(const struct pv_edge *edge, const struct pv_xenbus *bus, enum xenbus_state peer)
{
	return edge->halves & bus->half && edge->from == bus->own && edge->wants & bus->want &&
	       edge->peer & 1u << peer;
}

const struct pv_edge *pv_xenbus_next(const struct pv_xenbus *bus, enum xenbus_state peer)
{
	if ((unsigned int)peer > XenbusStateReconfigured)
		peer = XenbusStateUnknown;
	for (unsigned int i = 0; i < pv_xenbus_nr_edges; i++)
		if (fits(&pv_xenbus_edges[i], bus, peer))
			return &pv_xenbus_edges[i];
	return NULL;
}

void pv_xenbus_done(struct pv_xenbus *bus, const struct pv_edge *edge)
{
	PV_ASSERT(edge->halves & bus->half && edge->from == bus->own);
	bus->own = (enum xenbus_state)edge->to;
	bus->nr_edges++;
	/* A wish is done once it is under way; a frontend that closes opens again only when told.
	 */
	if (bus->want == PV_WANT_RECONFIGURED)
		if (edge->to == XenbusStateReconfiguring || edge->to == XenbusStateClosing)
			bus->want = PV_WANT_OPEN;
	if (bus->half != PV_BACK && edge->to == XenbusStateClosing)
		bus->want = PV_WANT_CLOSED;
}

void pv_xenbus_failed(struct pv_xenbus *bus, const struct pv_edge *edge)
{
	PV_ASSERT(edge->halves & bus->half && edge->from == bus->own);
	PV_ASSERT(edge->work != PV_WORK_QUIESCE && edge->work != PV_WORK_RELEASE);
	bus->failed = true;
	bus->want = PV_WANT_CLOSED;
}

void pv_xenbus_close(struct pv_xenbus *bus)
{
	bus->want = PV_WANT_CLOSED;
}

void pv_xenbus_open(struct pv_xenbus *bus)
{
	bus->want = PV_WANT_OPEN;
	bus->failed = false;
}

void pv_xenbus_reconfigure(struct pv_xenbus *bus)
{
	PV_ASSERT(bus->half == PV_BACK);
	if (bus->own == XenbusStateConnected && bus->want == PV_WANT_OPEN)
		bus->want = PV_WANT_RECONFIGURED;
}

/* As if the peer had vanished: then nothing is waited for. */
const struct pv_edge *pv_xenbus_force(struct pv_xenbus *bus)
{
	bus->want = PV_WANT_CLOSED;
	return pv_xenbus_next(bus, XenbusStateUnknown);
}
