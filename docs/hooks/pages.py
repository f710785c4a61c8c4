"""What the site has besides the pages in docs/: README, changelog and benchmarks, and the notebook as a page.

All links are written for who reads the files in a checkout or on a forge; here they are turned to the site's pages.
"""

import html
import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).resolve().parents[2]
ELSEWHERE = {"index.md": "README.md", "changelog.md": "CHANGELOG.md", "benchmarks.md": "benchmarks/README.md"}
"""Pages by the files that they show."""
NOTEBOOK = "notebook"
WIDE = {"index.md", "faults.md"}
"""Pages whose drawings and tables need the room of the table of contents."""
_PAGES = {f"docs/{NOTEBOOK}.ipynb": f"{NOTEBOOK}.md", **{source: page for page, source in ELSEWHERE.items()}}

SHIM_THERE = "https://unpkg.com/iframe-worker/shim"
"""What Material loads so that pages that are opened from a disk can be searched."""
SHIM_HERE = "assets/iframe-worker-1.0.4.min.js"

_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")
"""A link to a file of the repository."""
_ROLE = re.compile(r":(?:meth|class|func|attr|mod):<code>[~.]*([^<]*)</code>")
"""What docstrings say to Sphinx."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages."""
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(REPOSITORY / source).read_text(encoding="utf-8")))
    notebook = json.loads((REPOSITORY / "docs" / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    files.append(File.generated(config, f"{NOTEBOOK}.md", content=as_markdown(notebook)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links to files into links to pages; those to files that are no page become plain words."""
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    source = PurePosixPath(ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def turned(link: re.Match[str]) -> str:
        target = os.path.normpath(source.parent / link["target"])
        place = _PAGES.get(target, target.removeprefix("docs/"))
        place = link["target"] if place == page.file.src_uri else place  # the notebook itself, to be fetched
        file = files.get_file_from_path(place)
        if file is None:
            return link["text"]
        named = link["text"].endswith((".md", ".ipynb")) and file.page and file.page.title
        text = file.page.title if named and file.page else link["text"]
        here = os.path.relpath(place, PurePosixPath(page.file.src_uri).parent)
        return f"[{text}]({here}{link['anchor'] or ''})"

    return _LINK.sub(turned, markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leaves out of docstrings what only Sphinx understands."""
    return _ROLE.sub(r"<code>\1</code>", content)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Lets nothing be loaded from elsewhere."""
    return output.replace(SHIM_THERE, os.path.relpath(SHIM_HERE, PurePosixPath(page.file.dest_uri).parent))


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """The same, for pages that are in no folder."""
    return output.replace(SHIM_THERE, SHIM_HERE)


def as_markdown(notebook: dict[str, Any]) -> str:
    """Returns a notebook as a page: texts, code, and what the code printed and drew when it was last run."""
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
        else:
            parts += [f"```python\n{text}\n```", *map(_output, cell["outputs"])]
    title, *others = parts
    how = f"[Fetch it]({NOTEBOOK}.ipynb) and run it yourself; below each cell stands what it said when it was last run."
    return "\n\n".join([title, how, *others])


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return f'<img alt="What the cell draws" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f'<pre class="output">{html.escape(text)}</pre>'
