/* SPDX-License-Identifier: MIT */
/*
 * As much of HTTP/1 as a page for collectors of metrics needs: a request's head read, an answer's
 * written. Pure functions over bytes that anybody may have sent.
 */
#ifndef SERAI_EXPORTER_HTTP_H
#define SERAI_EXPORTER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MAX 4096 /* bytes of a request's head */
#define HTTP_ANSWER_HEAD 512  /* room for any answer's */

struct http_answer {
	const char *status; /* "200 OK" */
	const char *allow;  /* methods, for a 405; or NULL */
	const char *type;   /* of the body */
	const char *text;   /* the body; NULL: the metrics */
	bool head;	    /* HEAD: the body is measured, not sent */
};

/*
 * What to answer to these first bytes of a connection. False: the head is not whole yet, and may
 * become so.
 */
bool http_read(const char *request, size_t length, struct http_answer *answer);
/* The answer when metrics cannot be had. */
void http_unavailable(struct http_answer *answer);
/* The answer's head for a body of so many bytes, into HTTP_ANSWER_HEAD of room. How long it is. */
size_t http_head(char *room, const struct http_answer *answer, size_t body);

#endif
