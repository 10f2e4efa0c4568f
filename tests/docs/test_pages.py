"""The pages are as the code is, and their links lead somewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.reference import PAGES

ROOT = Path(__file__).parent.parent.parent
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES)
def test_a_reference_is_as_the_code_says(page: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == PAGES[page](), "write it anew: make docs"


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    built = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--strict"], cwd=tmp_path, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "eks-bluegreen" in (tmp_path / "build" / "site" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md"))]
)
def test_links_to_files_lead_somewhere(page: str) -> None:
    at = (ROOT / page).parent
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (at / link).exists()] == []
