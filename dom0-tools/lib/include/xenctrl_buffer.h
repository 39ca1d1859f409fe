/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: memory for hypercalls. Include <xenctrl.h>.
 *
 * The hypervisor can only be given memory that was allocated for it. A "hypercall buffer" is such
 * memory together with an ordinary variable that points to it:
 *
 *	DECLARE_HYPERCALL_BUFFER(uint8_t, bitmap);
 *	bitmap = xc_hypercall_buffer_alloc(xch, bitmap, bytes);
 *	set_xen_guest_handle(domctl.u.shadow_op.dirty_bitmap, bitmap);
 *	... use bitmap[...] ...
 *	xc_hypercall_buffer_free(xch, bitmap);
 *
 * The macros find the record that belongs to the variable by its name, so a guest handle can only
 * be set to a variable that was declared so.
 */
#ifndef XENCTRL_BUFFER_H
#define XENCTRL_BUFFER_H

/* Opaque; made by the DECLARE macros only. */
struct xc_hypercall_buffer {
	void *hbuf;				   /* the hypervisor's view */
	struct xc_hypercall_buffer *param_shadow; /* stands for this one, a function's argument */
	int dir;				   /* copied to or from ubuf: XC_HYPERCALL_BUFFER_* */
	void *ubuf;
	size_t sz;
};
typedef struct xc_hypercall_buffer xc_hypercall_buffer_t;

#define XC__HYPERCALL_BUFFER_NAME(_name) xc__hypercall_buffer_##_name

/* The record of a variable. */
#define HYPERCALL_BUFFER(_name) ({								\
	xc_hypercall_buffer_t *xc_record_ = &XC__HYPERCALL_BUFFER_NAME(_name);			\
	xc_record_->param_shadow ?: xc_record_;							\
})

#define HYPERCALL_BUFFER_INIT_NO_BOUNCE .dir = 0, .sz = 0, .ubuf = (void *)-1

#define DECLARE_HYPERCALL_BUFFER(_type, _name)							\
	_type *(_name) = NULL;									\
	xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(_name) = {				\
		.hbuf = NULL, .param_shadow = NULL, HYPERCALL_BUFFER_INIT_NO_BOUNCE }

/* A variable for a buffer somebody else allocated: _hbuf is a xc_hypercall_buffer_t pointer. */
#define DECLARE_HYPERCALL_BUFFER_SHADOW(_type, _name, _hbuf)					\
	_type *(_name) = (_hbuf)->hbuf;								\
	__attribute__((unused)) DECLARE_HYPERCALL_BUFFER_ARGUMENT_AS(_name, _hbuf)

/* Makes a function's xc_hypercall_buffer_t pointer argument usable with the macros. */
#define DECLARE_HYPERCALL_BUFFER_ARGUMENT(_name) DECLARE_HYPERCALL_BUFFER_ARGUMENT_AS(_name, _name)
#define DECLARE_HYPERCALL_BUFFER_ARGUMENT_AS(_name, _hbuf)					\
	xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(_name) = {				\
		.hbuf = (void *)-1, .param_shadow = (_hbuf), HYPERCALL_BUFFER_INIT_NO_BOUNCE }

/* Its address, as an argument of xencallN(). */
#define HYPERCALL_BUFFER_AS_ARG(_name) ((unsigned long)HYPERCALL_BUFFER(_name)->hbuf)

/* Puts it, or its element _off, into a structure for the hypervisor. */
#undef set_xen_guest_handle
#define set_xen_guest_handle(_hnd, _val) \
	set_xen_guest_handle_raw(_hnd, HYPERCALL_BUFFER(_val)->hbuf)
#define set_xen_guest_handle_offset(_hnd, _val, _off)						\
	set_xen_guest_handle_raw(_hnd, (void *)((char *)HYPERCALL_BUFFER(_val)->hbuf +		\
						sizeof(*(_val)) * (_off)))

/* In the place of a variable: a NULL handle. */
extern xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(HYPERCALL_BUFFER_NULL);

/*
 * Allocate zeroed memory for a declared variable, by bytes or by pages (then page-aligned), and
 * free it: the pages' number is as allocated, and freeing what was not allocated does nothing.
 */
#define xc_hypercall_buffer_alloc(_xch, _name, _size) \
	xc__hypercall_buffer_alloc(_xch, HYPERCALL_BUFFER(_name), _size)
#define xc_hypercall_buffer_free(_xch, _name) \
	xc__hypercall_buffer_free(_xch, HYPERCALL_BUFFER(_name))
#define xc_hypercall_buffer_alloc_pages(_xch, _name, _nr) \
	xc__hypercall_buffer_alloc_pages(_xch, HYPERCALL_BUFFER(_name), _nr)
#define xc_hypercall_buffer_free_pages(_xch, _name, _nr) do {					\
	if (_name)										\
		xc__hypercall_buffer_free_pages(_xch, HYPERCALL_BUFFER(_name), _nr);		\
} while (0)
void *xc__hypercall_buffer_alloc(xc_interface *xch, xc_hypercall_buffer_t *b, size_t size);
void xc__hypercall_buffer_free(xc_interface *xch, xc_hypercall_buffer_t *b);
void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages);
void xc__hypercall_buffer_free_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages);

/*
 * Bouncing: ordinary memory copied into a buffer before a call, or out of one after it. dir says
 * which; ubuf NULL stays a NULL handle. pre allocates and copies in; post copies out and frees.
 */
#define XC_HYPERCALL_BUFFER_BOUNCE_NONE 0
#define XC_HYPERCALL_BUFFER_BOUNCE_IN	1
#define XC_HYPERCALL_BUFFER_BOUNCE_OUT	2
#define XC_HYPERCALL_BUFFER_BOUNCE_BOTH 3
int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *bounce);
void xc__hypercall_bounce_post(xc_interface *xch, xc_hypercall_buffer_t *bounce);

/*
 * Requests that no function here wraps. Handles in them must point to hypercall buffers; the
 * structure itself need not be one. The interface version is filled in. xc_memory_op's argument is
 * len bytes and returned as the hypervisor left it; its result may be a count.
 */
int xc_domctl(xc_interface *xch, struct xen_domctl *domctl);
int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl);
long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len);
int xc_flask_op(xc_interface *xch, xen_flask_op_t *op);

#endif
