/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls Serai knows and does not have. The answers are those callers were seen to cope with:
 * -ENOSYS where a whole facility is absent, -EOPNOTSUPP where it is there in principle.
 */
#include <hv/hypercall.h>

long do_kexec_op(unsigned long op, unsigned long arg)
{
	return -ENOSYS;
}
long do_hypfs_op(unsigned long cmd, unsigned long path, unsigned long path_len, unsigned long buf,
		 unsigned long buf_len)
{
	return -ENOSYS;
}
long do_xsm_op(unsigned long op)
{
	return -ENOSYS;
}
long do_xenpmu_op(unsigned long op, unsigned long arg)
{
	return -EOPNOTSUPP;
}
