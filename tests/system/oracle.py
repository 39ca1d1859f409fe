# SPDX-License-Identifier: MIT
"""Compare what tools print on a hypervisor with what they print on Debian's Xen.

The oracle's outputs are had by running the same scenario on the same machine under Debian's Xen,
once: they are cached under a name made of everything that could change them. Outputs are
compared word by word, after the rules in compare.rules took out what differs from machine to
machine or run to run.
"""

import hashlib
import json
import os
import re

import bed
import bedpaths
import scenario

ORACLE_RUNS = 3
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compare.rules")


def load_rules(path=RULES):
    """[(section pattern, text pattern, replacement)] in file order; see the file for the format."""
    rules = []
    with open(path) as file:
        lines = file.read().splitlines()
    for line in lines:
        if line.strip() and not line.startswith("#"):
            section, pattern, replacement = re.split(r"\t+", line)[:3]
            rules.append((re.compile(section), re.compile(pattern), replacement))
    return rules


def normalise(name, lines, rules):
    """The section's lines with the rules applied, blanks squeezed; emptied lines are dropped."""
    kept = []
    for line in lines:
        for section, pattern, replacement in rules:
            if section.fullmatch(name):
                line = pattern.sub(replacement, line)
        words = " ".join(line.split())
        if words:
            kept.append(words)
    return kept


def cache_path(job):
    key = hashlib.sha256()
    for part in (bedpaths.packages("xen"), bedpaths.packages("dom0"), bedpaths.packages("qemu%d" % job.qemu),
                 job.body, json.dumps(job.keys, sort_keys=True), os.path.basename(job.root())):
        key.update(part.encode() + b"\0")
    directory = os.path.join(bedpaths.cache_dir(), "oracle")
    os.makedirs(directory, exist_ok=True)
    return os.path.join(directory, "%s-%s.json" % (job.name, key.hexdigest()[:16]))


def reference(job):
    """The oracle's sections for this job: name to (exit code, lines)."""
    path = cache_path(job)
    with bedpaths.locked(path + ".lock"):
        if not os.path.exists(path):
            save(path, reference_run(job))
    return {name: tuple(section) for name, section in json.load(open(path)).items()}


def reference_run(job):
    """The sections of a run that is fit to be a reference. Under this emulator Debian's Xen now and then lets a
    process of Dom0 die of a segmentation fault (see docs/testing.md); what such a run printed is nobody's standard."""
    for _ in range(ORACLE_RUNS):
        result = scenario.execute(job, "xen", job.log("oracle"))
        killed = [name for name, (code, _) in result.sections().items() if 128 < code < 160]  # by a signal
        if result.ok and not killed:
            return result.sections()
    raise bed.BedError("the scenario fails on the oracle itself (%s %s%s)" % (
        result.ended, result.why, ", killed: " + " ".join(killed) if killed else ""))


def save(path, sections):
    with open(path + ".new", "w") as out:
        json.dump(sections, out, indent=1)
    os.rename(path + ".new", path)


def first_difference(wanted, got):
    for index in range(max(len(wanted), len(got))):
        left = wanted[index] if index < len(wanted) else "(nothing)"
        right = got[index] if index < len(got) else "(nothing)"
        if left != right:
            return "line %d: Xen prints '%s', here '%s'" % (index + 1, left, right)
    return None


def verdicts(job, hypervisor, result):
    """One verdict per output; on the oracle itself the rules are proven: it must match its cached self."""
    wanted, got, rules = reference(job), result.sections(), load_rules()
    found = []
    for name in sorted(set(wanted) | set(got)):
        why = None
        if name not in got or name not in wanted:
            why = "no such output %s" % ("here" if name not in got else "of Xen")
        elif wanted[name][0] != got[name][0]:
            why = "exit code %d, Xen's is %d: %s" % (got[name][0], wanted[name][0], " ".join(got[name][1][:2]))
        else:
            why = first_difference(normalise(name, wanted[name][1], rules), normalise(name, got[name][1], rules))
        found.append(("FAIL" if why else "PASS", "same-" + name, why or ""))
    return found
