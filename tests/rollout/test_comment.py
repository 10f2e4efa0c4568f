"""The comment of a pull request: everything where it fits, and the headlines always."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.comment import LIMIT, MARKER, comment, main, unjudged

LINK = "https://github.com/o/r/actions/runs/1"


def impact(stack: str, *, table: int = 40, diff: int = 200) -> str:
    head = f"### {stack}: blue 100 → blue 90 · green 10\n\n{'t' * table}\n"
    return f"{head}\n<details><summary>Pulumi's diff</summary>\n\n{'d' * diff}\n\n</details>\n"


def test_what_fits_is_whole_and_in_order() -> None:
    parts = {"qa-nx": impact("qa-nx"), "prod-bj": impact("prod-bj")}
    written = comment(parts, LINK)
    assert written.startswith(f"{MARKER}\n### qa-nx")
    assert written.index(parts["qa-nx"]) < written.index(parts["prod-bj"])
    assert LINK not in written


def test_nothing_changed() -> None:
    assert comment({}, LINK) == f"{MARKER}\nThis pull request changes no stack.\n"


def test_the_longest_diff_goes_first() -> None:
    parts = {"dev-bj": impact("dev-bj", diff=60_000), "prod-bj": impact("prod-bj", diff=30_000)}
    written = comment(parts, LINK)
    assert "### dev-bj" in written
    assert "d" * 30_000 in written
    assert "d" * 30_001 not in written
    assert f"[all of it]({LINK})" in written
    assert written.count("<details>") == written.count("</details>") == 1


def test_headlines_stay_where_not_even_the_summaries_fit() -> None:
    parts = {f"s{number}": impact(f"s{number}", table=31_000) for number in range(6)}
    written = comment(parts, LINK)
    assert len(written) <= LIMIT < sum(map(len, parts.values()))
    assert [stack for stack in parts if f"### {stack}: blue 100" in written] == list(parts)


@given(
    st.dictionaries(
        st.text("abc-", min_size=1, max_size=8),
        st.builds(impact, st.just("x"), table=st.integers(0, 400), diff=st.integers(0, 900)),
        max_size=6,
    ),
    st.integers(200, 3_000),
)
def test_it_is_never_too_long_and_never_cut_inside_a_fold(parts: dict[str, str], limit: int) -> None:
    written = comment(parts, LINK, limit)
    assert len(written) <= limit
    assert written.startswith(MARKER)
    assert written.count("<details>") == written.count("</details>")


def test_an_error_stands_in_for_an_impact_without_breaking_out_of_its_block() -> None:
    told = unjudged("prod-bj", "Pulumi.prod-bj.yaml: ```\n# no\nmake[1]: *** [Makefile:1: impact] Error 2\n")
    assert told == "### prod-bj: not judged\n\n```text\nPulumi.prod-bj.yaml: ʼʼʼ\n# no\n```\n"
    assert "without a word" in unjudged("prod-bj", "make: *** Error 1\n")
    assert len(unjudged("prod-bj", "x" * 99_999)) < 5_000


def test_the_command_reads_what_make_impact_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dev-bj.md").write_text(impact("dev-bj"), encoding="utf-8")
    (tmp_path / "dev-bj.err").write_text("a warning of no account", encoding="utf-8")
    (tmp_path / "prod-bj.md").write_text("> a caveat\n\n", encoding="utf-8")
    (tmp_path / "prod-bj.err").write_text("the file is wrong", encoding="utf-8")
    main([str(tmp_path), "dev-bj", "prod-bj", "qa-nx", "--link", LINK])
    written = capsys.readouterr().out
    assert impact("dev-bj") in written
    assert "no account" not in written
    assert "> a caveat\n\n### prod-bj: not judged\n\n```text\nthe file is wrong\n" in written
    assert "### qa-nx: not judged" in written
