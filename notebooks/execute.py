#!/usr/bin/env python3
"""Executes all notebooks from top to bottom; fails if one fails or holds outputs.

    python notebooks/execute.py               # as CI does
    python notebooks/execute.py --out FOLDER  # keep them with their outputs, as HTML too
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="keep executed notebooks here")
    parser.add_argument("names", nargs="*", help="only these")
    options = parser.parse_args()
    failed = False
    for path in sorted(HERE.glob("*.ipynb")):
        if options.names and path.name not in options.names:
            continue
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        if any(cell.get("outputs") for cell in notebook.cells):
            print(f"{path.name}: is committed with outputs")
            failed = True
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
        )
        try:
            client.execute()
            print(f"{path.name}: ok")
        except CellExecutionError as why:
            print(f"{path.name}: {why}")
            failed = True
        if options.out:
            keep(notebook, options.out, path.stem)
    return 1 if failed else 0


def keep(notebook, folder, stem):
    """Writes the notebook with its outputs, and as a page."""
    from nbconvert import HTMLExporter

    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{stem}.ipynb")
    page, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook)
    (folder / f"{stem}.html").write_text(page)


if __name__ == "__main__":
    sys.exit(main())
