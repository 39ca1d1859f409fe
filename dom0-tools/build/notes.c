/* SPDX-License-Identifier: MIT */
/*
 * Reads the notes in which a kernel says how it wants to be started (public/elfnote.h).
 *
 * The note area is walked with every length checked against what is left of it. A number may be 4
 * or 8 bytes long; a string need not end in NUL. Notes of other owners, and numbers of other sizes,
 * are skipped.
 */
#include "build/build.h"

#include <errno.h>
#include <string.h>

#include <xen/elfnote.h>

struct note {
	uint32_t type;
	const uint8_t *value;
	uint32_t bytes;
};

static bool number_of(const struct note *note, uint64_t *number)
{
	uint32_t half;

	if (note->bytes == 8) {
		memcpy(number, note->value, 8);
		return true;
	}
	if (note->bytes != 4)
		return false;
	memcpy(&half, note->value, 4);
	*number = half;
	return true;
}

static void string_of(const struct note *note, char *string, size_t room)
{
	size_t bytes = strnlen((const char *)note->value, note->bytes);

	if (bytes >= room)
		bytes = room - 1;
	memcpy(string, note->value, bytes);
	string[bytes] = '\0';
}

static void take(struct elf_notes *notes, const struct note *note)
{
	notes->has_any = true;
	switch (note->type) {
	case XEN_ELFNOTE_ENTRY:
		notes->has_entry |= number_of(note, &notes->entry);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		number_of(note, &notes->hypercall_page);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		notes->has_virt_base |= number_of(note, &notes->virt_base);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		notes->has_paddr_offset |= number_of(note, &notes->paddr_offset);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		number_of(note, &notes->init_p2m);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		number_of(note, &notes->mod_start_pfn);
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		notes->has_pvh_entry |= number_of(note, &notes->pvh_entry);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		string_of(note, notes->xen_version, sizeof(notes->xen_version));
		break;
	case XEN_ELFNOTE_LOADER:
		string_of(note, notes->loader, sizeof(notes->loader));
		break;
	case XEN_ELFNOTE_FEATURES:
		string_of(note, notes->features, sizeof(notes->features));
		break;
	}
}

void elf_notes_read(struct elf_notes *notes, const uint8_t *data, size_t bytes, uint64_t align)
{
	uint64_t at = 0, mask = align == 8 ? 7 : 3;

	while (bytes - at >= 12) {
		uint32_t head[3]; /* name's length, value's length, type */
		uint64_t name, value, next;

		memcpy(head, data + at, sizeof(head));
		name = at + sizeof(head);
		value = (name + head[0] + mask) & ~mask;
		next = (value + head[1] + mask) & ~mask;
		if (value > bytes || head[1] > bytes - value)
			return;
		if (head[0] == 4 && !memcmp(data + name, "Xen", 4)) {
			struct note note = { head[2], data + value, head[1] };

			take(notes, &note);
		}
		if (next > bytes)
			return;
		at = next;
	}
}

/* Is `name` (not ended by NUL) a feature every PV guest has, or one that asks nothing? */
static bool feature_offered(const char *name, size_t length)
{
	static const char *const offered[] = {
		"writable_page_tables",	     "writable_descriptor_tables",
		"pae_pgdir_above_4gb",	     "dom0",
		"mmu_pt_update_preserve_ad", "gnttab_map_avail_bits",
	};

	for (unsigned int i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		if (strlen(offered[i]) == length && !memcmp(offered[i], name, length))
			return true;
	return false;
}

/* A leading '!' marks what the kernel cannot do without. */
static int check_features(const char *features, struct complaint *complaint)
{
	for (const char *at = features; *at;) {
		size_t length = strcspn(at, "| ");

		if (*at == '!' && !feature_offered(at + 1, length - 1)) {
			complain(
			    complaint,
			    "the kernel cannot do without \"%.*s\", which PV guests do not have",
			    (int)(length - 1), at + 1);
			return -EOPNOTSUPP;
		}
		at += length;
		at += strspn(at, "| ");
	}
	return 0;
}

int elf_notes_check(const struct elf_notes *notes, struct complaint *complaint)
{
	if (!notes->has_any) {
		complain(complaint, "it has no Xen notes, so it is not a kernel for PV guests "
				    "(Linux: CONFIG_XEN_PV)");
		return -ENOEXEC;
	}
	if (!notes->has_entry && notes->has_pvh_entry) {
		complain(
		    complaint,
		    "the kernel can only be a PVH guest (it has no PV entry); use type=\"pvh\"");
		return -EOPNOTSUPP;
	}
	if (notes->xen_version[0] && strcmp(notes->xen_version, "xen-3.0")) {
		complain(complaint, "the kernel is made for interface \"%s\", not \"xen-3.0\"",
			 notes->xen_version);
		return -EOPNOTSUPP;
	}
	if (notes->loader[0] && strcmp(notes->loader, "generic")) {
		complain(complaint, "the kernel asks for loader \"%s\", not \"generic\"",
			 notes->loader);
		return -EOPNOTSUPP;
	}
	return check_features(notes->features, complaint);
}

/* A PVH kernel needs nothing but its entry; the other notes are about PV. */
int elf_notes_check_pvh(const struct elf_notes *notes, struct complaint *complaint)
{
	if (notes->has_pvh_entry)
		return 0;
	complain(complaint,
		 "it has no PVH entry (note PHYS32_ENTRY): it was built without CONFIG_PVH; %s",
		 notes->has_entry ? "start it with type=\"pv\", or use a kernel built with it"
				  : "use a kernel built with it (Linux has it since 4.11)");
	return -EOPNOTSUPP;
}
