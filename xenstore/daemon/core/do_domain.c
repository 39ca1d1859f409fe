/* SPDX-License-Identifier: MIT */
/* Requests about domains. */
#include <errno.h>

#include <xen/io/xs_wire.h>

#include "log.h"
#include "request.h"
#include "state.h"

static int arg_domid(struct request *rq, uint32_t *domid)
{
	const char *arg = request_arg(rq);

	return arg && request_domid(arg, domid) ? 0 : -EINVAL;
}

/* The connected domain a request with one argument names. */
static int arg_domain(struct request *rq, struct domain **domain)
{
	uint32_t domid;
	int err = arg_domid(rq, &domid);

	if (err)
		return err;
	*domain = domain_find(rq->store, domid);
	return *domain && (*domain)->introduced ? 0 : -ENOENT;
}

static bool parse_gfn(const char *text, uint64_t *gfn)
{
	char *end;

	errno = 0;
	*gfn = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* What the platform may answer, as errors the protocol has a name for. */
static int wire_error(int err)
{
	switch (err) {
	case 0:
	case -ENOSYS:
	case -ENOMEM:
	case -EINVAL:
		return err;
	default:
		return -EINVAL;
	}
}

int do_introduce(struct request *rq)
{
	const char *args[3];
	uint32_t domid, port;
	uint64_t gfn;
	int err;

	if (request_args(rq, args, 3) < 3 || !request_domid(args[0], &domid) ||
	    !parse_gfn(args[1], &gfn) || !quota_parse_number(args[2], &port) || !port ||
	    domid == rq->conn->domid)
		return -EINVAL;
	err = domain_introduce(rq->store, domid, gfn, port, true);
	if (err) {
		log_error("domain %u cannot be introduced (page %llu, event channel %u): %s", domid,
			  (unsigned long long)gfn, port, strerror(-err));
		return wire_error(err);
	}
	reply_ok(rq);
	return 0;
}

int do_release(struct request *rq)
{
	struct domain *domain;
	int err = arg_domain(rq, &domain);

	if (err)
		return err;
	/* The domain that asks, and domain 0, stay connected. */
	if (domain->conn == rq->conn || !domain->domid)
		return -EINVAL;
	domain_release(rq->store, domain);
	reply_ok(rq);
	return 0;
}

int do_get_domain_path(struct request *rq)
{
	uint32_t domid;
	char path[32];
	int err = arg_domid(rq, &domid);

	if (err)
		return err;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	reply_text(rq, path);
	return 0;
}

int do_is_domain_introduced(struct request *rq)
{
	struct domain *domain;
	int err = arg_domain(rq, &domain);

	if (err == -EINVAL)
		return err;
	reply_text(rq, err ? "F" : "T");
	return 0;
}

int do_resume(struct request *rq)
{
	struct domain *domain;
	int err = arg_domain(rq, &domain);

	if (err)
		return err;
	domain->shutdown = false;
	state_domain(rq->store, domain);
	reply_ok(rq);
	return 0;
}

int do_set_target(struct request *rq)
{
	const char *args[2];
	struct domain *domain, *target;
	uint32_t domid, tdomid;

	if (request_args(rq, args, 2) < 2 || !request_domid(args[0], &domid) ||
	    !request_domid(args[1], &tdomid))
		return -EINVAL;
	domain = domain_find(rq->store, domid);
	target = domain_find(rq->store, tdomid);
	if (!domain || !domain->introduced || !target || !target->introduced)
		return -ENOENT;
	domain->target = tdomid;
	state_domain(rq->store, domain);
	reply_ok(rq);
	return 0;
}
