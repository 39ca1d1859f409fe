/* SPDX-License-Identifier: MIT */
/* Requests and answers: see http.h. Every answer ends its connection, so a body needs no framing. */
#include "exporter/http.h"

#include <stdio.h>
#include <string.h>

#define PLAIN	"text/plain; charset=utf-8"
#define METRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void say(struct http_answer *answer, const char *status, const char *text)
{
	answer->status = status;
	answer->type = PLAIN;
	answer->text = text;
}

/* Behind the empty line that ends a head; NULL: it has not come. Bare newlines do, too. */
static const char *end_of_head(const char *request, size_t length)
{
	const char *at = request, *end = request + length;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (at < end && *at == '\r')
			at++;
		if (at < end && *at == '\n')
			return at + 1;
	}
	return NULL;
}

/* The next word of a line that ends at end, blanks around it skipped. */
static size_t next_word(const char **at, const char *end, const char **word)
{
	while (*at < end && **at == ' ')
		++*at;
	*word = *at;
	while (*at < end && **at != ' ')
		++*at;
	return (size_t)(*at - *word);
}

static bool is(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && !memcmp(word, wanted, length);
}

static void choose_page(const char *path, size_t length, struct http_answer *answer)
{
	const char *query = memchr(path, '?', length);

	if (query)
		length = (size_t)(query - path);
	if (is(path, length, "/metrics")) {
		answer->status = "200 OK";
		answer->type = METRICS;
		answer->text = NULL;
	} else if (is(path, length, "/")) {
		say(answer, "200 OK", "What this machine's domains use: see /metrics\n");
	} else {
		say(answer, "404 Not Found", "There is only /metrics\n");
	}
}

static void read_line(const char *line, size_t length, struct http_answer *answer)
{
	const char *end = line + length, *at = line, *method, *path, *version, *more;
	size_t method_length, path_length, version_length;

	if (length && end[-1] == '\r')
		end--;
	method_length = next_word(&at, end, &method);
	path_length = next_word(&at, end, &path);
	version_length = next_word(&at, end, &version);
	if (next_word(&at, end, &more) || version_length != 8 || memcmp(version, "HTTP/1.", 7)) {
		say(answer, "400 Bad Request", "This is no HTTP/1 request\n");
		return;
	}
	answer->head = is(method, method_length, "HEAD");
	if (answer->head || is(method, method_length, "GET")) {
		choose_page(path, path_length, answer);
		return;
	}
	say(answer, "405 Method Not Allowed", "Only GET and HEAD\n");
	answer->allow = "GET, HEAD";
}

bool http_read(const char *request, size_t length, struct http_answer *answer)
{
	const char *end = end_of_head(request, length);

	*answer = (struct http_answer){ 0 };
	if (!end && length < HTTP_REQUEST_MAX)
		return false;
	if (end)
		read_line(request, (size_t)((char *)memchr(request, '\n', length) - request), answer);
	else
		say(answer, "431 Request Header Fields Too Large", "The request is too long\n");
	return true;
}

void http_unavailable(struct http_answer *answer)
{
	say(answer, "503 Service Unavailable", "The hypervisor does not answer\n");
}

size_t http_head(char *room, const struct http_answer *answer, size_t body)
{
	int length = snprintf(room, HTTP_ANSWER_HEAD,
			      "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			      "%s%s%sX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
			      answer->status, answer->type, body, answer->allow ? "Allow: " : "",
			      answer->allow ? answer->allow : "", answer->allow ? "\r\n" : "");

	return (size_t)length;
}
