/* SPDX-License-Identifier: MIT */
/*
 * Objects of any size for the hypervisor itself.
 *
 * Small ones (up to SLAB_LARGEST) come from slabs: a page with a header and objects of one size
 * class, free ones chained through their first word. Larger ones are whole pages, trimmed to the
 * page. A slab object is never page aligned (the header is), a large one always is: that tells them
 * apart. The number of pages of a large one is kept in its frame's type word, which the
 * hypervisor's own frames have no other use for.
 */
#include <hv/console.h>
#include <hv/spinlock.h>
#include <asm/mm.h>
#include <asm/page_info.h>
#include "dump.h"

static const uint16_t class_size[] = { 16,  32,	 48,  64,  96,	128,  192,  256,
				       336, 448, 576, 672, 800, 1008, 1344, 2016 };
#define NR_CLASSES   ARRAY_SIZE(class_size)
#define SLAB_LARGEST 2016

struct slab {
	struct slab *next, *prev; /* slabs of the class with a free object */
	void *free;
	uint16_t nr_used;
	uint16_t cls;
	uint32_t magic;
	uint64_t pad[4];
};
_Static_assert(sizeof(struct slab) == 64, "objects start at a cache line");
#define SLAB_MAGIC 0x51ab51abu

static struct {
	spinlock_t lock;
	struct slab *partial; /* this and the counts guarded by: lock */
	unsigned int nr_slabs, nr_objects;
} classes[NR_CLASSES];
static uint64_t large_pages; /* atomic */

static unsigned int class_for(size_t size)
{
	unsigned int c = 0;

	while (class_size[c] < size)
		c++;
	return c;
}

static void slab_link(struct slab *s)
{
	struct slab *head = classes[s->cls].partial;

	s->prev = NULL;
	s->next = head;
	if (head)
		head->prev = s;
	classes[s->cls].partial = s;
}

static void slab_unlink(struct slab *s)
{
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		classes[s->cls].partial = s->next;
}

static struct slab *slab_new(unsigned int cls)
{
	struct slab *s = alloc_xen_pages(0, 0);
	char *end, *obj;
	void **link;

	if (!s)
		return NULL;
	s->nr_used = 0;
	s->cls = (uint16_t)cls;
	s->magic = SLAB_MAGIC;
	link = &s->free;
	end = (char *)s + PAGE_SIZE;
	for (obj = (char *)(s + 1); obj + class_size[cls] <= end; obj += class_size[cls]) {
		*link = obj;
		link = (void **)obj;
	}
	*link = NULL;
	return s;
}

static void *slab_alloc(unsigned int cls)
{
	struct slab *s;
	void *obj;

	spin_lock(&classes[cls].lock);
	s = classes[cls].partial;
	if (!s) {
		s = slab_new(cls);
		if (!s) {
			spin_unlock(&classes[cls].lock);
			return NULL;
		}
		slab_link(s);
		classes[cls].nr_slabs++;
	}
	obj = s->free;
	s->free = *(void **)obj;
	s->nr_used++;
	classes[cls].nr_objects++;
	if (!s->free)
		slab_unlink(s);
	spin_unlock(&classes[cls].lock);
	return obj;
}

static void slab_free(void *obj)
{
	struct slab *s = (struct slab *)((uint64_t)obj & PAGE_MASK);
	unsigned int cls = s->cls;
	bool empty;

	BUG_ON(s->magic != SLAB_MAGIC);
	spin_lock(&classes[cls].lock);
	if (!s->free)
		slab_link(s);
	*(void **)obj = s->free;
	s->free = obj;
	classes[cls].nr_objects--;
	empty = --s->nr_used == 0;
	if (empty) {
		slab_unlink(s);
		classes[cls].nr_slabs--;
	}
	spin_unlock(&classes[cls].lock);
	if (empty) {
		s->magic = 0;
		free_xen_page(s);
	}
}

/* Frees pages [from, to) of an allocation in the largest aligned pieces. */
static void free_page_run(char *base, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint64_t mfn = mfn_x(virt_to_mfn(base)) + from;
		unsigned int order =
		    min((unsigned int)__builtin_ctzll(mfn), (unsigned int)MAX_ORDER);

		while (from + (1ull << order) > to)
			order--;
		free_xen_pages(base + (from << PAGE_SHIFT), order);
		from += 1ull << order;
	}
}

static void *large_alloc(size_t size, unsigned int memflags)
{
	uint64_t nr = PFN_UP(size);
	unsigned int order = nr > 1 ? 64 - (unsigned int)__builtin_clzll(nr - 1) : 0;
	char *v;

	if (order > MAX_ORDER)
		return NULL;
	v = alloc_xen_pages(order, memflags);
	if (!v)
		return NULL;
	free_page_run(v, nr, 1ull << order);
	mfn_to_page(virt_to_mfn(v))->type = nr;
	__atomic_fetch_add(&large_pages, nr, __ATOMIC_RELAXED);
	return v;
}

void *xzalloc_bytes(size_t size)
{
	void *v;

	if (size > SLAB_LARGEST)
		return large_alloc(size, MEMF_ZERO);
	v = slab_alloc(class_for(size ? size : 1));
	if (v)
		__builtin_memset(v, 0, size);
	return v;
}

void *xzalloc_array_bytes(size_t size, size_t n)
{
	size_t bytes;

	return __builtin_mul_overflow(size, n, &bytes) ? NULL : xzalloc_bytes(bytes);
}

void xfree(void *p)
{
	struct page *pg;
	uint64_t nr;

	if (!p)
		return;
	if ((uint64_t)p & ~PAGE_MASK) {
		slab_free(p);
		return;
	}
	pg = mfn_to_page(virt_to_mfn(p));
	nr = pg->type;
	BUG_ON(!nr || nr > 1ull << MAX_ORDER);
	pg->type = 0;
	__atomic_fetch_sub(&large_pages, nr, __ATOMIC_RELAXED);
	free_page_run(p, 0, nr);
}

void dump_memory(unsigned char key)
{
	printk("Free pages: %lu\n", free_pages_count());
	printk("Pages of objects above %u bytes: %lu\n", SLAB_LARGEST,
	       __atomic_load_n(&large_pages, __ATOMIC_RELAXED));
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		if (classes[i].nr_slabs)
			printk("Objects up to %4u bytes: %u in %u pages\n", class_size[i],
			       classes[i].nr_objects, classes[i].nr_slabs);
}
