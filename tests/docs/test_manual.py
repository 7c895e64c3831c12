"""The manual pages: one for everything in the header, in good form, with examples that run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "stage"
PAGES = sorted((STAGE / "share" / "man" / "man3").iterdir())
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES}
SECTIONS = ["NAME", "LIBRARY", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "ERRORS", "OWNERSHIP", "THREADS"]
SECTIONS += ["EXAMPLE", "SEE ALSO"]
EXAMPLES = sorted((ROOT / "examples" / "c" / "man").glob("*.c"))
# What each prints, in an account without records.
PRINTED = {
    "esa_bulk_next": r"one\.example\.com: ESA_ORIGIN_CREATED\ntwo\.example\.com: ESA_ORIGIN_CREATED\n",
    "esa_call_action": r'\{.*"Routines":.*\}\n',
    "esa_cancel_trigger": r"",
    "esa_config_new": r"example\.com, by the keys of the configuration\na call takes 20000 ms at most\n",
    "esa_config_set_credentials_provider": r"callback\n",
    "esa_config_set_log": r"1 requests over 1 connections\n",
    "esa_config_set_write_lock": r"acquired, for a lease\nreleased\n",
    "esa_config_set_write_lock_file": r"acquired the lock 1 times\n",
    "esa_create_routine_related_record": r"created record \d+\n",
    "esa_delete_routine_related_record": r"it was gone already\n",
    "esa_ensure_routine_related_record": r"RoutineNotExist\nCheck the routine's name.*\n",
    "esa_ensure_routine_related_records": r"1 of 2: ESA_ORIGIN_CREATED\n2 of 2: ESA_ORIGIN_CREATED\n",
    "esa_get_match_site": r"54362329990032 example.com\n",
    "esa_list_routine_related_records": r"",
    "esa_multi_step": r"c\.example\.com: example\.com\n",
    "esa_pending_cancel": r"cancelled\.example\.com: ESA_ERR_CANCELLED\n",
    "esa_read_reply": r"nothing has changed: try again in 2000 ms\n",
    "esa_sign_action": r"GET http://127\.0\.0\.1:\d+/\?RecordName=app\.example\.com\n(host|authorization|x-acs-[a-z0-9-]+|\n)+",
    "esa_sign_with": r"GET https://esa\.cn-hangzhou\.aliyuncs\.com/\?SiteId=7\n",
    "esa_version": r"libesa \d+\.\d+\.\d+\n",
}


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_function_has_a_page_with_every_section() -> None:
    symbols = run("nm", "-D", "--defined-only", STAGE / "lib" / "libesa.so").splitlines()
    functions = {symbol.split()[-1] for symbol in symbols}

    assert len(functions) > 40
    for function in functions:
        page = TEXTS[function]
        sections = re.findall(r"^\.SH (.*)$", page, re.MULTILINE)
        assert sections == SECTIONS, function
        assert f"{function}(" in page.split(".SH SYNOPSIS")[1].split(".SH ")[0]
        assert not re.search(r"^\.SH .*\n(?=\.SH)", page, re.MULTILINE), f"{function} has an empty section"


def test_the_pages_say_what_the_header_says_where_one_looks_for_it() -> None:
    assert "\n.SH RETURN VALUE\nReturns a static string; don't free it.\n.SH" in TEXTS["esa_version"]
    assert "\n.SH THREADS\nAny thread may call this, any number of times;" in TEXTS["esa_cancel_trigger"]
    assert "release it with\n\\fBesa_client_free\\fP(3)" in TEXTS["esa_client_new"]
    assert "\n.TP\n\\fBESA_ERR_TIMEOUT = 204\\fP\nA time limit passed.\n" in TEXTS["esa_status"]
    assert "\n.TP\n\\fBtimeout_ms\\fP\nHow long the whole call may take" in TEXTS["esa_call_options"]
    assert TEXTS["ESA_CALL_OPTIONS_INIT"] == TEXTS["esa_call_options"]


@pytest.mark.parametrize(
    ("function", "summary"),
    [
        ("esa_config_set_max_concurrent_writes", "sets how many of a client's writes may be under way at once"),
        ("esa_config_set_ca_file", "sets a file of certificate authorities to trust instead of the built-in ones"),
        ("esa_config_set_user_agent", "appends the caller's own product to the User-Agent header"),
        ("esa_status_name", "gets the enumerator's name for a value of esa_status"),
        ("esa_config_set_timeout", "sets how long a whole call may take, in milliseconds, whatever it does"),
    ],
)
def test_a_page_s_summary_is_a_whole_sentence(function: str, summary: str) -> None:
    name = TEXTS[function].split(".SH NAME\n")[1].split(".SH ")[0]

    shown = " ".join(name.replace("\\(aq", "'").replace("\\-", "-").split())
    assert shown == f"{function} - {summary}"


def test_a_list_of_the_header_is_a_list_of_the_page() -> None:
    returned = TEXTS["esa_multi_new"].split(".SH RETURN VALUE\n")[1].split(".SH ")[0]

    assert ":\n.IP \\(bu 2\n\\fBESA_ERR_INVALID_ARGUMENT\\fP: \\fImulti\\fP is NULL.\n.IP \\(bu 2\n" in returned
    assert "\n- " not in "".join(TEXTS.values())


def test_macros_that_belong_to_no_type_are_on_the_page_of_the_library() -> None:
    for macro in ("ESA_UNLIMITED", "ESA_NONE", "ESA_NODISCARD", "ESA_NONNULL", "ESA_DEPRECATED"):
        assert TEXTS[macro] == TEXTS["libesa"]
        assert macro in TEXTS["libesa"]


@pytest.mark.parametrize("page", sorted(TEXTS))
def test_a_page_refers_to_each_other_page_once(page: str) -> None:
    references = re.findall(r"\\fB(\w+)\\fP\(3\)", TEXTS[page].split(".SH SEE ALSO")[1])

    assert len(references) == len(set(references))


def test_a_call_for_an_event_loop_says_what_releases_it_and_where_there_is_an_example() -> None:
    start, finish = TEXTS["esa_get_match_site_start"], TEXTS["esa_delete_routine_related_record_finish"]

    released = "release it with\n\\fBesa_get_match_site_finish\\fP(3) or \\fBesa_pending_free\\fP(3)."
    assert released in start
    assert "\\fIpending\\fP is released, unless" in finish
    assert ".SH OWNERSHIP\nWhat is returned keeps its owner.\n" in TEXTS["esa_multi_current"]
    assert ".SH EXAMPLE\nSee \\fBesa_multi_step\\fP(3).\n" in finish
    assert "\\fBesa_get_match_site_start\\fP(3)" in TEXTS["esa_get_match_site"].split(".SH SEE ALSO")[1]


def test_the_overview_has_groups_of_functions() -> None:
    groups = re.split(r"^\.SS ", TEXTS["libesa"].split(".SH FUNCTIONS\n")[1].split(".SH ")[0], flags=re.MULTILINE)
    functions = {group.split("\n")[0]: re.findall(r"^\.TP\n\\fB(\w+)\\fP", group, re.MULTILINE) for group in groups[1:]}

    assert functions["Calls for an event loop"][0] == "esa_multi_new"
    assert "esa_get_match_site_start" in functions["Calls for an event loop"]
    assert "esa_get_match_site" in functions["Calls"]
    assert "esa_call_action" in functions["Calls"]
    assert functions["Requests that others send"] == [
        "esa_sign_action",
        "esa_sign_with",
        "esa_signed_request_free",
        "esa_read_reply",
    ]
    listed = [name for group in functions.values() for name in group]
    assert sorted(listed) == sorted(
        path.stem for path in PAGES if ".SH RETURN VALUE\n" in TEXTS[path.stem] and not path.is_symlink()
    )


def test_every_reference_leads_to_a_page() -> None:
    for name, page in TEXTS.items():
        for reference in re.findall(r"\\fB(\w+)\\fP\(3\)", page):
            assert reference in TEXTS, f"{name} refers to {reference}"


@pytest.mark.parametrize("command", ["groff -man -ww -z -Tutf8", "mandoc -T lint -W style"])
def test_the_pages_are_in_good_form(command: str) -> None:
    if not shutil.which(command.split()[0]):
        pytest.skip(f"LEFT OUT: there is no {command.split()[0]}")

    assert run(*command.split(), *PAGES) == ""


def test_man_finds_them() -> None:
    if not shutil.which("man"):
        pytest.skip("LEFT OUT: there is no man")
    for name, shown in {"libesa": "edge-routine records", "ESA_STATS_INIT": "typedef struct esa_stats"}.items():
        text = run("man", "-M", STAGE / "share" / "man", "3", name, MANPAGER="cat", LC_ALL="C")
        assert shown in re.sub(r".\x08", "", text)


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    library = [f"-I{STAGE}/include", f"-L{STAGE}/lib", f"-Wl,-rpath,{STAGE}/lib", "-lesa"]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    run(*(os.environ.get("CC") or "cc").split(), *strict, example, "-o", program, *library)
    with Emulator() as emulator:
        key = {"ID": emulator.access_key_id, "SECRET": emulator.access_key_secret}
        account = {f"ALIBABA_CLOUD_ACCESS_KEY_{name}": value for name, value in key.items()}
        vault = {f"VAULT_{name}": value for name, value in key.items()}
        none = {"ALIBABA_CLOUD_SECURITY_TOKEN": "", "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
        done = subprocess.run(
            [program],
            cwd=tmp_path,
            env={**os.environ, **none, **account, **vault, "ESA_ENDPOINT": emulator.url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(PRINTED[example.stem], done.stdout)


def test_the_first_example_is_the_one_of_the_readme() -> None:
    example = (ROOT / "examples/c/man/esa_create_routine_related_record.c").read_text(encoding="utf-8")

    assert f"```c\n{example}```" in (ROOT / "README.md").read_text(encoding="utf-8")
