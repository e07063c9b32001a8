#!/usr/bin/env python3
"""Compares docs/from-pytorch.md with PyTorch and with our modules; says what is wrong and ends with status 1 if anything is.

    scripts/compare-with-pytorch.py FOLDER      # of the symbol graphs that scripts/symbol-graphs.sh wrote

- Every public name of a module of PyTorch that has a section is in the first column of one of its tables, or in a row of the section
  of what is missing, by itself or by a pattern with `*`.
- Every name in a first column is one of PyTorch's.
- Every name in a second column is one of ours: of a declaration, or, before a colon, of an argument.
"""

import fnmatch
import importlib
import json
import pathlib
import re
import sys
import types

import torch

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs" / "from-pytorch.md"
MODULES = [
    "torch", "torch.Tensor", "torch.nn", "torch.nn.Module", "torch.nn.functional", "torch.nn.init", "torch.optim",
    "torch.optim.lr_scheduler", "torch.nn.utils", "torch.autograd", "torch.utils.data",
]
# Swift's own, and what examples call things.
KNOWN = set("Float Double Int64 Int32 UInt8 Bool self in true model optimizer layer path".split())


def public(name):
    """The names of a module or class that begin with no underscore, without those that it merely imports."""
    parent, _, last = name.rpartition(".")
    try:
        thing = importlib.import_module(name)
    except ImportError:
        thing = getattr(importlib.import_module(parent), last)
    names = {each for each in dir(thing) if not each.startswith("_")}
    if name == "torch.Tensor" or name == "torch.nn.Module":
        return names
    return {each for each in names if not comes_from_python(getattr(thing, each))}


def comes_from_python(value):
    """Whether a module merely imports it from Python's own library, or from NumPy."""
    home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None) or ""
    return home != "builtins" and home.split(".")[0] in sys.stdlib_module_names | {"numpy", "typing_extensions"}


def tables(text):
    """The rows of each section: (PyTorch's module or "", first column, second column)."""
    section, missing = "", False
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
            missing = heading.startswith("What is missing")
            section = heading
        elif line.startswith("### ") and missing:
            section = line[4:].strip()
        elif line.startswith("| ") and not line.startswith("| ---"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells[0] not in ("PyTorch", "Missing"):
                yield section, missing, cells


def spans(cell):
    return re.findall(r"`([^`]+)`", cell)


def our_names(folder):
    names, labels = set(), set()
    for path in pathlib.Path(folder).glob("*.symbols.json"):
        for symbol in json.loads(path.read_text())["symbols"]:
            title = symbol["pathComponents"][-1]
            names.update(part.split("(")[0] for part in symbol["pathComponents"])
            labels.update(re.findall(r"(\w+):", title))
    return names, labels


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    names, labels = our_names(sys.argv[1])
    if not names:
        sys.exit(f"there are no symbol graphs in {sys.argv[1]}: run scripts/symbol-graphs.sh {sys.argv[1]}")
    theirs = {module: public(module) for module in MODULES}
    mapped = {module: set() for module in MODULES}
    patterns = {module: [] for module in MODULES}
    problems = []

    for section, missing, cells in tables(PAGE.read_text()):
        modules = ["torch", "torch.Tensor"] if section == "torch and torch.Tensor" else [section]
        modules = [module for module in modules if module in theirs]
        if not modules:
            continue
        for name in spans(cells[0]):
            found = [module for module in modules if fnmatch.filter(theirs[module], name)]
            if not found:
                problems.append(f"{section}: PyTorch {torch.__version__} has no `{name}`")
            for module in found:
                if missing:
                    patterns[module].append(name)
                else:
                    mapped[module].add(name)
        if missing:
            continue
        for code in spans(cells[1]):
            if code.startswith(("lockstep ", "--")):
                continue
            code = re.sub(r'"[^"]*"', "", code)
            for word, colon in re.findall(r"([A-Za-z_]\w*)(:?)", code):
                if colon and word in labels or word in names or word in KNOWN or len(word) == 1:
                    continue
                problems.append(f"{section}: we have no `{word}` (in `{code}`)")

    # A method that is a function too, and what changes its tensor, are listed once.
    both = mapped["torch"] | mapped["torch.Tensor"]
    ways = patterns["torch"] + patterns["torch.Tensor"]
    mapped["torch"] = mapped["torch.Tensor"] = both
    patterns["torch"] = patterns["torch.Tensor"] = ways
    for module in MODULES:
        known, ways = mapped[module], patterns[module]

        def is_known(name):
            return name in known or any(fnmatch.fnmatchcase(name, way) for way in ways)

        left = sorted(
            name for name in theirs[module]
            if not is_known(name) and not (module in ("torch", "torch.Tensor") and name.endswith("_") and is_known(name[:-1]))
        )
        if left:
            problems.append(f"{module}: neither given nor said to be missing: {', '.join(left)}")
        for way in ways:
            if "*" not in way and way in known:
                problems.append(f"{module}: `{way}` is given and said to be missing")

    for problem in dict.fromkeys(problems):
        print(problem)
    counts = {module: (len(theirs[module] & mapped[module]), len(theirs[module])) for module in MODULES}
    print(f"PyTorch {torch.__version__}: " + ", ".join(f"{module} {have} of {all_}" for module, (have, all_) in counts.items()))
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
