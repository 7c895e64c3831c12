"""Generates the manual pages below DIRECTORY/man3: one per function and type of the C header, and libesa(3).

Usage: manual.py DIRECTORY VERSION

Descriptions are the header's comments. What follows from a signature, for example who releases what, is written here.
Examples are the programs in examples/c/man. Each is named after the function whose page shows it.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
import textwrap
from pathlib import Path

import header
from header import Declaration, Member

EXAMPLES = header.ROOT / "examples" / "c" / "man"
FIRST_EXAMPLE = "esa_create_routine_related_record"
CONFIGURATION_EXAMPLE = "esa_config_new"
EVENT_LOOP_EXAMPLE = "esa_multi_step"
# How libesa(3) lists the functions: each is in the first group whose pattern its name begins with, or in the last.
GROUPS = {
    "Configuration": r"esa_(config|credentials|lock)_",
    "Clients": r"esa_client_",
    "Calls": r"esa_(?!\w+_(start|finish)$)(bulk|call_action|cancel|get_match_site|\w+_routine_related_record)",
    "Calls for an event loop": r"esa_(multi|pending)_|\w+_(start|finish)$",
    "Requests that others send": r"esa_(sign|signed_request|read_reply)",
    "Errors, names and versions": "",
}
SECTION = 3
WIDTH = 78


class _Manual:
    def __init__(self, version: str) -> None:
        self._declarations = header.declarations()
        self._by_name = {declaration.name: declaration for declaration in self._declarations}
        self._version = version
        self._examples = {path.stem: path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.c"))}

    def write(self, directory: Path) -> None:
        """Every page; links for the macros, which are on the pages of others."""
        (directory / _file("libesa")).write_text(self._overview(), encoding="utf-8")
        for declaration in self._declarations:
            path = directory / _file(declaration.name)
            path.unlink(missing_ok=True)
            if declaration.kind == "macro":
                path.symlink_to(_file(self._page_of(declaration.name)))
            else:
                path.write_text(self._page(declaration), encoding="utf-8")

    def _page_of(self, name: str) -> str:
        """A macro is on the page of what it belongs to: ESA_STATS_INIT on that of esa_stats, ESA_NONE on libesa(3)."""
        if self._by_name[name].kind != "macro":
            return name
        owner = name.lower().removesuffix("_init")
        return owner if owner in self._by_name else "libesa"

    def _page(self, declaration: Declaration) -> str:
        make = {
            "function": self._function,
            "struct": self._struct,
            "enum": self._enum,
            "callback": self._callback,
            "object": self._object,
        }[declaration.kind]
        parts = [
            self._head(declaration.name, _summary(declaration.doc)),
            *make(declaration),
            self._example(declaration.name),
            self._see_also(declaration),
        ]
        return "".join(parts)

    def _head(self, name: str, summary: str) -> str:
        summary = "\n".join(textwrap.wrap(f"{_code(name)} \\- {_code(summary)}", WIDTH, break_long_words=False))
        return (
            f'.TH {_code(name.upper())} {SECTION} {_date()} "libesa {self._version}" "libesa manual"\n'
            f".SH NAME\n{summary}\n"
            ".SH LIBRARY\nlibesa\n(\\fB\\-lesa\\fP, or \\fBpkg\\-config \\-\\-cflags \\-\\-libs libesa\\fP)\n"
        )

    # --- one page for each kind of declaration ---

    def _function(self, function: Declaration) -> list[str]:
        parameters = [member.name for member in function.parameters]
        description, returns, threads = _sorted_out(function.doc)
        return [
            _synopsis(function.text),
            _section("DESCRIPTION", self._prose(description, parameters)),
            _section("RETURN VALUE", self._prose(returns or _returns_by_signature(function), parameters)),
            _section("ERRORS", self._prose(_errors(function), parameters)),
            _section("OWNERSHIP", self._prose(self._ownership(function), parameters)),
            _section("THREADS", self._prose(threads or _threads_by_signature(function), parameters)),
        ]

    def _struct(self, struct: Declaration) -> list[str]:
        initialiser = next((name for name in self._by_name if name == f"{struct.name.upper()}_INIT"), None)
        macro = f"\n\nstruct {struct.name} variable = {initialiser};" if initialiser else ""
        fields = "".join(f"    {each.declaration};\n" for each in struct.members)
        return [
            _synopsis(f"typedef struct {struct.name} {{\n{fields}}} {struct.name};{macro}"),
            _section("DESCRIPTION", self._prose(struct.doc)),
            _section("FIELDS", self._list(struct.members)),
        ]

    def _enum(self, enum: Declaration) -> list[str]:
        return [
            _synopsis(f"typedef int32_t {enum.name};"),
            _section("DESCRIPTION", self._prose(f"{enum.doc}\n\nLater versions may add values.")),
            _section("VALUES", self._list(enum.members)),
        ]

    def _callback(self, callback: Declaration) -> list[str]:
        parameters = [member.name for member in callback.parameters]
        return [_synopsis(callback.text), _section("DESCRIPTION", self._prose(callback.doc, parameters))]

    def _object(self, object_: Declaration) -> list[str]:
        functions = [each for each in self._of_kind("function") if _takes_or_gives(each, object_.name)]
        return [
            _synopsis(object_.text),
            _section("DESCRIPTION", self._prose(object_.doc)),
            _section("FUNCTIONS", self._summaries(functions)),
        ]

    def _overview(self) -> str:
        title, _, rules = header.introduction().partition("\n\n")
        rules = re.sub(r"^Made from .*? The rules", "The rules", rules, flags=re.DOTALL)
        types = self._of_kind("object", "struct", "enum", "callback")
        return "".join(
            [
                self._head("libesa", title.removeprefix("libesa: ").rstrip(".")),
                _synopsis("#include <esa.h>\n\ncc program.c $(pkg-config --cflags --libs libesa)", include=False),
                _section("DESCRIPTION", self._prose(rules)),
                _section("FUNCTIONS", self._groups(self._of_kind("function"))),
                _section("TYPES", self._summaries(types)),
                self._example(FIRST_EXAMPLE),
                _section("SEE ALSO", _references([FIRST_EXAMPLE, "esa_client_new", "esa_error"])),
            ]
        )

    # --- parts of pages ---

    def _of_kind(self, *kinds: str) -> list[Declaration]:
        return [declaration for declaration in self._declarations if declaration.kind in kinds]

    def _ownership(self, function: Declaration) -> str:
        """Who releases what, by the header's rules."""
        parts = []
        if function.returns == "const char *":
            parts.append("The string belongs to the library: don't release it.")
        elif self._opened(function.returns) and "(const " in function.text:
            parts.append("What is returned keeps its owner.")
        elif self._opened(function.returns):
            parts.append(
                f"What is returned is the caller's: release it with {self._release(function, function.returns)}."
            )
        copied, kept = [], []
        for parameter in function.parameters:
            name, type_ = parameter.name, parameter.declaration
            if type_.endswith("**"):
                parts.append(f"`*{name}` is the caller's: release it with {self._release(function, type_)}.")
            elif name == "pending" and function.name.endswith("_finish"):
                parts.append("`pending` is released, unless `ESA_ERR_INVALID_ARGUMENT` is returned.")
            elif function.name.endswith("_free"):
                parts.append(f"`{name}` is released, and must not be used any more.")
            elif type_ == "const char *":
                copied.append(f"`{name}`")
            elif type_.endswith("*"):
                kept.append(f"`{name}`")
        if copied:
            parts.append(
                f"The library copies {_and(copied)}; {'they stay' if copied[1:] else 'it stays'} the caller's."
            )
        if kept:
            parts.append(f"{_and(kept)} {'keep their' if kept[1:] else 'keeps its'} owner.")
        return " ".join(parts) or "No object changes its owner."

    def _opened(self, type_: str) -> str:
        """The name of the struct that a pointer is to; "" for anything else."""
        match = re.search(r"struct (\w+) \*", type_)
        return match[1] if match else ""

    def _release(self, function: Declaration, type_: str) -> str:
        """The functions that release what `type_` points to. A started call has two."""
        release = f"{self._opened(type_)}_free"
        if release not in self._by_name:
            raise ValueError(f"there is no {release}()")
        if release != "esa_pending_free":
            return f"`{release}()`"
        finish = function.name.removesuffix("_start") + "_finish"
        return f"{f'`{finish}()`' if finish in self._by_name else 'its `_finish` function'} or `{release}()`"

    def _example(self, name: str) -> str:
        if name in self._examples:
            return _section("EXAMPLE", _verbatim(self._examples[name].strip()))
        used = [stem for stem, text in self._examples.items() if re.search(rf"\b{name}\b", text)]
        if not used and name.endswith(("_start", "_finish")):
            used = [EVENT_LOOP_EXAMPLE]
        if not used and re.match(GROUPS["Configuration"], name):
            used = [CONFIGURATION_EXAMPLE]
        if not used:
            return ""
        where = FIRST_EXAMPLE if FIRST_EXAMPLE in used else used[0]
        return _section("EXAMPLE", f"See {_reference(where)}.\n")

    def _see_also(self, declaration: Declaration) -> str:
        parts = [declaration.doc, declaration.text]
        parts += [f"{member.declaration} {member.doc}" for member in declaration.members]
        text = " ".join(parts)
        mentioned = [name for name in re.findall(r"\b(?:esa|ESA)_\w+", text) if name in self._by_name]
        others = {self._page_of(name) for name in mentioned} - {declaration.name}
        others |= {f"{declaration.name}_start"} & self._by_name.keys()
        return _section("SEE ALSO", _references([*sorted(others - {"libesa"}), "libesa"]))

    def _groups(self, functions: list[Declaration]) -> str:
        groups: dict[str, list[Declaration]] = {title: [] for title in GROUPS}
        for function in functions:
            title = next(title for title, pattern in GROUPS.items() if re.match(pattern, function.name))
            groups[title].append(function)
        return "".join(f".SS {title}\n{self._summaries(members)}" for title, members in groups.items())

    def _summaries(self, declarations: list[Declaration]) -> str:
        return "".join(
            f".TP\n{_reference(each.name)}\n{self._prose(_capitalised(_summary(each.doc)) + '.')}"
            for each in declarations
        )

    def _list(self, members: list[Member]) -> str:
        return "".join(f".TP\n\\fB{_code(_shown(each))}\\fP\n{self._prose(each.doc)}" for each in members)

    def _prose(self, text: str, parameters: list[str] | None = None) -> str:
        """Paragraphs of a comment; the first one has no macro before it, the next ones are apart."""
        return ".PP\n".join(self._paragraph(paragraph, parameters or []) for paragraph in text.split("\n\n"))

    def _paragraph(self, paragraph: str, parameters: list[str]) -> str:
        lead, *items = _lead_and_items(paragraph)
        listed = [f".IP \\(bu 2\n{self._lines(item.removeprefix('- '), parameters)}" for item in items]
        return self._lines(lead, parameters) + "".join(listed)

    def _lines(self, paragraph: str, parameters: list[str]) -> str:
        lines = []
        for sentence in _sentences(paragraph):
            for line in textwrap.wrap(sentence, WIDTH - 20, break_long_words=False, break_on_hyphens=False):
                lines.append(_not_a_request(self._inline(line, parameters)))
        return "\n".join(lines) + "\n"

    def _inline(self, line: str, parameters: list[str]) -> str:
        """Code in bold, parameters in italics, functions with the section of their page."""

        def marked(match: re.Match[str]) -> str:
            code = match[1] or match[2]
            if code.removesuffix("()") in self._by_name and code.endswith("()"):
                return _reference(code.removesuffix("()"))
            font = "I" if code.lstrip("*") in parameters else "B"
            return f"\\f{font}{_code(code)}\\fP"

        parts = re.split(r"(`[^`]+`|\b(?:esa|ESA)_\w+(?:\(\))?)", line)
        marks = [re.sub(r"`([^`]+)`|(.+)", marked, part) if at % 2 else _text(part) for at, part in enumerate(parts)]
        return "".join(marks)


