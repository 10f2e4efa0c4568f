"""Texts of files, bent as editors, merges and attackers bend them."""

from hypothesis import strategies as st

__all__ = ["bent_text"]

LINES = (
    "<<<<<<< HEAD", "=======", ">>>>>>> theirs", "---", "...", "%YAML 1.1", "# note", "\t", "config:",
    "  dkms:active: green", "  dkms:weights: {blue: 1_0, green: 0o132}", "  dkms:tags: &a [*a]",
    "  dkms:tags: &a {b: &a c}", "  <<: *a", "  <<: {a: 1}", "  dkms:tags: {when: 2026-02-30}",
    "  dkms:tags: {when: 2026-02-28}", "  dkms:tags: {? [a] : b}", "  dkms:tags: {1: 2}",
    "  dkms:tags: !!python/object:os.system x", "  dkms:tags: !!set {a}", "  dkms:protect: !!bool x",
    "  dkms:entry: |", "  dkms:tags: {a: .nan}", "  ? dkms:tags", "  dkms:active: !!int ''",
    "  dkms:tags: {secure: v1:x}", "extra: &x [*x]", f"deep: {'[' * 2000}", f"n: {'9' * 5000}",
    "bomb: [&a [x,x,x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b], [*c,*c,*c,*c,*c,*c,*c]]",
)  # fmt: skip


@st.composite
def bent_text(draw: st.DrawFn, texts: st.SearchStrategy[bytes]) -> bytes:  # noqa: C901 - a case for each way
    """A text with lines lost, doubled, moved, indented or brought in, and bytes that are not what they were."""
    lines = draw(texts).decode().split("\n")
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(lines) - 1)))
        match draw(st.sampled_from(["lose", "double", "move", "indent", "insert", "cut"])):
            case "lose":
                del lines[place : place + 1]
            case "double":
                lines[place:place] = lines[place : place + 1]
            case "move":
                lines.append(lines.pop(place) if lines else "")
            case "indent":
                lines[place : place + 1] = [f"  {line}" for line in lines[place : place + 1]]
            case "cut":
                lines[place : place + 1] = [line[: draw(st.integers(0, 40))] for line in lines[place : place + 1]]
            case _:
                lines.insert(place, draw(st.sampled_from(LINES)))
    text = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines).encode()
    match draw(st.sampled_from(["", "", "", "BOM", "UTF-16", "bytes", "end"])):
        case "BOM":
            return b"\xef\xbb\xbf" + text
        case "UTF-16":
            return text.decode().encode("utf-16")
        case "bytes":
            place = draw(st.integers(0, len(text)))
            return text[:place] + draw(st.binary(min_size=1, max_size=3)) + text[place:]
        case "end":
            return text[: draw(st.integers(0, len(text)))]
        case _:
            return text
