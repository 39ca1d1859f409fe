/* SPDX-License-Identifier: MIT */
/*
 * platform_op(struct xen_platform_op *): hardware services for the control domain's kernel, which
 * owns ACPI, firmware and the wall clock. Only a privileged domain may call; a wrong
 * interface_version gives -EACCES.
 */
#ifndef __XEN_PUBLIC_PLATFORM_H__
#define __XEN_PUBLIC_PLATFORM_H__

#include "xen.h"

#define XENPF_INTERFACE_VERSION 0x03000001

/* Sets the wall clock: at system_time (ns) it was secs and nsecs after 1970, UTC. */
#define XENPF_settime32 17
struct xenpf_settime32 {
	uint32_t secs;			/* [in] */
	uint32_t nsecs;			/* [in] */
	uint64_t system_time;		/* [in] */
};
typedef struct xenpf_settime32 xenpf_settime32_t;

#define XENPF_settime64 62
struct xenpf_settime64 {
	uint64_t secs;			/* [in] */
	uint32_t nsecs;			/* [in] */
	uint32_t mbz;			/* [in] 0 */
	uint64_t system_time;		/* [in] */
};
typedef struct xenpf_settime64 xenpf_settime64_t;

#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define XENPF_settime XENPF_settime32
#define xenpf_settime xenpf_settime32
#else
#define XENPF_settime XENPF_settime64
#define xenpf_settime xenpf_settime64
#endif
typedef struct xenpf_settime xenpf_settime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_settime_t);

/* Gives frames a memory type by an MTRR. The handle, for del, tells overlapping users apart. */
#define XENPF_add_memtype 31
struct xenpf_add_memtype {
	xen_pfn_t mfn;			/* [in] */
	uint64_t nr_mfns;		/* [in] */
	uint32_t type;			/* [in] MTRR encoding */
	uint32_t handle;		/* [out] */
	uint32_t reg;			/* [out] which MTRR */
};
typedef struct xenpf_add_memtype xenpf_add_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_add_memtype_t);

#define XENPF_del_memtype 32
struct xenpf_del_memtype {
	uint32_t handle;		/* [in] 0 if unknown */
	uint32_t reg;			/* [in] */
};
typedef struct xenpf_del_memtype xenpf_del_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_del_memtype_t);

#define XENPF_read_memtype 33
struct xenpf_read_memtype {
	uint32_t reg;			/* [in] */
	xen_pfn_t mfn;			/* [out] */
	uint64_t nr_mfns;		/* [out] 0 if unused */
	uint32_t type;			/* [out] */
};
typedef struct xenpf_read_memtype xenpf_read_memtype_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_read_memtype_t);

/* Loads microcode on all CPUs. */
#define XENPF_microcode_update 35
struct xenpf_microcode_update {
	XEN_GUEST_HANDLE(const_void) data;	/* [in] */
	uint32_t length;			/* [in] bytes */
};
typedef struct xenpf_microcode_update xenpf_microcode_update_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_microcode_update_t);

/* What the control domain found out about the chipset. */
#define XENPF_platform_quirk 39
#define QUIRK_NOIRQBALANCING		1	/* leave I/O APIC destinations alone */
#define QUIRK_IOAPIC_BAD_REGSEL		2	/* the register select is not kept */
#define QUIRK_IOAPIC_GOOD_REGSEL	3	/* it is */
struct xenpf_platform_quirk {
	uint32_t quirk_id;		/* [in] QUIRK_* */
};
typedef struct xenpf_platform_quirk xenpf_platform_quirk_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_platform_quirk_t);

/* Runs an EFI runtime service; field meanings are the UEFI specification's. */
#define XENPF_efi_runtime_call 49
#define XEN_EFI_get_time			1
#define XEN_EFI_set_time			2
#define XEN_EFI_get_wakeup_time			3
#define XEN_EFI_set_wakeup_time			4
#define XEN_EFI_get_next_high_monotonic_count	5
#define XEN_EFI_get_variable			6
#define XEN_EFI_set_variable			7
#define XEN_EFI_get_next_variable_name		8
#define XEN_EFI_query_variable_info		9
#define XEN_EFI_query_capsule_capabilities	10
#define XEN_EFI_update_capsule			11

