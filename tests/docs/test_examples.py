"""The examples behave alike: output, errors and exit statuses. Those that drive calls by an event loop do, too."""

import base64
import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from libesa.emulator import Emulator
from programs import environment_of, go, interruptible

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "target" / "examples"
LANGUAGES = ["c", "cpp", "go", "python"]
# The languages in which there is a create_record.
CREATORS = [*LANGUAGES, "rust"]
SITE_ID = "54362329990032"
# The languages in which there is an event_loop.
EVENT_LOOPS = ["cpp"]
# The languages whose call_action creates and publishes a routine, and those that leave HTTP to libesa: theirs
# deletes it again.
CALL_ACTIONS = ["go", "python"]
CALLERS = ["c", "cpp"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=LANGUAGES)
def example(request: pytest.FixtureRequest) -> str:
    """The language of an example."""
    return str(request.param)


def command(program: str, example: str) -> list[str]:
    if example == "python":
        return [sys.executable, str(ROOT / "examples" / "python" / f"{program}.py")]
    if example == "go":
        go()
    return [str(BUILT / f"{program}_{example}")]


def kind(example: str, name: str) -> str:
    """What an example calls a kind of failure: Go and Rust have names of their own."""
    if example == "go":
        return {"IO": "IO"}.get(name, name.capitalize())
    return name.capitalize() if example == "rust" else f"ESA_ERR_{name}"


