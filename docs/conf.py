"""Sphinx configuration: executed examples, reference from docstrings, one bibliography; builds offline."""

from __future__ import annotations

import re
from typing import Any

import equipoise

project = "equipoise"
author = "The equipoise developers"
project_copyright = author
version = release = equipoise.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.bibtex"]
exclude_patterns = ["_build", "jupyter_execute"]
needs_sphinx = "7.3"

html_theme = "furo"
html_title = f"equipoise {version}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["wrap.css"]

# Markdown with formulas; every code cell runs when the docs are built, and an exception fails the build.
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# The public names of a subpackage are those of its `__all__`; a callable object shows how it is called.
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "special-members": "__call__"}
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Array", "RealArray", "ComplexArray", "ArrayLike")}
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"


def name_aliases(*event: Any) -> tuple[str | None, str | None]:
    """Write an alias inside a union by its name: Sphinx shows `TypeAliasForwardRef('RealArray') | None`."""
    signature, returns = (text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text) for text in event[-2:])
    return signature, returns


def whole_first_line(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep `words: more` at the top of a property together: Napoleon takes the words for its type."""
    types = [k for k, line in enumerate(lines) if line.startswith(":type: ")]
    if what == "property" and types:
        lines[0] = f"{lines[types[0]].removeprefix(':type: ')}: {lines[0]}"
        del lines[types[0] - 1 : types[0] + 1]


def setup(app: Any) -> None:
    app.connect("autodoc-process-signature", name_aliases)
    app.connect("autodoc-process-docstring", whole_first_line, priority=600)
