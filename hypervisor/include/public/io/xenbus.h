/* SPDX-License-Identifier: MIT */
/*
 * How far each end of a split device has come. Either writes its own state, in decimal, to the
 * node "state" of its xenstore directory and watches the other's.
 */
#ifndef _XEN_PUBLIC_IO_XENBUS_H
#define _XEN_PUBLIC_IO_XENBUS_H

enum xenbus_state {
	XenbusStateUnknown		= 0,	/* no such node */
	XenbusStateInitialising		= 1,	/* as the toolstack creates it */
	XenbusStateInitWait		= 2,	/* backend has told its features, awaits the rest */
	XenbusStateInitialised		= 3,	/* ring and event channel are told */
	XenbusStateConnected		= 4,
	XenbusStateClosing		= 5,	/* unplugged, or failed */
	XenbusStateClosed		= 6,
	XenbusStateReconfiguring	= 7,
	XenbusStateReconfigured		= 8
};
typedef enum xenbus_state XenbusState;

#endif
