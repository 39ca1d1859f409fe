/* SPDX-License-Identifier: MIT */
/*
 * Writes a PV guest's memory and processors as an ELF core in the format of 4.17's tools: sections
 * .note.Xen, .xen_prstatus, .xen_shared_info, .xen_p2m, .xen_pages.
 *
 * Beyond that format there are program headers, which debuggers look for: each vCPU's registers as
 * a thread, and memory by guest physical address (as long as its pieces are not too many). The
 * guest stands still meanwhile. The file appears under its name only when whole.
 */
#include "domain/internal.h"
#include "save/save.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/elfnote.h>
#include <xen/version.h>

#define BATCH	     1024 /* pages mapped at once */
#define MAX_RUNS     4096 /* pieces of memory with a program header */
#define NR_VCPUS_MAX 8192
#define DUMP_MAGIC   0xf00febedULL /* of a PV guest */

/* Descriptions of the Xen notes. */
struct note_header {
	uint64_t magic, nr_vcpus, nr_pages, page_size;
};
struct note_version {
	uint64_t major, minor;
	xen_extraversion_t extra;
	xen_compile_info_t compile;
	xen_capabilities_info_t capabilities;
	xen_changeset_info_t changeset;
	xen_platform_parameters_t platform;
	uint64_t page_size;
};

enum {
	SEC_NULL,
	SEC_NOTE,
	SEC_PRSTATUS,
	SEC_SHARED_INFO,
	SEC_P2M,
	SEC_PAGES,
	SEC_STRINGS,
	NR_SECTIONS
};
static const char section_names[] =
    "\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_p2m\0.xen_pages\0.shstrtab";

/* A frame of the guest, as section .xen_p2m has them. */
struct guest_frame {
	uint64_t pfn, mfn;
};

struct dump {
	struct session *session;
	uint32_t domid;
	xenforeignmemory_handle *foreign;
	xc_domaininfo_t info;
	FILE *file;
	shared_info_t *shared_info;
	struct guest_frame *frames;
	uint64_t nr_frames;
	vcpu_guest_context_any_t *contexts;
	unsigned int nr_vcpus;
	uint64_t nr_runs;
	Elf64_Shdr section[NR_SECTIONS];
	uint64_t threads_offset, threads_bytes; /* registers for debuggers */
};

static uint64_t note_bytes(uint64_t name, uint64_t description)
{
	return sizeof(Elf64_Nhdr) + ((name + 3) & ~3ULL) + ((description + 3) & ~3ULL);
}

static void write_note(FILE *file, const char *owner, uint32_t type, const void *description,
		       uint32_t bytes)
{
	Elf64_Nhdr head = { strlen(owner) + 1, bytes, type };
	static const char zeros[4];

	fwrite(&head, sizeof(head), 1, file);
	fwrite(owner, head.n_namesz, 1, file);
	fwrite(zeros, -head.n_namesz & 3, 1, file);
	fwrite(description, bytes, 1, file);
	fwrite(zeros, -bytes & 3, 1, file);
}

static uint64_t xen_notes_bytes(void)
{
	return note_bytes(4, 0) + note_bytes(4, sizeof(struct note_header)) +
	       note_bytes(4, sizeof(struct note_version)) + note_bytes(4, sizeof(uint64_t));
}

static void write_xen_notes(struct dump *dump)
{
	struct note_header header = { DUMP_MAGIC, dump->nr_vcpus, dump->nr_frames, PAGE_BYTES };
	struct note_version version;
	uint64_t format = 1;
	int number = xc_version(dump->session->xc, XENVER_version, NULL);

	memset(&version, 0, sizeof(version));
	version.major = number >> 16;
	version.minor = number & 0xffff;
	version.page_size = PAGE_BYTES;
	xc_version(dump->session->xc, XENVER_extraversion, &version.extra);
	xc_version(dump->session->xc, XENVER_compile_info, &version.compile);
	xc_version(dump->session->xc, XENVER_capabilities, &version.capabilities);
	xc_version(dump->session->xc, XENVER_changeset, &version.changeset);
	xc_version(dump->session->xc, XENVER_platform_parameters, &version.platform);
	write_note(dump->file, "Xen", XEN_ELFNOTE_DUMPCORE_NONE, "", 0);
	write_note(dump->file, "Xen", XEN_ELFNOTE_DUMPCORE_HEADER, &header, sizeof(header));
	write_note(dump->file, "Xen", XEN_ELFNOTE_DUMPCORE_XEN_VERSION, &version, sizeof(version));
	write_note(dump->file, "Xen", XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, &format, sizeof(format));
}