def _shown(member: Member) -> str:
    """A field by its name, an enumerator with its number."""
    return member.declaration if member.name.startswith("ESA_") else member.name


def _synopsis(code: str, include: bool = True) -> str:
    head = "#include <esa.h>\n\n" if include else ""
    code = re.sub(r"\bstruct (esa_\w+)(?= \*| variable)", r"\1", code)
    if "{" not in code and any(len(line) > WIDTH for line in code.split("\n")):
        code = code.replace("(", "(\n    ", 1) if "typedef" not in code else code.replace(")(", ")(\n    ", 1)
        code = re.sub(r",\s+", ",\n    ", code)
    return _section("SYNOPSIS", _verbatim(head + code))


def _sorted_out(comment: str) -> tuple[str, str, str]:
    """A function's comment: its description, what it says of the result, and of threads."""
    description: list[str] = []
    returns: list[str] = []
    threads: list[str] = []
    for paragraph in comment.split("\n\n"):
        kept: list[str] = []
        into = kept
        lead, *items = _lead_and_items(paragraph)
        for sentence in _sentences(lead):
            if re.match(r"Returns\b", sentence):
                into = returns
            if re.match(r"(Any|One|Several) (number of )?threads?\b", sentence):
                threads.append(sentence)
            else:
                into.append(sentence)
        into += items
        if kept:
            description.append("\n".join(kept))
    return "\n\n".join(description), "\n".join(returns), " ".join(threads)


