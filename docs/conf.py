"""How the documentation is built: ``python -m sphinx -W docs build/docs``. Every cell is run; nothing is fetched."""

import os
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
