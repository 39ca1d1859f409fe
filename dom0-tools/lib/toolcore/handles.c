/* SPDX-License-Identifier: MIT */
/*
 * The list of the process's handles, and their restriction.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <xentoolcore_internal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Xentoolcore__Active_Handle *handles; /* guarded by: lock */

void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *handle)
{
	pthread_mutex_lock(&lock);
	handle->next = handles;
	handle->link = &handles;
	if (handles)
		handles->link = &handle->next;
	handles = handle;
	pthread_mutex_unlock(&lock);
}

void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *handle)
{
	pthread_mutex_lock(&lock);
	if (handle->next)
		handle->next->link = handle->link;
	*handle->link = handle->next;
	pthread_mutex_unlock(&lock);
}

int xentoolcore_restrict_all(domid_t domid)
{
	Xentoolcore__Active_Handle *handle;
	int rc = 0;

	pthread_mutex_lock(&lock);
	for (handle = handles; handle && !rc; handle = handle->next)
		rc = handle->restrict_callback(handle, domid);
	pthread_mutex_unlock(&lock);
	return rc;
}

int xentoolcore__restrict_by_dup2_null(int fd)
{
	int null, rc, saved;

	if (fd < 0)
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0)
		return -1;
	rc = dup3(null, fd, O_CLOEXEC);
	saved = errno;
	close(null);
	errno = saved;
	return rc < 0 ? -1 : 0;
}
