"""Runs a notebook's cells, but for %pip, in IPython: python run_cells.py NOTEBOOK ROOT [colab]

ROOT stands for / in the cells, and with colab there is a google.colab whose mount() does nothing. Prints as JSON where and
how the cells ended.
"""

import json
import os
import sys
import types

from IPython.core.interactiveshell import InteractiveShell


def main():
    path, root, *colab = sys.argv[1:]
    if colab:
        module = types.ModuleType("google.colab")
        module.drive = types.SimpleNamespace(mount=lambda place: None)
        sys.modules["google.colab"] = module
        sys.modules["google"] = types.ModuleType("google")
    shell = InteractiveShell.instance()
    for source in sources(path):
        if "%pip" not in source:
            for name in ("/content/", "/kaggle/"):
                source = source.replace(f'"{name}', f'"{root}{name}')
            shell.run_cell(source).raise_error()
    end = shell.user_ns.get("end")
    found = {"folder": os.getcwd(), "out": str(shell.user_ns["out"]), "threads": os.environ["OMP_NUM_THREADS"], "hours": end and end.interval / 3600}  # fmt: skip
    print(json.dumps(found))


def sources(path):
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


if __name__ == "__main__":
    main()
