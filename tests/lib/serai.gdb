# SPDX-License-Identifier: MIT
# gdb macros: `make gdb` loads them. current works on the CPU gdb looks at.
set pagination off
target remote :1234

define cpuinfo
	set $ci = (struct cpu_info *)(($rsp | 0x7fff) + 1 - sizeof(struct cpu_info))
	p *$ci
end
document cpuinfo
What the hypervisor keeps at the top of this CPU's stack: guest registers, current vCPU, CPU number.
end

define curvcpu
	set $ci = (struct cpu_info *)(($rsp | 0x7fff) + 1 - sizeof(struct cpu_info))
	p *$ci->current_vcpu
end
document curvcpu
The vCPU this CPU runs.
end

define domains
	set $d = domain_list
	while $d
		printf "d%d at %p: %d vCPUs, %d pages\n", $d->domain_id, $d, $d->max_vcpus, $d->tot_pages
		set $d = $d->next
	end
end
document domains
All domains.
end