struct xenpf_efi_time {
	uint16_t year;
	uint8_t month;
	uint8_t day;
	uint8_t hour;
	uint8_t min;
	uint8_t sec;
	uint32_t ns;
	int16_t tz;			/* minutes from UTC */
	uint8_t daylight;
};

struct xenpf_efi_guid {
	uint32_t data1;
	uint16_t data2;
	uint16_t data3;
	uint8_t data4[8];
};

struct xenpf_efi_runtime_call {
	uint32_t function;		/* [in] XEN_EFI_* */
	uint32_t misc;			/* flags of the function; [out] the monotonic count */
	xen_ulong_t status;		/* [out] EFI_STATUS */
	union {
#define XEN_EFI_GET_TIME_SET_CLEARS_NS		0x00000001
		struct {
			struct xenpf_efi_time time;
			uint32_t resolution;
			uint32_t accuracy;
		} get_time;

		struct xenpf_efi_time set_time;

#define XEN_EFI_GET_WAKEUP_TIME_ENABLED		0x00000001
#define XEN_EFI_GET_WAKEUP_TIME_PENDING		0x00000002
		struct xenpf_efi_time get_wakeup_time;

#define XEN_EFI_SET_WAKEUP_TIME_ENABLE		0x00000001
#define XEN_EFI_SET_WAKEUP_TIME_ENABLE_ONLY	0x00000002
		struct xenpf_efi_time set_wakeup_time;

#define XEN_EFI_VARIABLE_NON_VOLATILE		0x00000001
#define XEN_EFI_VARIABLE_BOOTSERVICE_ACCESS	0x00000002
#define XEN_EFI_VARIABLE_RUNTIME_ACCESS		0x00000004
		struct {
			XEN_GUEST_HANDLE(void) name;	/* UTF-16 */
			xen_ulong_t size;		/* bytes of data */
			XEN_GUEST_HANDLE(void) data;
			struct xenpf_efi_guid vendor_guid;
		} get_variable, set_variable;

		struct {
			xen_ulong_t size;		/* bytes of name */
			XEN_GUEST_HANDLE(void) name;	/* UTF-16 */
			struct xenpf_efi_guid vendor_guid;
		} get_next_variable_name;

#define XEN_EFI_VARINFO_BOOT_SNAPSHOT		0x00000001
		struct {
			uint32_t attr;
			uint64_t max_store_size;
			uint64_t remain_store_size;
			uint64_t max_size;
		} query_variable_info;

		struct {
			XEN_GUEST_HANDLE(void) capsule_header_array;
			xen_ulong_t capsule_count;
			uint64_t max_capsule_size;
			uint32_t reset_type;
		} query_capsule_capabilities;

		struct {
			XEN_GUEST_HANDLE(void) capsule_header_array;
			xen_ulong_t capsule_count;
			uint64_t sg_list;		/* maddr */
		} update_capsule;
	} u;
};
typedef struct xenpf_efi_runtime_call xenpf_efi_runtime_call_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_efi_runtime_call_t);

