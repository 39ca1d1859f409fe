/* SPDX-License-Identifier: MIT */
/*
 * nmi_op(unsigned int cmd, void *arg): NMIs that the hardware raises, handed to the control domain.
 */
#ifndef __XEN_PUBLIC_NMI_H__
#define __XEN_PUBLIC_NMI_H__

#include "xen.h"

/* Bits of arch_shared_info.nmi_reason. */
#define _XEN_NMIREASON_io_error		0	/* port 61h, bit 6: I/O channel check */
#define XEN_NMIREASON_io_error		(1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr		1	/* port 61h, bit 7: PCI SERR */
#define XEN_NMIREASON_pci_serr		(1UL << _XEN_NMIREASON_pci_serr)
#if __XEN_INTERFACE_VERSION__ < 0x00040300
#define _XEN_NMIREASON_parity_error	1	/* its former name */
#define XEN_NMIREASON_parity_error	(1UL << _XEN_NMIREASON_parity_error)
#endif
#define _XEN_NMIREASON_unknown		2
#define XEN_NMIREASON_unknown		(1UL << _XEN_NMIREASON_unknown)

/* The handler of the calling vCPU; only vCPU 0 of the control domain, else -EINVAL. */
#define XENNMI_register_callback 0
struct xennmi_callback {
	unsigned long handler_address;	/* [in] */
	unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);

#define XENNMI_unregister_callback 1

#endif /* __XEN_PUBLIC_NMI_H__ */
