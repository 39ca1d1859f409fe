# SPDX-License-Identifier: MIT
#@ about: 32-bit processes, entering the kernel by int 0x80 and by the vDSO's choice for the processor
#@ progs: compat32
#@ run max: cpu=max
#@ run epyc: cpu=EPYC smp=2
#@ run skylake: cpu=Skylake-Server

check compat32 compat32
