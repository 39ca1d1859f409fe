/* SPDX-License-Identifier: MIT */
/*
 * Circular doubly-linked lists of nodes embedded in objects. The head is a node too; an empty head
 * and a node on no list point at themselves, so deleting twice is harmless and "is it queued?" is
 * !list_empty(&node). No locking of its own.
 */
#ifndef HV_LIST_H
#define HV_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)                                                                       \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void list_init(struct list_head *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

/* Puts `node`, which is on no list, right before `where`: at the tail if that is the head. */
static inline void list_insert_before(struct list_head *node, struct list_head *where)
{
	node->prev = where->prev;
	node->next = where;
	where->prev->next = node;
	where->prev = node;
}

static inline void list_add(struct list_head *node, struct list_head *head)
{
	list_insert_before(node, head->next);
}

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	list_insert_before(node, head);
}

static inline void list_del(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add_tail(node, head);
}

/* Appends all of `from` to `to`; `from` ends empty. */
static inline void list_splice_tail(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* The object around a node; the first and last objects, NULL if there are none. */
#define list_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))
#define list_first(head, type, member)                                                             \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member)                                                              \
	(list_empty(head) ? NULL : list_entry((head)->prev, type, member))

#define list_for_each(node, head)                                                                  \
	for ((node) = (head)->next; (node) != (head); (node) = (node)->next)

#define list_for_each_entry(obj, head, member)                                                     \
	for ((obj) = list_entry((head)->next, __typeof__(*(obj)), member);                         \
	     &(obj)->member != (head);                                                             \
	     (obj) = list_entry((obj)->member.next, __typeof__(*(obj)), member))

/* The body may delete or free `obj`; `tmp` is a second cursor. */
#define list_for_each_entry_safe(obj, tmp, head, member)                                           \
	for ((obj) = list_entry((head)->next, __typeof__(*(obj)), member),                         \
	    (tmp) = list_entry((obj)->member.next, __typeof__(*(obj)), member);                    \
	     &(obj)->member != (head);                                                             \
	     (obj) = (tmp), (tmp) = list_entry((tmp)->member.next, __typeof__(*(tmp)), member))

#endif
