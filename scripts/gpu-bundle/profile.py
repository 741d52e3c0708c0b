#!/usr/bin/env python3
"""Prints a table of what ncu measured: profile.py FILE, with FILE from ncu --csv --page raw.

A line each kernel. "-" stands for a metric that this ncu, or this GPU, does not have.
"""

import csv
import re
import sys

STALLED = re.compile(r"smsp__average_warps_issue_stalled_(\w+)_per_issue_active\.ratio$")

# Title, format, and the metrics that it may be, the preferred one first, each with what it is multiplied by.
COLUMNS = [
    ("us", "{:.1f}", [("gpu__time_duration.sum", 1e-3)]),
    ("issue%", "{:.1f}", [("smsp__issue_active.avg.pct_of_peak_sustained_active", 1),
                          ("smsp__issue_active.avg.per_cycle_active", 100),
                          ("sm__inst_issued.avg.pct_of_peak_sustained_active", 1)]),
    ("ipc", "{:.2f}", [("sm__inst_executed.avg.per_cycle_active", 1)]),
    *((f"{pipe}%", "{:.1f}",
       [(f"sm__inst_executed_pipe_{pipe}.avg.pct_of_peak_sustained_active", 1)])
      for pipe in ("alu", "fma", "xu", "lsu")),
    ("occ%", "{:.1f}", [("sm__warps_active.avg.pct_of_peak_sustained_active", 1)]),
    ("regs", "{:.0f}", [("launch__registers_per_thread", 1)]),
    ("l1%", "{:.1f}", [("l1tex__throughput.avg.pct_of_peak_sustained_active", 1)]),
    ("Mwave", "{:.2f}", [("l1tex__data_pipe_lsu_wavefronts_mem_shared.sum", 1e-6)]),
    ("Mconfl", "{:.2f}", [("l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum", 1e-6),
                          ("l1tex__data_bank_conflicts_pipe_lsu.sum", 1e-6)]),
    ("dram%", "{:.1f}", [("dram__throughput.avg.pct_of_peak_sustained_elapsed", 1),
                         ("gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed", 1)]),
    ("rd MB", "{:.0f}", [("dram__bytes_read.sum", 1e-6)]),
    ("wr MB", "{:.0f}", [("dram__bytes_write.sum", 1e-6)]),
]
LEGEND = """\
issue%: cycles in which a scheduler issued; alu% fma% xu% lsu%: pipes; occ%: warps of those that fit;
Mwave, Mconfl: millions of wavefronts in shared memory, and of bank conflicts; stalls: warps waiting for
each reason per issue, the largest first. Times are under the profiler, with cold caches."""
STALLS = 4


def number(text):
    """A value of ncu, which groups thousands; None where it is not a number."""
    try:
        return float(text.replace(",", ""))
    except (AttributeError, ValueError):
        return None


def read(lines):
    """The kernels in the order that they were launched in, each a dict of its metrics."""
    # The log has lines of ncu itself around the table.
    table = [line for line in lines if line.startswith('"')]
    kernels = {}
    for row in csv.DictReader(table):
        # The line below the header holds the units.
        if not row.get("ID"):
            continue
        kernel = kernels.setdefault(row["ID"], {"name": row["Kernel Name"].split("(")[0]})
        if "Metric Name" in row:
            kernel[row["Metric Name"]] = number(row["Metric Value"])
        else:
            kernel.update((name, number(value)) for name, value in row.items() if "__" in name)
    return list(kernels.values())


def cell(kernel, form, metrics):
    """The first of these metrics that the kernel has, as text."""
    found = (form.format(kernel[name] * scale) for name, scale in metrics
             if kernel.get(name) is not None)
    return next(found, "-")


def stalls(kernel):
    """The largest reasons for warps to wait."""
    found = ((match.group(1), value) for name, value in kernel.items()
             if (match := STALLED.match(name)) and value)
    largest = sorted((pair for pair in found if pair[0] != "selected"), key=lambda pair: -pair[1])
    return " ".join(f"{reason} {value:.2f}" for reason, value in largest[:STALLS]) or "-"


def line(kernel):
    """The cells of a kernel."""
    cells = (cell(kernel, form, metrics) for _, form, metrics in COLUMNS)
    return [kernel["name"], *cells, stalls(kernel)]


def main():
    with open(sys.argv[1], encoding="utf-8") as log:
        kernels = read(log)
    if not kernels:
        sys.exit(f"profile.py: {sys.argv[1]} has no kernels; what ncu said is in it")
    rows = [["kernel", *(column[0] for column in COLUMNS), "stalls"], *map(line, kernels)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print(" ".join([row[0].ljust(widths[0]), *cells, "", row[-1]]))
    print(LEGEND)


if __name__ == "__main__":
    main()