/* What BIOS or EFI told the hypervisor at boot: item index of a type; -ESRCH if there is none. */
#define XENPF_firmware_info 50
#define XEN_FW_DISK_INFO		1	/* BIOS int 13h, functions 8, 41h, 48h */
#define XEN_FW_DISK_MBR_SIGNATURE	2
#define XEN_FW_VBEDDC_INFO		3	/* BIOS int 10h, 4f15h */
#define XEN_FW_EFI_INFO			4	/* index: the following */
#define XEN_FW_EFI_VERSION		0
#define XEN_FW_EFI_CONFIG_TABLE		1
#define XEN_FW_EFI_VENDOR		2
#define XEN_FW_EFI_MEM_INFO		3
#define XEN_FW_EFI_RT_VERSION		4
#define XEN_FW_EFI_PCI_ROM		5
#define XEN_FW_EFI_APPLE_PROPERTIES	6
#define XEN_FW_KBD_SHIFT_FLAGS		5	/* BIOS int 16h, function 2 */
struct xenpf_firmware_info {
	uint32_t type;			/* [in] XEN_FW_* */
	uint32_t index;			/* [in] */
	union {				/* [out] unless noted */
		struct {
			uint8_t device;			/* BIOS drive number */
			uint8_t version;		/* of the extensions */
			uint16_t interface_support;
			uint16_t legacy_max_cylinder;
			uint8_t legacy_max_head;
			uint8_t legacy_sectors_per_track;
			XEN_GUEST_HANDLE(void) edd_params;	/* [in] starts with its size,
								   16 bits */
		} disk_info;
		struct {
			uint8_t device;			/* BIOS drive number */
			uint32_t mbr_signature;
		} disk_mbr_signature;
		struct {
			uint8_t capabilities;
			uint8_t edid_transfer_time;
			XEN_GUEST_HANDLE(uint8) edid;	/* 128 bytes */
		} vbeddc_info;
		union xenpf_efi_info {
			uint32_t version;
			struct {
				uint64_t addr;		/* maddr of the table */
				uint32_t nent;
			} cfg;
			struct {
				uint32_t revision;
				uint32_t bufsz;			/* [in] bytes at name */
				XEN_GUEST_HANDLE(void) name;	/* UTF-16 */
			} vendor;
			struct {
				uint64_t addr;		/* [in] any byte of the region */
				uint64_t size;
				uint64_t attr;
				uint32_t type;
			} mem;
			struct {
				uint16_t segment;	/* [in] */
				uint8_t bus;		/* [in] */
				uint8_t devfn;		/* [in] */
				uint16_t vendor;	/* [in] */
				uint16_t devid;		/* [in] */
				uint64_t address;
				xen_ulong_t size;
			} pci_rom;
			struct {
				uint64_t address;
				xen_ulong_t size;
			} apple_properties;
		} efi_info;
		uint8_t kbd_shift_flags;
	} u;
};
typedef struct xenpf_firmware_info xenpf_firmware_info_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_firmware_info_t);

/* The last step of suspend or power off: writes the ACPI registers. */
#define XENPF_enter_acpi_sleep 51
struct xenpf_enter_acpi_sleep {
#if __XEN_INTERFACE_VERSION__ < 0x00040300
	uint16_t pm1a_cnt_val;
	uint16_t pm1b_cnt_val;
#else
	uint16_t val_a;			/* [in] PM1a control, or sleep type a if EXTENDED */
	uint16_t val_b;			/* [in] PM1b control, or sleep type b */
#endif
	uint32_t sleep_state;		/* [in] n of Sn */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001
	uint32_t flags;			/* [in] XENPF_ACPI_SLEEP_* */
};
typedef struct xenpf_enter_acpi_sleep xenpf_enter_acpi_sleep_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_enter_acpi_sleep_t);

/* The control domain changed a CPU's TSC frequency. */
#define XENPF_change_freq 52
struct xenpf_change_freq {
	uint32_t flags;			/* [in] 0 */
	uint32_t cpu;			/* [in] */
	uint64_t freq;			/* [in] Hz */
};
typedef struct xenpf_change_freq xenpf_change_freq_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_change_freq_t);

/* Idle time of physical CPUs, in ns since boot. */
#define XENPF_getidletime 53
struct xenpf_getidletime {
	XEN_GUEST_HANDLE(uint8) cpumap_bitmap;	/* [in] wanted, [out] those that exist */
	uint32_t cpumap_nr_cpus;		/* [in] bits in it */
	XEN_GUEST_HANDLE(uint64) idletime;	/* [out] by CPU; 0 where absent, kept if unasked */
	uint64_t now;				/* [out] system time of the readings */
};
typedef struct xenpf_getidletime xenpf_getidletime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_getidletime_t);

/* Passes on what ACPI says of a CPU's idle, performance and throttling states. */
#define XENPF_set_processor_pminfo 54

/* Bits of what the control domain leaves to the hypervisor. */
#define XEN_PROCESSOR_PM_CX	1
#define XEN_PROCESSOR_PM_PX	2
#define XEN_PROCESSOR_PM_TX	4

#define XEN_PM_CX	0
#define XEN_PM_PX	1
#define XEN_PM_TX	2
#define XEN_PM_PDC	3

/* Which of the ACPI objects xen_processor_performance carries. */
#define XEN_PX_PCT	1
#define XEN_PX_PSS	2
#define XEN_PX_PPC	4
#define XEN_PX_PSD	8

struct xen_power_register {
	uint32_t space_id;
	uint32_t bit_width;
	uint32_t bit_offset;
	uint32_t access_size;
	uint64_t address;
};

struct xen_processor_csd {
	uint32_t domain;
	uint32_t coord_type;
	uint32_t num;			/* CPUs in the domain */
};
typedef struct xen_processor_csd xen_processor_csd_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_csd_t);