/* A vCPU's registers in the order of Linux's user_regs_struct. */
static void write_thread(struct dump *dump, unsigned int vcpu)
{
	const cpu_user_regs_x86_64_t *r = &dump->contexts[vcpu].x64.user_regs;
	const uint64_t regs[] = { r->r15,
				  r->r14,
				  r->r13,
				  r->r12,
				  r->rbp,
				  r->rbx,
				  r->r11,
				  r->r10,
				  r->r9,
				  r->r8,
				  r->rax,
				  r->rcx,
				  r->rdx,
				  r->rsi,
				  r->rdi,
				  r->rax,
				  r->rip,
				  r->cs,
				  r->rflags,
				  r->rsp,
				  r->ss,
				  dump->contexts[vcpu].x64.fs_base,
				  dump->contexts[vcpu].x64.gs_base_kernel,
				  r->ds,
				  r->es,
				  r->fs,
				  r->gs };
	struct elf_prstatus status;

	memset(&status, 0, sizeof(status));
	status.pr_pid = vcpu + 1;
	_Static_assert(sizeof(regs) == sizeof(status.pr_reg), "one value for each register");
	memcpy(&status.pr_reg, regs, sizeof(regs));
	write_note(dump->file, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

/* Pieces of memory without a gap. */
static uint64_t count_runs(const struct dump *dump)
{
	uint64_t runs = 0;

	for (uint64_t i = 0; i < dump->nr_frames; i++)
		runs += !i || dump->frames[i].pfn != dump->frames[i - 1].pfn + 1;
	return runs;
}

static void place(struct dump *dump, unsigned int number, uint32_t type, uint64_t *at,
		  uint64_t bytes, uint64_t entry, uint64_t align)
{
	const char *name = section_names;

	for (unsigned int i = 0; i < number; i++)
		name += strlen(name) + 1;
	*at = (*at + align - 1) & ~(align - 1);
	dump->section[number] = (Elf64_Shdr){ .sh_name = name - section_names,
					      .sh_type = type,
					      .sh_offset = *at,
					      .sh_size = bytes,
					      .sh_entsize = entry,
					      .sh_addralign = align };
	*at += bytes;
}

static void compute_layout(struct dump *dump)
{
	uint64_t at;

	dump->nr_runs = count_runs(dump);
	if (dump->nr_runs > MAX_RUNS)
		dump->nr_runs = 0;
	at = sizeof(Elf64_Ehdr) + (1 + dump->nr_runs) * sizeof(Elf64_Phdr) +
	     NR_SECTIONS * sizeof(Elf64_Shdr);
	place(dump, SEC_NOTE, SHT_NOTE, &at, xen_notes_bytes(), 0, 4);
	dump->threads_offset = at;
	dump->threads_bytes = dump->nr_vcpus * note_bytes(5, sizeof(struct elf_prstatus));
	at += dump->threads_bytes;
	place(dump, SEC_PRSTATUS, SHT_PROGBITS, &at,
	      dump->nr_vcpus * sizeof(vcpu_guest_context_x86_64_t),
	      sizeof(vcpu_guest_context_x86_64_t), 8);
	place(dump, SEC_SHARED_INFO, SHT_PROGBITS, &at, PAGE_BYTES, PAGE_BYTES, 8);
	place(dump, SEC_P2M, SHT_PROGBITS, &at, dump->nr_frames * sizeof(struct guest_frame),
	      sizeof(struct guest_frame), 8);
	place(dump, SEC_STRINGS, SHT_STRTAB, &at, sizeof(section_names), 0, 1);
	place(dump, SEC_PAGES, SHT_PROGBITS, &at, dump->nr_frames << PAGE_BITS, PAGE_BYTES,
	      PAGE_BYTES);
}

static void write_program_headers(struct dump *dump)
{
	Elf64_Phdr program = { .p_type = PT_NOTE,
			       .p_offset = dump->threads_offset,
			       .p_filesz = dump->threads_bytes,
			       .p_align = 4 };
	uint64_t start = 0;

	fwrite(&program, sizeof(program), 1, dump->file);
	for (uint64_t i = 1; dump->nr_runs && i <= dump->nr_frames; i++) {
		uint64_t bytes = (i - start) << PAGE_BITS;

		if (i < dump->nr_frames && dump->frames[i].pfn == dump->frames[i - 1].pfn + 1)
			continue;
		program = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_flags = PF_R | PF_W | PF_X,
					.p_offset = dump->section[SEC_PAGES].sh_offset +
						    (start << PAGE_BITS),
					.p_vaddr = dump->frames[start].pfn << PAGE_BITS,
					.p_paddr = dump->frames[start].pfn << PAGE_BITS,
					.p_filesz = bytes,
					.p_memsz = bytes,
					.p_align = PAGE_BYTES };
		fwrite(&program, sizeof(program), 1, dump->file);
		start = i;
	}
}

static void write_headers(struct dump *dump)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT, ELFOSABI_SYSV },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1 + dump->nr_runs,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = NR_SECTIONS,
		.e_shstrndx = SEC_STRINGS,
	};

	header.e_shoff = header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr);
	fwrite(&header, sizeof(header), 1, dump->file);
	write_program_headers(dump);
	fwrite(dump->section, sizeof(dump->section), 1, dump->file);
}

