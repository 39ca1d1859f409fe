/* SPDX-License-Identifier: MIT */
/* Xenstore as the classes see it: keys of a device's two directories. */
#include "backd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pv_negotiate.h"

struct xs_handle *back_store(void)
{
	return backd.xs;
}

static char *read_key(const char *directory, const char *key, unsigned int *len)
{
	char path[BACK_PATH_MAX + 128];

	snprintf(path, sizeof(path), "%s/%s", directory, key);
	return xs_read(backd.xs, XBT_NULL, path, len);
}

static int read_number(const char *directory, const char *key, uint32_t max, uint32_t *number)
{
	unsigned int len = 0;
	char *text = read_key(directory, key, &len);
	int error = text ? 0 : -ENOENT;

	if (text && pv_parse_number(text, len, max, number))
		error = -EINVAL;
	free(text);
	return error;
}

char *back_read(struct back_device *device, const char *key)
{
	unsigned int len;

	return read_key(device->path, key, &len);
}

char *back_read_front(struct back_device *device, const char *key)
{
	unsigned int len;

	return read_key(device->front, key, &len);
}

int back_read_number(struct back_device *device, const char *key, uint32_t max, uint32_t *number)
{
	return read_number(device->path, key, max, number);
}

int back_read_front_number(struct back_device *device, const char *key, uint32_t max,
			   uint32_t *number)
{
	return read_number(device->front, key, max, number);
}

int back_write(struct back_device *device, const char *key, const char *format, ...)
{
	char path[BACK_PATH_MAX + 128], value[1024];
	va_list args;
	int error;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", device->path, key);
	if (xs_write_if(backd.xs, device->path, path, value, (unsigned int)strlen(value)))
		return 0;
	error = errno;
	/* The toolstack has removed the device: its end is under way. */
	back_log(error == ENOENT ? LOG_DEBUG : LOG_ERR, "%s cannot be written: %s", path,
		 strerror(error));
	return -error;
}

void back_remove(struct back_device *device, const char *key)
{
	char path[BACK_PATH_MAX + 128];

	snprintf(path, sizeof(path), "%s/%s", device->path, key);
	xs_rm(backd.xs, XBT_NULL, path);
}
