"""How the documentation is built: ``python -m sphinx -W docs build/docs``. Every cell is run; nothing is fetched."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_tools")]  # the simulator, and what pages are read with
os.environ.pop("COLUMNS", None)

project = "Thread-interleaving simulator"
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["tutorial.ipynb", "_tools"]  # the notebook is made from tutorial.md, which is a page
copyright = "the authors of the simulator"
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["pictures.css"]
html_copy_source = False
html_show_sphinx = False

nb_custom_formats = {".md": "pages.read"}  # which runs the cells, too
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "text/html", 10), ("html", "image/svg+xml", 20)]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100


def reachable(app, pagename, templatename, context, doctree):
    """Mend what readers without a mouse, or without the picture of a page, would trip over in what Sphinx writes.

    Code that is wider than the page scrolls with the keyboard, too; the parameters of a long signature are no list of
    definitions, though Sphinx lays them out as one.
    """
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    context["body"] = re.sub(r"<dl>\n((?:<dd>.*?</dd>\n?)+)</dl>", _lines_of_their_own, body, flags=re.DOTALL)


def _lines_of_their_own(match):
    lines = match[1].replace("<dd>", "<div>").replace("</dd>", "</div>")
    return f'<div class="parameters">\n{lines}</div>'


def setup(app):
    app.connect("html-page-context", reachable)