struct xen_processor_cx {
	struct xen_power_register reg;	/* access enters the state */
	uint8_t type;			/* n of Cn */
	uint32_t latency;
	uint32_t power;			/* mW */
	uint32_t dpcnt;			/* entries at dp */
	XEN_GUEST_HANDLE(xen_processor_csd_t) dp;
};
typedef struct xen_processor_cx xen_processor_cx_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_cx_t);

struct xen_processor_flags {
	uint32_t bm_control : 1;
	uint32_t bm_check : 1;
	uint32_t has_cst : 1;
	uint32_t power_setup_done : 1;
	uint32_t bm_rld_set : 1;
};

struct xen_processor_power {
	uint32_t count;			/* entries at states */
	struct xen_processor_flags flags;
	XEN_GUEST_HANDLE(xen_processor_cx_t) states;
};

struct xen_pct_register {
	uint8_t descriptor;
	uint16_t length;
	uint8_t space_id;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t reserved;
	uint64_t address;
};

struct xen_processor_px {
	uint64_t core_frequency;	/* MHz */
	uint64_t power;			/* mW */
	uint64_t transition_latency;	/* us */
	uint64_t bus_master_latency;	/* us */
	uint64_t control;		/* value to write */
	uint64_t status;		/* value then read */
};
typedef struct xen_processor_px xen_processor_px_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_px_t);

struct xen_psd_package {
	uint64_t num_entries;
	uint64_t revision;
	uint64_t domain;
	uint64_t coord_type;
	uint64_t num_processors;
};

struct xen_processor_performance {
	uint32_t flags;			/* XEN_PX_* */
	uint32_t platform_limit;	/* _PPC: first state allowed */
	struct xen_pct_register control_register;
	struct xen_pct_register status_register;
	uint32_t state_count;		/* entries at states */
	XEN_GUEST_HANDLE(xen_processor_px_t) states;
	struct xen_psd_package domain_info;
#define XEN_CPUPERF_SHARED_TYPE_HW	1	/* hardware coordinates the domain */
#define XEN_CPUPERF_SHARED_TYPE_ALL	2	/* every CPU of it must be set */
#define XEN_CPUPERF_SHARED_TYPE_ANY	3	/* setting one is enough */
	uint32_t shared_type;
};
typedef struct xen_processor_performance xen_processor_performance_t;
DEFINE_XEN_GUEST_HANDLE(xen_processor_performance_t);

struct xenpf_set_processor_pminfo {
	uint32_t id;			/* [in] ACPI id of the CPU */
	uint32_t type;			/* [in] XEN_PM_* */
	union {
		struct xen_processor_power power;
		struct xen_processor_performance perf;
		XEN_GUEST_HANDLE(uint32) pdc;	/* [in/out] _PDC capabilities */
	} u;
};
typedef struct xenpf_set_processor_pminfo xenpf_set_processor_pminfo_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_set_processor_pminfo_t);

#define XENPF_get_cpuinfo 55
struct xenpf_pcpuinfo {
	uint32_t xen_cpuid;		/* [in] */
	uint32_t max_present;		/* [out] highest CPU number */
#define XEN_PCPU_FLAGS_ONLINE	1
#define XEN_PCPU_FLAGS_INVALID	2	/* no CPU of that number */
	uint32_t flags;			/* [out] XEN_PCPU_FLAGS_* */
	uint32_t apic_id;		/* [out] */
	uint32_t acpi_id;		/* [out] */
};
typedef struct xenpf_pcpuinfo xenpf_pcpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpuinfo_t);

#define XENPF_get_cpu_version 48
struct xenpf_pcpu_version {
	uint32_t xen_cpuid;		/* [in] */
	uint32_t max_present;		/* [out] highest CPU number */
	char vendor_id[12];		/* [out] as in CPUID 0, not terminated */
	uint32_t family;		/* [out] */
	uint32_t model;			/* [out] */
	uint32_t stepping;		/* [out] */
};
typedef struct xenpf_pcpu_version xenpf_pcpu_version_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpu_version_t);

#define XENPF_cpu_online 56
#define XENPF_cpu_offline 57
struct xenpf_cpu_ol {
	uint32_t cpuid;			/* [in] */
};
typedef struct xenpf_cpu_ol xenpf_cpu_ol_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_cpu_ol_t);

