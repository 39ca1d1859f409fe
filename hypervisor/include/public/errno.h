/* SPDX-License-Identifier: MIT */
/*
 * Error numbers, returned negated by hypercalls. They are this ABI's own whatever the guest OS
 * uses, though the values are those of Linux on x86.
 *
 * Included plainly, this file defines XEN_Exxx constants (an enum in C, symbols in old assembly).
 * An includer that first defines XEN_ERRNO(name, value) gets the bare list instead, as often as it
 * likes; XEN_ERRNO is gone afterwards.
 */
#ifndef XEN_ERRNO
#ifndef __XEN_PUBLIC_ERRNO_H__
#define __XEN_PUBLIC_ERRNO_H__

#define XEN_ERRNO_DEFAULT_INCLUDE

#ifndef __ASSEMBLY__
#define XEN_ERRNO(name, value) XEN_##name = value,
enum xen_errno {
#elif __XEN_INTERFACE_VERSION__ < 0x00040700
#define XEN_ERRNO(name, value) .equ XEN_##name, value
#endif

#endif /* __XEN_PUBLIC_ERRNO_H__ */
#endif /* !XEN_ERRNO */

#ifdef XEN_ERRNO

XEN_ERRNO(EPERM, 1)		/* caller lacks the privilege */
XEN_ERRNO(ENOENT, 2)		/* named thing does not exist */
XEN_ERRNO(ESRCH, 3)		/* no such domain */
#ifdef __XEN__
XEN_ERRNO(EINTR, 4)		/* interrupted; never reaches a guest */
#endif
XEN_ERRNO(EIO, 5)		/* device or hardware failure */
XEN_ERRNO(ENXIO, 6)		/* nothing at that number or address */
XEN_ERRNO(E2BIG, 7)		/* arguments exceed a limit */
XEN_ERRNO(ENOEXEC, 8)		/* not an image that can be run */
XEN_ERRNO(EBADF, 9)		/* bad descriptor */
XEN_ERRNO(ECHILD, 10)		/* nothing to wait for */
XEN_ERRNO(EAGAIN, 11)		/* cannot now, worth repeating */
XEN_ERRNO(EWOULDBLOCK, 11)	/* = EAGAIN */
XEN_ERRNO(ENOMEM, 12)		/* memory exhausted */
XEN_ERRNO(EACCES, 13)		/* refused by permissions */
XEN_ERRNO(EFAULT, 14)		/* guest pointer unusable */
XEN_ERRNO(EBUSY, 16)		/* in use */
XEN_ERRNO(EEXIST, 17)		/* already there */
XEN_ERRNO(EXDEV, 18)		/* spans different objects */
XEN_ERRNO(ENODEV, 19)		/* device absent or unsuitable */
XEN_ERRNO(ENOTDIR, 20)		/* directory expected */
XEN_ERRNO(EISDIR, 21)		/* directory not expected */
XEN_ERRNO(EINVAL, 22)		/* argument makes no sense */
XEN_ERRNO(ENFILE, 23)		/* system-wide table full */
XEN_ERRNO(EMFILE, 24)		/* caller's table full */
XEN_ERRNO(ENOSPC, 28)		/* no room left */
XEN_ERRNO(EROFS, 30)		/* not writable here */
XEN_ERRNO(EMLINK, 31)		/* link limit */
XEN_ERRNO(EDOM, 33)		/* outside the operation's domain */
XEN_ERRNO(ERANGE, 34)		/* out of range, or buffer too small */
XEN_ERRNO(EDEADLK, 35)		/* would wait forever */
XEN_ERRNO(EDEADLOCK, 35)	/* = EDEADLK */
XEN_ERRNO(ENAMETOOLONG, 36)	/* name exceeds its limit */
XEN_ERRNO(ENOLCK, 37)		/* out of locks */
XEN_ERRNO(ENOSYS, 38)		/* unknown hypercall or operation */
XEN_ERRNO(ENOTEMPTY, 39)	/* still has contents */
XEN_ERRNO(ENODATA, 61)		/* nothing to return */
XEN_ERRNO(ETIME, 62)		/* that time has passed */
XEN_ERRNO(EBADMSG, 74)		/* malformed message */
XEN_ERRNO(EOVERFLOW, 75)	/* value does not fit its field */
XEN_ERRNO(EILSEQ, 84)		/* out of sequence */
#ifdef __XEN__
XEN_ERRNO(ERESTART, 85)		/* preempted: run the hypercall again; never reaches a guest */
#endif
XEN_ERRNO(ENOTSOCK, 88)		/* socket expected */
XEN_ERRNO(EMSGSIZE, 90)		/* message too long */
XEN_ERRNO(EOPNOTSUPP, 95)	/* known but not provided */
XEN_ERRNO(EADDRINUSE, 98)	/* address taken */
XEN_ERRNO(EADDRNOTAVAIL, 99)	/* address not ours to give */
XEN_ERRNO(ENOBUFS, 105)		/* buffer absent or too small */
XEN_ERRNO(EISCONN, 106)		/* connected already */
XEN_ERRNO(ENOTCONN, 107)	/* no connection */
XEN_ERRNO(ETIMEDOUT, 110)	/* took too long */
XEN_ERRNO(ECONNREFUSED, 111)	/* peer refused */

#undef XEN_ERRNO
#endif /* XEN_ERRNO */

#ifdef XEN_ERRNO_DEFAULT_INCLUDE
#undef XEN_ERRNO_DEFAULT_INCLUDE
#ifndef __ASSEMBLY__
};
#endif
#endif /* XEN_ERRNO_DEFAULT_INCLUDE */
