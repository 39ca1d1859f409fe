# SPDX-License-Identifier: MIT
#@ about: 32-bit processes, entering the kernel by int 0x80 and by the vDSO's choice for the processor
#@ progs: compat32
#@ run max: cpu=max
#@ run epyc: cpu=EPYC smp=2
#@ run skylake: cpu=Skylake-Server
# Every way in and out again, with all that is patched in for CPUs that need it.
#@ run mitigated: cpu=max smp=2 options=spec-ctrl=rsb,md-clear,bti-thunk=retpoline
#@ run mitigated-skylake: cpu=Skylake-Server options=spec-ctrl=rsb,md-clear,bti-thunk=lfence

check compat32 compat32
