# SPDX-License-Identifier: MIT
"""Types and constants of an object file, read from its DWARF.

A type is described by what the ABI promises: for scalars kind and size, for pointers what they
point to, for structures and unions the total size and every named leaf field with its bit offset,
bit width and type. Anonymous members are transparent, so only what C code can name matters.
"""
import os
import struct

from elftools.elf.elffile import ELFFile

ENCODING = {1: "address", 2: "bool", 4: "float", 5: "int", 6: "char", 7: "uint", 8: "uchar"}
SKIP = ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type")
AGGREGATES = ("DW_TAG_structure_type", "DW_TAG_union_type")
KEYWORD = {"DW_TAG_structure_type": "struct", "DW_TAG_union_type": "union",
           "DW_TAG_enumeration_type": "enum", "DW_TAG_typedef": "typedef",
           "DW_TAG_subprogram": "function"}


def attr(die, name, default=None):
    found = die.attributes.get("DW_AT_" + name)
    if found is None:
        return default
    return found.value.decode() if isinstance(found.value, bytes) else found.value


def target(die):
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None


def strip(die):
    """Through typedefs and qualifiers to the real type; None is void."""
    while die is not None and die.tag in SKIP:
        die = target(die)
    return die


def dimensions(die):
    dims = []
    for child in die.iter_children():
        if child.tag == "DW_TAG_subrange_type":
            if "DW_AT_count" in child.attributes:
                dims.append(attr(child, "count"))
            else:
                bound = attr(child, "upper_bound", -1)
                dims.append(bound + 1 if isinstance(bound, int) and bound < 2 ** 63 else 0)
    return dims


def scalar(die):
    """A one-line description of a type that has no fields of its own."""
    if die is not None and die.tag == "DW_TAG_const_type":
        return "const " + scalar(target(die))
    if die is not None and die.tag in SKIP:
        return scalar(target(die))
    if die is None:
        return "void"
    if die.tag == "DW_TAG_pointer_type":
        return f"pointer{8 * attr(die, 'byte_size', 0)} to ({scalar(target(die))})"
    if die.tag == "DW_TAG_array_type":
        return f"array{dimensions(die)} of {scalar(target(die))}"
    if die.tag == "DW_TAG_subroutine_type":
        return "function"
    if die.tag == "DW_TAG_enumeration_type":
        return f"enum{8 * attr(die, 'byte_size')}"
    if die.tag in AGGREGATES:
        return f"{KEYWORD[die.tag]} {attr(die, 'name', '')} size {attr(die, 'byte_size', '?')}"
    return f"{ENCODING.get(attr(die, 'encoding'), '?')}{8 * attr(die, 'byte_size')}"


def bit_offset(member):
    if "DW_AT_data_bit_offset" in member.attributes:
        return attr(member, "data_bit_offset")
    base = 8 * attr(member, "data_member_location", 0)
    if "DW_AT_bit_size" in member.attributes:
        # DWARF 4 counts a bit-field's position from the big end of its storage unit.
        unit = 8 * attr(member, "byte_size", attr(strip(target(member)), "byte_size"))
        return base + unit - attr(member, "bit_offset") - attr(member, "bit_size")
    return base


def flatten(die, prefix, base, fields):
    """Adds every nameable field of an aggregate: path -> (bit offset, bit width, description)."""
    for member in die.iter_children():
        if member.tag != "DW_TAG_member":
            continue
        name, kind = attr(member, "name"), target(member)
        inner, dims, where = strip(kind), [], base + bit_offset(member)
        while inner is not None and inner.tag == "DW_TAG_array_type":
            dims += dimensions(inner)
            inner = strip(target(inner))
        path = prefix + (name or "")
        aggregate = inner is not None and inner.tag in AGGREGATES
        if name:
            width = attr(member, "bit_size", 0)
            what = f"{KEYWORD[inner.tag]} size {attr(inner, 'byte_size', 0)}" if aggregate \
                else scalar(inner)
            fields[path] = (where, width, what + (f" {dims}" if dims else ""))
        if aggregate:
            flatten(inner, path + "." if name else prefix, where, fields)


def describe(die):
    real = strip(die)
    if real is not None and real.tag in AGGREGATES:
        fields = {}
        flatten(real, "", 0, fields)
        return {"size": attr(real, "byte_size", 0), "kind": KEYWORD[real.tag], "fields": fields}
    return {"size": 0, "kind": scalar(die), "fields": {}}


def function(die):
    args = [scalar(target(c)) for c in die.iter_children() if c.tag == "DW_TAG_formal_parameter"]
    return {"size": 0, "kind": f"{scalar(target(die))} ({', '.join(args)})", "fields": {}}


def files(dwarf, unit):
    """Real paths by DWARF 4 file index."""
    header = dwarf.line_program_for_CU(unit).header
    top = unit.get_top_DIE()
    paths = {}
    for index, entry in enumerate(header.file_entry, 1):
        folder = header.include_directory[entry.dir_index - 1].decode() if entry.dir_index else ""
        paths[index] = os.path.realpath(os.path.join(attr(top, "comp_dir", "/"), folder,
                                                     entry.name.decode()))
    return paths


def enumerators(die):
    return {attr(c, "name"): attr(c, "const_value") for c in die.iter_children()}


def collect(dwarf, header, root):
    constants, all_constants, types, all_types = {}, {}, {}, {}
    for unit in dwarf.iter_CUs():
        paths = files(dwarf, unit)
        root_xen = os.path.realpath(os.path.join(root, "xen")) + "/"
        for die in unit.get_top_DIE().iter_children():
            if die.tag not in KEYWORD or "DW_AT_declaration" in die.attributes:
                continue
            path = paths.get(attr(die, "decl_file"), "")
            mine, name = path == header, attr(die, "name")
            if die.tag == "DW_TAG_enumeration_type":
                found = enumerators(die)
                all_constants.update(found)
                if mine:
                    constants.update(found)
            if not name or not path.startswith(root_xen):
                continue
            desc = function(die) if die.tag == "DW_TAG_subprogram" else describe(die)
            all_types[f"{KEYWORD[die.tag]} {name}"] = desc
            if mine:
                types[f"{KEYWORD[die.tag]} {name}"] = desc
    return constants, all_constants, types, all_types


def symbol_bytes(elf, name):
    symbol = elf.get_section_by_name(".symtab").get_symbol_by_name(name)[0]
    data = elf.get_section(symbol["st_shndx"]).data()
    return data[symbol["st_value"]:symbol["st_value"] + symbol["st_size"]]


def read(path, header, root):
    """(values of the probe array as (value, type index), collect()'s four tables)."""
    with open(path, "rb") as stream:
        elf = ELFFile(stream)
        raw = symbol_bytes(elf, "probe_values")
        values = list(struct.iter_unpack("<qq", raw))[:-1]
        return values, collect(elf.get_dwarf_info(), header, root)


def differences(name, ref, our):
    """What is wrong with our description of a type, as sentences."""
    found = []
    if ref["kind"] != our["kind"]:
        found.append(f"{name} is {our['kind']}, should be {ref['kind']}")
    if ref["size"] != our["size"]:
        found.append(f"{name} has {our['size']} bytes, should have {ref['size']}")
    for path, field in ref["fields"].items():
        other = our["fields"].get(path)
        if other is None:
            found.append(f"{name}.{path} missing")
        elif other != field:
            found.append(f"{name}.{path} is {place(other)}, should be {place(field)}")
    return found


def place(field):
    offset, width, what = field
    return f"{what}{f':{width}' if width else ''} at bit {offset}"
