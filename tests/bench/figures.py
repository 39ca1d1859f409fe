# SPDX-License-Identifier: MIT
"""Figures of whole runs, kept in docs/performance/NAME.tsv: what tests/bench/report and tests/bench/charts read.

A table's first line is its title, the second its columns: operation, unit, those measured, goal. Columns that begin with "Serai"
are ours, "native" is a machine without a hypervisor, the others are what we are compared with. Of a unit that ends in "/s" more is
better, of the others less.
"""

import os

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs/performance")
ORDER = ("run", "toolstack", "store", "devices", "pvh")  # of the report; the names are those of the scripts that measure


class Table:
    def __init__(self, title, columns, rows):
        """rows: [(operation, unit, [figure of each column, or None], goal or None)]"""
        self.title, self.columns, self.rows = title, columns, rows

    def best(self, row, ours):
        """The best figure of Serai's columns, or of those it is compared with; None if there is none."""
        found = [figure for column, figure in zip(self.columns, row[2])
                 if figure is not None and column != "native" and column.startswith("Serai") == ours]
        return (max if more_is_better(row[1]) else min)(found) if found else None

    def native(self, row):
        return row[2][self.columns.index("native")] if "native" in self.columns else None


def more_is_better(unit):
    return unit.endswith("/s")


def cost(figure, base, unit):
    """How much it costs beside the base: less than 1 is better, whatever the unit. None if one of them is missing."""
    if figure is None or not base or not figure:
        return None
    return base / figure if more_is_better(unit) else figure / base


def path(name):
    return os.path.join(FOLDER, name + ".tsv")


def keep(name, table):
    def cell(figure):
        return "" if figure is None else "%.10g" % figure

    os.makedirs(FOLDER, exist_ok=True)
    with open(path(name), "w") as out:
        out.write("# %s\n" % table.title)
        out.write("\t".join(["operation", "unit", *table.columns, "goal"]) + "\n")
        for operation, unit, figures, goal in table.rows:
            out.write("\t".join([operation, unit, *map(cell, figures), cell(goal)]) + "\n")


def load(name):
    def number(text):
        return float(text) if text else None

    lines = open(path(name)).read().splitlines()
    columns = lines[1].split("\t")[2:-1]
    rows = []
    for line in lines[2:]:
        operation, unit, *figures, goal = line.split("\t")
        rows.append((operation, unit, [number(figure) for figure in figures], number(goal)))
    return Table(lines[0].lstrip("# "), columns, rows)


def growth():
    """tests/bench/growth's own table: {name: {cell: [(x, figure)]}}, texts as they stand there."""
    found = {}
    for line in open(path("growth")):
        if not line.startswith("#"):
            name, cell, x, figure = line.rstrip("\n").split("\t")
            found.setdefault(name, {}).setdefault(cell, []).append((x, figure))
    return found