def run(
    example: str,
    emulator: Emulator,
    *arguments: str,
    program: str = "create_record",
    stdin: str = "",
    **environment: str,
) -> tuple[int, str, str]:
    done = subprocess.run(
        [*command(program, example), *arguments],
        env=environment_of(emulator, HOME="", **environment),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("example", CREATORS)
def test_a_record_is_created(example: str, emulator: Emulator) -> None:
    name = f"{example}.example.com"

    status, out, err = run(example, emulator, "test-routine1", SITE_ID, name)

    assert (status, err) == (0, "")
    assert re.fullmatch(rf"created record \d{{15,16}} for {re.escape(name)} \(request [0-9A-F-]{{36}}\)\n", out)


@pytest.mark.parametrize("example", CREATORS)
def test_a_refusal_is_explained(example: str, emulator: Emulator) -> None:
    status, out, err = run(example, emulator, "no-such-routine", SITE_ID, "refused.example.com")

    assert (status, out) == (3, "")
    assert re.fullmatch(
        r"error: RoutineNotExist: The routine name does not exist\. Check the routine name and try again\.\n"
        r"  advice: Check the routine's name; create the routine first, .*\n"
        r"  request id: [0-9A-F-]{36}\n"
        r"  outcome: the service refused\n",
        err,
    )


@pytest.mark.parametrize("example", CREATORS)
def test_an_unknown_outcome_has_its_own_status(example: str, emulator: Emulator) -> None:
    name = f"lost-{example}.example.com"
    emulator.add_fault(parameters={"RecordName": name}, when="after", times=0, wire={"kind": "drop"})
    emulator.add_fault(parameters={"SearchKeyWord": name}, times=0, wire={"kind": "drop"})

    status, out, err = run(example, emulator, "test-routine1", SITE_ID, name)

    assert (status, out) == (4, "")
    assert err.startswith(f"error: {kind(example, 'IO')}: ")
    assert "; reading back failed: " in err
    assert err.endswith("  outcome: unknown: the record may exist\n")


@pytest.mark.parametrize("example", CREATORS)
def test_nothing_is_sent_without_credentials(example: str, emulator: Emulator) -> None:
    status, out, err = run(
        example, emulator, "test-routine1", SITE_ID, "none.example.com", ALIBABA_CLOUD_ACCESS_KEY_ID=""
    )

    assert (status, out) == (5, "")
    assert err.startswith(f"error: {kind(example, 'CREDENTIALS')}: ")
    assert err.endswith("  outcome: nothing was sent\n")


@pytest.mark.parametrize("example", CREATORS)
@pytest.mark.parametrize("arguments", [[], ["test-routine1", "12x", "a.example.com"], ["test-routine1", SITE_ID, ""]])
def test_a_wrong_argument_has_its_own_status(example: str, emulator: Emulator, arguments: list[str]) -> None:
    status, out, err = run(example, emulator, *arguments)

    assert (status, out) == (2, "")
    assert err


@pytest.mark.parametrize(
    ("program", "example"),
    [("create_record", language) for language in CREATORS] + [("bind_domains", language) for language in LANGUAGES],
)
def test_there_is_help(program: str, example: str, emulator: Emulator) -> None:
    status, out, err = run(example, emulator, "--help", program=program)

    assert (status, err) == (0, "")
    assert program in out
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in out


@pytest.mark.parametrize("example", ["c", "cpp", "go", "rust"])
def test_an_interrupt_cancels_the_call_and_the_outcome_is_told(example: str, emulator: Emulator) -> None:
    name = f"interrupted-{example}.example.com"
    emulator.add_fault(parameters={"RecordName": name}, wire={"kind": "hang"})
    command_line = [*command("create_record", example), "test-routine1", SITE_ID, name]
    with interruptible(command_line, environment_of(emulator, HOME="")) as process:
        while not any(request["parameters"].get("RecordName") == name for request in emulator.requests()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (4, "")
    assert err.startswith(f"error: {kind(example, 'CANCELLED')}: ")
    assert err.endswith("  outcome: unknown: the record may exist\n")


@pytest.mark.parametrize("example", CALLERS)
def test_an_action_is_called_by_its_name(example: str, emulator: Emulator) -> None:
    emulator.reset()

    status, out, err = run(example, emulator, "called", program="call_action")

    assert (status, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["CreateRoutine", "GetRoutine", "DeleteRoutine"]
    assert '"Description":"made by call_action"' in out.splitlines()[1]


@pytest.mark.parametrize("example", CALLERS)
def test_what_became_of_a_called_action_is_told(example: str, emulator: Emulator) -> None:
    emulator.reset()

    emulator.add_fault(action="CreateRoutine", reply={"code": "RoutineUserServiceStatusHalt"})
    status, out, err = run(example, emulator, "refused", program="call_action")
    assert (status, out) == (3, "")
    assert "RoutineUserServiceStatusHalt" in err
    assert "advice" in err

    emulator.add_fault(action="CreateRoutine", wire={"kind": "drop"}, times=0)
    status, out, err = run(example, emulator, "lost", program="call_action")
    assert (status, out) == (4, "")
    assert "read back" in err
    assert run(example, emulator, program="call_action")[0] == 2


NAMES = """
# The names of a shop.
a.example.com
b.example.com   # the second

\tc.example.com\r
not-ours.elsewhere.org
d.example.com
"""


def bind(example: str, emulator: Emulator, names: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    given = ["--routine", "test-routine1", "--site-id", SITE_ID, *arguments, "-"]
    return run(example, emulator, *given, program="bind_domains", stdin=names, **environment)


def test_names_are_bound_and_those_that_fail_are_explained(example: str, emulator: Emulator) -> None:
    emulator.reset()

    for created in (4, 0):
        status, out, err = bind(example, emulator, NAMES)

        assert status == 3
        assert out == f"5 names: {created} created, {4 - created} there already, 1 failed\n"
        assert re.fullmatch(
            r"not-ours\.elsewhere\.org: SiteParameterNotMatch: .+\n  advice: Check that the site id .+\n", err
        )


def test_names_come_from_a_file_and_find_their_sites(example: str, emulator: Emulator, tmp_path: Path) -> None:
    emulator.reset()
    file = tmp_path / "names"
    file.write_text("a.example.com\nb.example.com")  # no end of the last line

    status, out, err = run(example, emulator, "--routine", "test-routine1", str(file), program="bind_domains")

    assert (status, err) == (0, "")
    assert out == "2 names: 2 created, 0 there already, 0 failed\n"
    assert bind(example, emulator, "") == (0, "0 names: 0 created, 0 there already, 0 failed\n", "")


def test_progress_is_a_line_each_hundred_names(example: str, emulator: Emulator) -> None:
    emulator.reset()

    status, _, err = bind(example, emulator, "".join(f"r{number}.example.com\n" for number in range(201)))

    assert status == 0
    assert err == "100 of 201, 0 failed\n200 of 201, 0 failed\n"


def test_progress_is_a_bar_on_a_terminal(example: str, emulator: Emulator, tmp_path: Path) -> None:
    emulator.reset()
    file = tmp_path / "names"
    file.write_text("a.example.com\nb.elsewhere.org\n")
    ours, theirs = pty.openpty()
    arguments = ["--routine", "test-routine1", "--site-id", SITE_ID, str(file)]
    with subprocess.Popen(
        [*command("bind_domains", example), *arguments],
        env=environment_of(emulator, HOME=""),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the terminal's end
            while piece := os.read(ours, 4096):
                shown += piece
        os.close(ours)

    assert process.returncode == 3
    half, whole = "#" * 20 + "." * 20, "#" * 40
    assert shown.decode().startswith(
        f"\r[{half}] 1/2, 0 failed\r[{whole}] 2/2, 1 failed\r\nb.elsewhere.org: SiteParameterNotMatch: "
    )


def test_interrupted_it_says_how_far_it_came_and_run_again_it_goes_on(example: str, emulator: Emulator) -> None:
    emulator.reset()
    emulator.add_fault(parameters={"RecordName": "c.example.com"}, wire={"kind": "hang"})
    command_line = [*command("bind_domains", example), "--routine", "test-routine1", "--site-id", SITE_ID, "-"]
    with interruptible(command_line, environment_of(emulator, HOME="")) as process:
        assert process.stdin
        process.stdin.write(NAMES)
        process.stdin.close()
        process.stdin = None
        while not any(request["parameters"].get("RecordName") == "c.example.com" for request in emulator.requests()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    assert err == "interrupted: 2 of 5 are tied; run it again for the rest\n"
    assert bind(example, emulator, NAMES)[:2] == (3, "5 names: 2 created, 2 there already, 1 failed\n")


def test_without_credentials_every_name_fails(example: str, emulator: Emulator) -> None:
    emulator.reset()

    status, out, err = bind(example, emulator, "a.example.com\nb.example.com", ALIBABA_CLOUD_ACCESS_KEY_ID="")

    assert (status, out) == (3, "2 names: 0 created, 0 there already, 2 failed\n")
    assert err.startswith(f"a.example.com: {kind(example, 'CREDENTIALS')}: no credentials: ")
    assert f"\nb.example.com: {kind(example, 'CREDENTIALS')}: not tried, because a.example.com failed: " in err
    assert emulator.requests() == []


def test_a_client_that_cannot_be_made_is_explained(example: str, emulator: Emulator) -> None:
    status, out, err = bind(example, emulator, "a.example.com", ESA_ENDPOINT="ftp://127.0.0.1")

    assert (status, out) == (3, "")
    assert err.startswith(f"error: {kind(example, 'CONFIG')}: ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["-"], ["--routine", "r"], ["--routine", "r", "--site-id", "x", "-"], ["--routine", "r", "no-such-file"]],
    ids=" ".join,
)
def test_wrong_arguments_of_many_have_their_own_status(example: str, emulator: Emulator, arguments: list[str]) -> None:
    status, out, err = run(example, emulator, *arguments, program="bind_domains")

    assert (status, out) == (2, "")
    assert err


@pytest.fixture(params=EVENT_LOOPS)
def event_loop(request: pytest.FixtureRequest) -> str:
    """The language of an example that drives its calls by an event loop."""
    return str(request.param)


@contextlib.contextmanager
def running_event_loop(event_loop: str, emulator: Emulator) -> Iterator["subprocess.Popen[str]"]:
    command_line = [*command("event_loop", event_loop), "test-routine1"]
    with interruptible(command_line, environment_of(emulator, HOME="")) as process:
        yield process


def test_an_event_loop_says_what_came_of_each_name_while_more_arrive(event_loop: str, emulator: Emulator) -> None:
    emulator.reset()
    with running_event_loop(event_loop, emulator) as process:
        assert process.stdin
        assert process.stdout
        for name in ("a.example.com", "b.example.com"):
            process.stdin.write(f"{name}\n")
            assert process.stdout.readline() == f"{name}: created\n"
        process.stdin.write("\na.example.com\nnot-ours.elsewhere.org")
        out, err = process.communicate(timeout=60)

    assert process.returncode == 3
    assert out == "a.example.com: there already\n4 names: 2 created, 1 there already, 1 failed\n"
    assert re.fullmatch(r"not-ours\.elsewhere\.org: SiteNotFound: .+\n  advice: .+\n", err)


def test_an_event_loop_reads_more_names_than_it_has_calls(event_loop: str, emulator: Emulator) -> None:
    emulator.reset()
    names = "".join(f"r{number}.example.com\n" for number in range(500))

    status, out, err = run(event_loop, emulator, "test-routine1", program="event_loop", stdin=names)

    assert (status, err) == (0, "")
    assert out.endswith("500 names: 500 created, 0 there already, 0 failed\n")
    assert out.count(": created\n") == 500


def test_an_event_loop_is_interrupted_in_good_order(event_loop: str, emulator: Emulator) -> None:
    emulator.reset()
    emulator.add_fault(parameters={"RecordName": "hangs.example.com"}, times=0, wire={"kind": "hang"})
    with running_event_loop(event_loop, emulator) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("a.example.com\n")
        assert process.stdout.readline() == "a.example.com: created\n"
        process.stdin.write("hangs.example.com\n")
        while not any(
            request["parameters"].get("RecordName") == "hangs.example.com" for request in emulator.requests()
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        # Standard input is still open: it is the signal that ends the program.
        assert process.wait(timeout=60) == 130
        assert process.stderr
        assert process.stderr.read() == "interrupted: 1 of 2 are tied; run it again for the rest\n"


def test_an_event_loop_has_help_and_refuses_wrong_arguments(event_loop: str, emulator: Emulator) -> None:
    status, out, err = run(event_loop, emulator, "--help", program="event_loop")
    assert (status, err) == (0, "")
    assert "event_loop" in out
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in out
    for wrong in ([], ["--no-such-option"], [""], ["a", "b"]):
        status, out, err = run(event_loop, emulator, *wrong, program="event_loop")
        assert (status, out) == (2, "")
        assert err


def test_an_event_loop_without_credentials_or_a_usable_endpoint(event_loop: str, emulator: Emulator) -> None:
    names, unset = "a.example.com\nb.example.com\n", {"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}
    status, out, err = run(event_loop, emulator, "test-routine1", program="event_loop", stdin=names, **unset)
    assert (status, out) == (3, "2 names: 0 created, 0 there already, 2 failed\n")
    assert err.count(".example.com: ESA_ERR_CREDENTIALS: ") == 2

    unusable = {"ESA_ENDPOINT": "ftp://127.0.0.1"}
    status, out, err = run(event_loop, emulator, "test-routine1", program="event_loop", **unusable)
    assert (status, out) == (3, "")
    assert err.startswith("error: ESA_ERR_CONFIG: ")


@pytest.fixture(params=CALL_ACTIONS)
def call_action(request: pytest.FixtureRequest) -> str:
    """The language of an example that calls actions by their names."""
    return str(request.param)


CODE = "export default { fetch: () => new Response('hello') }"


@pytest.fixture
def code(tmp_path: Path) -> str:
    """The path of a routine's code."""
    file = tmp_path / "index.js"
    file.write_text(CODE)
    return str(file)


def test_a_routine_is_created_and_published(call_action: str, emulator: Emulator, code: str) -> None:
    emulator.reset()

    status, out, err = run(call_action, emulator, "called", code, program="call_action")

    assert (status, err) == (0, "")
    published = re.fullmatch(
        rf"created routine called\nuploaded {len(CODE)} bytes of code\npublished version (\d+)\n", out
    )
    assert published
    [routine] = [routine for routine in emulator.state()["accounts"][0]["routines"] if routine["name"] == "called"]
    assert [base64.b64decode(version["code_base64"]).decode() for version in routine["code_versions"]] == [CODE]
    assert routine["deployments"]["production"]["shares"] == [{"CodeVersion": published[1], "Percentage": 100}]


def test_an_action_that_fails_is_named_and_ends_the_rest(call_action: str, emulator: Emulator, code: str) -> None:
    emulator.reset()
    emulator.add_fault(action="CommitRoutineStagingCode", reply={"code": "ServiceNotOpen"})

    status, out, err = run(call_action, emulator, "called", code, program="call_action")

    assert (status, out) == (3, f"created routine called\nuploaded {len(CODE)} bytes of code\n")
    assert re.match(r"error: CommitRoutineStagingCode: .*ServiceNotOpen: .*\n  advice: .+\n", err)
    assert emulator.requests()[-1]["action"] == "CommitRoutineStagingCode"


def test_an_action_whose_answer_is_lost_has_its_own_status(call_action: str, emulator: Emulator, code: str) -> None:
    emulator.reset()
    emulator.add_fault(action="CreateRoutine", times=0, when="after", wire={"kind": "drop"})

    status, out, err = run(call_action, emulator, "called", code, program="call_action")

    assert (status, out) == (4, "")
    assert err.startswith("error: CreateRoutine: ")
    assert err.endswith("  outcome: unknown: it may have been carried out\n")
    assert len(emulator.requests()) == 1


def test_actions_have_help_and_refuse_wrong_arguments(call_action: str, emulator: Emulator, code: str) -> None:
    status, out, err = run(call_action, emulator, "--help", program="call_action")
    assert (status, err) == (0, "")
    assert "call_action" in out
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in out
    for wrong in ([], ["called"], ["called", "no-such-file"], ["called", code, "more"]):
        status, out, err = run(call_action, emulator, *wrong, program="call_action")
        assert (status, out) == (2, "")
        assert err