static void write_small_sections(struct dump *dump)
{
	fseek(dump->file, dump->section[SEC_NOTE].sh_offset, SEEK_SET);
	write_xen_notes(dump);
	fseek(dump->file, dump->threads_offset, SEEK_SET);
	for (unsigned int i = 0; i < dump->nr_vcpus; i++)
		write_thread(dump, i);
	fseek(dump->file, dump->section[SEC_PRSTATUS].sh_offset, SEEK_SET);
	for (unsigned int i = 0; i < dump->nr_vcpus; i++)
		fwrite(&dump->contexts[i].x64, sizeof(dump->contexts[i].x64), 1, dump->file);
	fseek(dump->file, dump->section[SEC_SHARED_INFO].sh_offset, SEEK_SET);
	fwrite(dump->shared_info, PAGE_BYTES, 1, dump->file);
	fseek(dump->file, dump->section[SEC_P2M].sh_offset, SEEK_SET);
	fwrite(dump->frames, sizeof(*dump->frames), dump->nr_frames, dump->file);
	fseek(dump->file, dump->section[SEC_STRINGS].sh_offset, SEEK_SET);
	fwrite(section_names, sizeof(section_names), 1, dump->file);
}

static int write_batch(struct dump *dump, const struct guest_frame *frames, size_t count)
{
	static const uint8_t zeros[1 << PAGE_BITS];
	int errors[BATCH];
	xen_pfn_t mfns[BATCH];
	uint8_t *pages;

	for (size_t i = 0; i < count; i++)
		mfns[i] = frames[i].mfn;
	pages = xenforeignmemory_map(dump->foreign, dump->domid, PROT_READ, count, mfns, errors);
	if (!pages)
		return -errno;
	/* Pages given away since the list was written read as zeros. */
	for (size_t i = 0; i < count; i++)
		fwrite(errors[i] ? zeros : pages + (i << PAGE_BITS), PAGE_BYTES, 1, dump->file);
	xenforeignmemory_unmap(dump->foreign, pages, count);
	return ferror(dump->file) ? -errno : 0;
}

static int write_pages(struct dump *dump)
{
	int error = 0;

	fseek(dump->file, dump->section[SEC_PAGES].sh_offset, SEEK_SET);
	for (uint64_t at = 0; at < dump->nr_frames && !error; at += BATCH)
		error = write_batch(dump, dump->frames + at,
				    dump->nr_frames - at < BATCH ? dump->nr_frames - at : BATCH);
	return error;
}