def _returns_by_signature(function: Declaration) -> str:
    if function.returns == "void":
        return "None."
    if function.returns == "esa_status":
        return "`ESA_OK`, or the kind of failure."
    return _capitalised(_summary(function.doc)) + "."


def _errors(function: Declaration) -> str:
    if function.returns != "esa_status":
        return "None are defined."
    kinds = "`esa_status` has all kinds of failure."
    if any(parameter.declaration == "struct esa_error **" for parameter in function.parameters):
        return (
            "If the function fails and `error` isn't NULL, `*error` is set. It has the kind of failure, what the call "
            f"did, and advice: see `esa_error`. {kinds}"
        )
    return f"The return value is the kind of failure. {kinds}"


def _threads_by_signature(function: Declaration) -> str:
    pointers = [parameter for parameter in function.parameters if parameter.declaration.endswith("*")]
    if not pointers:
        return "Any thread, at any time."
    first = pointers[0]
    if first.name in ("multi", "pending"):
        return "One thread at a time may use a multi and its calls."
    if first.declaration in ("const struct esa_client *", "const struct esa_cancel *"):
        return f"Any number of threads may call this with one `{first.name}` at once."
    return f"One thread at a time may use `{first.name}`."


def _takes_or_gives(function: Declaration, type_: str) -> bool:
    return bool(re.search(rf"\b{type_}\b", function.text))