#define XENPF_cpu_hotadd 58
struct xenpf_cpu_hotadd {
	uint32_t apic_id;		/* [in] */
	uint32_t acpi_id;		/* [in] */
	uint32_t pxm;			/* [in] proximity domain */
};
typedef struct xenpf_cpu_hotadd xenpf_cpu_hotadd_t;

#define XENPF_mem_hotadd 59
struct xenpf_mem_hotadd {
	uint64_t spfn;			/* [in] first MFN */
	uint64_t epfn;			/* [in] MFN after the last */
	uint32_t pxm;			/* [in] proximity domain */
	uint32_t flags;
};
typedef struct xenpf_mem_hotadd xenpf_mem_hotadd_t;

/* How many CPUs ACPI's processor aggregator wants idle. */
#define XENPF_core_parking 60
#define XEN_CORE_PARKING_SET 1
#define XEN_CORE_PARKING_GET 2
struct xenpf_core_parking {
	uint32_t type;			/* [in] XEN_CORE_PARKING_* */
	uint32_t idle_nums;		/* [in] of SET, [out] of GET */
};
typedef struct xenpf_core_parking xenpf_core_parking_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_core_parking_t);

/*
 * A list of MSR accesses done in order on one CPU, not preempted. Returns how many succeeded; the
 * first that fails ends it and holds its errno. Reading IA32_TSC gives system time (ns), taken
 * together with the entry before it.
 */
#define XENPF_resource_op 61
#define XEN_RESOURCE_OP_MSR_READ	0
#define XEN_RESOURCE_OP_MSR_WRITE	1
struct xenpf_resource_entry {
	union {
		uint32_t cmd;		/* [in] XEN_RESOURCE_OP_* */
		int32_t ret;		/* [out] -errno, of the entry that failed */
	} u;
	uint32_t rsvd;			/* [in] 0 */
	uint64_t idx;			/* [in] MSR */
	uint64_t val;			/* [in] of a write, [out] of a read */
};
typedef struct xenpf_resource_entry xenpf_resource_entry_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_entry_t);

struct xenpf_resource_op {
	uint32_t nr_entries;		/* [in] */
	uint32_t cpu;			/* [in] */
	XEN_GUEST_HANDLE(xenpf_resource_entry_t) entries;
};
typedef struct xenpf_resource_op xenpf_resource_op_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_op_t);

/* Walks the hypervisor's symbol table; it ends when symnum does not change. */
#define XENPF_get_symbol 63
struct xenpf_symdata {
	uint32_t namelen;		/* [in] room at name, [out] the name's real length */
	uint32_t symnum;		/* [in] symbol, [out] the next one */
	XEN_GUEST_HANDLE(char) name;	/* [out] */
	uint64_t address;		/* [out] */
	char type;			/* [out] as nm prints it */
};
typedef struct xenpf_symdata xenpf_symdata_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_symdata_t);

struct xen_platform_op {
	uint32_t cmd;			/* XENPF_* */
	uint32_t interface_version;	/* XENPF_INTERFACE_VERSION */
	union {
		xenpf_settime_t settime;
		xenpf_settime32_t settime32;
		xenpf_settime64_t settime64;
		xenpf_add_memtype_t add_memtype;
		xenpf_del_memtype_t del_memtype;
		xenpf_read_memtype_t read_memtype;
		xenpf_microcode_update_t microcode;
		xenpf_platform_quirk_t platform_quirk;
		xenpf_efi_runtime_call_t efi_runtime_call;
		xenpf_firmware_info_t firmware_info;
		xenpf_enter_acpi_sleep_t enter_acpi_sleep;
		xenpf_change_freq_t change_freq;
		xenpf_getidletime_t getidletime;
		xenpf_set_processor_pminfo_t set_pminfo;
		xenpf_pcpuinfo_t pcpu_info;
		xenpf_pcpu_version_t pcpu_version;
		xenpf_cpu_ol_t cpu_ol;
		xenpf_cpu_hotadd_t cpu_add;
		xenpf_mem_hotadd_t mem_add;
		xenpf_core_parking_t core_parking;
		xenpf_resource_op_t resource_op;
		xenpf_symdata_t symdata;
		uint8_t pad[128];
	} u;
};
typedef struct xen_platform_op xen_platform_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_platform_op_t);

#endif /* __XEN_PUBLIC_PLATFORM_H__ */