static int write_file(struct dump *dump, const char *path)
{
	char *fresh;
	int error;

	if (asprintf(&fresh, "%s~", path) < 0)
		return -ENOMEM;
	dump->file = fopen(fresh, "we");
	if (!dump->file) {
		error = -errno;
		free(fresh);
		return error;
	}
	fchmod(fileno(dump->file), 0600); /* a guest's memory holds its secrets */
	compute_layout(dump);
	write_headers(dump);
	write_small_sections(dump);
	error = write_pages(dump);
	if (!error && ferror(dump->file))
		error = -EIO;
	if (fclose(dump->file) && !error)
		error = -errno;
	if (!error && rename(fresh, path))
		error = -errno;
	if (error)
		unlink(fresh);
	free(fresh);
	return error;
}

static int read_vcpus(struct dump *dump)
{
	unsigned int all = dump->info.max_vcpu_id + 1;

	if (!all || all > NR_VCPUS_MAX)
		return -EINVAL;
	dump->contexts = calloc(all, sizeof(*dump->contexts));
	if (!dump->contexts)
		return -ENOMEM;
	/* Those never brought up have no state. */
	for (unsigned int i = 0; i < all; i++)
		if (!xc_vcpu_getcontext(dump->session->xc, dump->domid, i,
					&dump->contexts[dump->nr_vcpus]))
			dump->nr_vcpus++;
	return 0;
}

static int read_frames(struct dump *dump)
{
	uint64_t most = 2 * (uint64_t)dump->info.max_pages + (1 << 18);
	struct complaint complaint = { 0 };
	struct guest_p2m p2m;
	int error = guest_p2m_read(&p2m, dump->foreign, dump->domid, dump->shared_info, most, &complaint);

	if (error)
		return tell(dump->session, error, "%s", complaint.text);
	dump->frames = calloc(p2m.nr_pfns, sizeof(*dump->frames));
	for (uint64_t pfn = 0; dump->frames && pfn < p2m.nr_pfns; pfn++)
		if (p2m.mfn[pfn] != NO_MFN)
			dump->frames[dump->nr_frames++] = (struct guest_frame){ pfn, p2m.mfn[pfn] };
	guest_p2m_free(&p2m);
	return dump->frames ? 0 : tell(dump->session, -ENOMEM, "no memory for the frame list of domain %u", dump->domid);
}

static int read_guest(struct dump *dump)
{
	xen_pfn_t frame = dump->info.shared_info_frame;
	int error = read_vcpus(dump);

	if (error)
		return tell(dump->session, error, "domain %u's processors cannot be read: %s",
			    dump->domid, strerror(-error));
	dump->foreign = xenforeignmemory_open(NULL, 0);
	if (dump->foreign)
		dump->shared_info =
		    xenforeignmemory_map(dump->foreign, dump->domid, PROT_READ, 1, &frame, NULL);
	if (!dump->shared_info)
		return tell(dump->session, -errno, "domain %u's memory cannot be mapped: %s",
			    dump->domid, strerror(errno));
	return read_frames(dump);
}

static void release(struct dump *dump)
{
	free(dump->contexts);
	free(dump->frames);
	if (dump->shared_info)
		xenforeignmemory_unmap(dump->foreign, dump->shared_info, 1);
	if (dump->foreign)
		xenforeignmemory_close(dump->foreign);
}

int domain_dump_core(struct session *session, uint32_t domid, const char *path)
{
	struct dump dump = { .session = session, .domid = domid };
	bool paused;
	int error;

	if (!domid)
		return tell(session, -EINVAL, "Domain-0's memory cannot be dumped from inside it");
	if (!domain_info(session, domid, &dump.info))
		return tell(session, -ESRCH, "there is no domain %u", domid);
	if (dump.info.flags & XEN_DOMINF_hvm_guest)
		return tell(session, -EOPNOTSUPP, "only PV guests' memory can be dumped yet");
	paused = !xc_domain_pause(session->xc, domid);
	error = read_guest(&dump);
	if (!error) {
		error = write_file(&dump, path);
		if (error)
			tell(session, error,
			     "the memory of domain %u (%llu MiB) cannot be written to %s: %s",
			     domid, (unsigned long long)dump.nr_frames >> 8, path,
			     strerror(-error));
	}
	release(&dump);
	if (paused)
		xc_domain_unpause(session->xc, domid);
	return error;
}
