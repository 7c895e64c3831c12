"""What CONTRIBUTING says of the sources is so."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNSAFE = re.compile(r"\bunsafe (?:\{|impl\b|fn\b|extern\b)|\ballow\(unsafe_code\)")


def test_where_unsafe_code_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rule = re.search(r"^- \*\*Unsafe\*\* .*?; each block", text, re.MULTILINE | re.DOTALL)
    assert rule
    told = set(re.findall(r"`(src/[\w/.]+)`", rule.group()))
    sources = [path for path in (ROOT / "src").rglob("*.rs") if UNSAFE.search(path.read_text(encoding="utf-8"))]
    found = {str(path.relative_to(ROOT)) for path in sources}
    # It is lib.rs that allows it for all of src/ffi; of src/system, each file makes system calls.
    whole = ("src/ffi", "src/system")
    found = {"/".join(path.split("/")[:2]) if path.startswith(whole) else path for path in found - {"src/lib.rs"}}

    assert found == told