def _summary(comment: str) -> str:
    """What the first sentence says before it goes into details, and without examples, as it stands behind a name."""
    first = _sentences(" ".join(comment.split("\n\n")[0].split()))[0].replace("`", "").rstrip(".")
    first = re.sub(r", such as [^,]+,?| \([^()]*\)", "", re.split(r"[:;] ", first)[0])
    return first if first[1:2].isupper() else first[0].lower() + first[1:]


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]


def _sentences(paragraph: str) -> list[str]:
    return re.split(r"(?<=[.!?]) (?=[A-Z`\"*])", paragraph)


def _lead_and_items(paragraph: str) -> list[str]:
    """What a paragraph says, and the items of its list, each of which begins with a dash."""
    return [" ".join(part.split()) for part in re.split(r"\n(?=- )", paragraph)]


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _section(title: str, body: str) -> str:
    return f".SH {title}\n{body}"


def _verbatim(code: str) -> str:
    lines = [_not_a_request(_code(line)) for line in code.split("\n")]
    return ".nf\n" + "\n".join(lines) + "\n.fi\n"


def _references(names: list[str]) -> str:
    return ",\n".join(_reference(name) for name in names) + "\n"


def _reference(name: str) -> str:
    return f"\\fB{_code(name)}\\fP(3)"


def _file(name: str) -> str:
    return f"{name}.{SECTION}"


def _text(text: str) -> str:
    return text.replace("\\", "\\e").replace("~", "\\(ti").replace("^", "\\(ha")


def _code(text: str) -> str:
    """Escapes text that is typed literally: no typographic quotes and hyphens."""
    return _text(text).replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")


def _not_a_request(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _date() -> str:
    """The date of the header, or of the release by the convention of reproducible builds."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or header.HEADER.stat().st_mtime
    return datetime.datetime.fromtimestamp(float(seconds), datetime.timezone.utc).strftime("%Y-%m-%d")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    directory, version = Path(sys.argv[1]) / "man3", sys.argv[2]
    directory.mkdir(parents=True, exist_ok=True)
    _Manual(version).write(directory)


if __name__ == "__main__":
    main()
