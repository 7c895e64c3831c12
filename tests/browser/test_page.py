"""The emulator's page in a real Chromium: a person's way through it, and a client's calls as it shows them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from libesa import AuthError, BusyError, Client
from libesa.emulator import Emulator
from webdriver import Browser

pytest_plugins = ["libesa.pytest_plugin"]

TAB, ENTER = "\ue004", "\ue007"

CHOOSE_PRESET = """
    const preset = document.querySelector("#preset");
    preset.selectedIndex = arguments[0];
    preset.dispatchEvent(new Event("change"));
"""

# The lines of a column of the comparison: 2 is the client's, 3 the server's.
LINES = "return [...document.querySelectorAll(`#lines td:nth-child(${arguments[0]})`)].map(cell => cell.innerText)"

# The contrast of a text with what lies behind it, as WCAG reckons it: 4.5 is enough.
CONTRAST = """
    const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const text = document.querySelector(arguments[0]);
    let behind = text;
    while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    const [less, more] = [getComputedStyle(text).color, getComputedStyle(behind).backgroundColor]
        .map(light).sort((one, other) => one - other);
    return (more + 0.05) / (less + 0.05);
"""
READ = ["h1", "#address", "#connection", "#requests th", "td.refused", "#judgement", "#signatures dt", "#sent", "label"]
READ += ["#fault-form button", "#forget-faults", "#rule", "caption", "#no-faults", "tr.chosen td"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, esa_emulator: Emulator) -> Iterator[Browser]:
    browser.open(f"{esa_emulator.url}/_emulator/")
    browser.wait_for("#connection", "live")
    yield browser
    browser.open("about:blank")  # or it would go on asking an emulator that is gone
    complaints = [line for line in browser.console() if "status of 400" not in line]
    assert complaints == [], "nothing is wrong with the page, such as a breach of its policy"


def client_of(emulator: Emulator, secret: str | None = None, signature_version: int = 3) -> Client:
    return Client(
        endpoint=emulator.url,
        access_key_id=emulator.access_key_id,
        access_key_secret=secret or emulator.access_key_secret,
        signature_version=signature_version,
        max_attempts=1,
    )


def create(emulator: Emulator, client: Client, name: str = "a") -> None:
    client.create_routine_related_record(
        name=emulator.routine, site_id=emulator.site_id, record_name=f"{name}.{emulator.site_name}", timeout=2
    )


def test_without_a_request_it_says_where_to_point_a_client(page: Browser, esa_emulator: Emulator) -> None:
    page.wait_for("#no-requests", f"ESA_ENDPOINT={esa_emulator.url}\n")
    assert f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={esa_emulator.access_key_secret}" in page.text("#hint")
    host = esa_emulator.url.removeprefix("http://")
    assert f"ALIBABA_CLOUD_ENDPOINT_ESA={host}\n" in page.text("#hint"), "Terraform reads it before ESA_ENDPOINT"
    page.click("#clients summary")
    page.wait_for("#clients dl", f'endpoints {{ esa = "{host}" }}')
    assert page.text("#address") == esa_emulator.url
    assert esa_emulator.requests() == [], "the browser itself asks the service for nothing, not even an icon"


def test_a_wrong_secret_shows_as_one(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator, "wrong") as client, pytest.raises(AuthError):
        create(esa_emulator, client)
    page.wait_for("#requests", "SignatureDoesNotMatch")
    assert "a.example.com" in page.text("#requests tbody tr")
    page.click("#requests tbody button")
    page.wait_for("#judgement", "nothing that was sent is spelt otherwise")
    canonical = page.run(LINES, 3)
    assert canonical[:2] == ["POST", "/"]
    assert f"host:{esa_emulator.url.removeprefix('http://')}" in canonical
    assert page.text("#string-to-sign").startswith("ACS3-HMAC-SHA256\n")
    client_signature, server_signature = page.text("#signatures").split("signature\n")[1:]
    assert client_signature.split()[0] != server_signature.split()[0]
    assert "RecordName=a.example.com" in page.text("#sent")

    page.type("#own", "\n".join(canonical))
    page.wait_for("#judgement", "another secret")


def test_both_signatures_are_laid_out_as_the_client_signs_them(page: Browser, esa_emulator: Emulator) -> None:
    for signature_version, first in ((1, ["POST", "%2F", "AccessKeyId%3DEsaEmulatorKeyId"]), (3, ["POST", "/", ""])):
        esa_emulator.reset()
        page.wait_for("#no-requests", "No requests yet")
        with client_of(esa_emulator, signature_version=signature_version) as client:
            client.list_routine_related_records(name=esa_emulator.routine, search_key_word="a b*é(')")
        page.wait_for("#requests", "ListRoutineRelatedRecords")
        page.click("#requests tbody button")
        page.wait_for("#judgement", "Nothing was refused")
        sent, computed = (page.run(LINES, column) for column in (2, 3))
        assert sent == computed
        assert computed[:3] == first
        assert page.text("#lines tr.differs") == ""


def test_the_line_that_differs_is_marked(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator, "wrong") as client, pytest.raises(AuthError):
        create(esa_emulator, client)
    page.wait_for("#requests", "SignatureDoesNotMatch")
    page.click("#requests tbody button")
    page.wait_for("#lines tbody", "x-acs-action")
    own = [line for line in page.run(LINES, 3) if not line.startswith("x-acs-date:")]
    own[own.index("x-acs-action:CreateRoutineRelatedRecord")] = "x-acs-action:CreateRoutineRelatedrecord"
    page.type("#own", "\n".join(own))
    page.wait_for("#judgement", "2 lines marked below")
    marked = page.run(
        "return [...document.querySelectorAll('#lines tr.differs')].map("
        "row => [...row.cells].slice(1).map(cell => cell.querySelector('mark').innerText))"
    )
    assert marked[0] == ["r", "R"]
    assert marked[1][0] == ""
    assert marked[1][1].startswith("x-acs-date:")


def test_what_a_client_sends_in_another_spelling_is_marked(page: Browser, esa_emulator: Emulator) -> None:
    headers = {
        "host": "127.0.0.1",
        "x-acs-action": "ListSites",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": "1",
        "x-acs-version": "2024-09-10",
    }
    credential = f"Credential={esa_emulator.access_key_id},SignedHeaders={';'.join(headers)},Signature=0"
    headers["authorization"] = f"ACS3-HMAC-SHA256 {credential}"
    request = Request(f"{esa_emulator.url}/?SiteName=a+b", headers=headers)
    with pytest.raises(HTTPError), build_opener(ProxyHandler({})).open(request, timeout=5):
        pass
    page.wait_for("#requests", "SignatureDoesNotMatch")
    page.click("#requests tbody button")
    page.wait_for("#judgement", "goes wrong in 1 line marked below")
    assert page.text("#lines tr.differs").split() == ["≠", "SiteName=a+b", "SiteName=a%20b"]
    assert page.text("#lines tr.differs td:nth-child(3) mark") == "%20"


def test_requests_come_in_and_change_as_they_are_answered(page: Browser, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(delay_ms=3000, when="late")
    with client_of(esa_emulator) as client, ThreadPoolExecutor() as pool:
        late = pool.submit(client.get_match_site, record_name="a.example.com")
        page.wait_for("#requests tbody tr", "…")
        late.result()
        page.wait_for("#requests tbody tr", "OK")
    assert page.run("return document.querySelectorAll('#requests tbody tr').length") == 1


def test_the_account_is_locked_by_a_button_and_unlocked_again(page: Browser, esa_emulator: Emulator) -> None:
    page.wait_for("#accounts", "test-routine1, ready: 0 records")
    page.click("#accounts button")
    page.wait_for("#accounts h3", "locked")
    with client_of(esa_emulator) as client:
        with pytest.raises(BusyError):
            create(esa_emulator, client)
        page.wait_for("#requests", "UserOperationStatusIsLocked")
        assert page.run("return document.activeElement.innerText") == "Unlock it", "the focus stays where it was"
        page.press(ENTER)
        page.wait(lambda: "locked" not in page.text("#accounts h3"))
        create(esa_emulator, client)
    page.wait_for("#accounts", "a.example.com")


def test_the_list_lags_and_writes_commit_late_by_buttons(page: Browser, esa_emulator: Emulator) -> None:
    account = esa_emulator.state()["accounts"][0]["id"]
    page.wait_for("#accounts", "test-routine1, ready: 0 records")
    for button, key, seconds, badge in (
        ("lag", "list_lag_seconds", 3, "list lags 3 s"),
        ("late", "late_commit_seconds", 2, "writes commit 2 s late"),
    ):
        page.click(f"#{button}-{account}")
        page.wait_for("#accounts h3", badge)
        assert esa_emulator.state()["accounts"][0][key] == seconds
        page.click(f"#{button}-{account}")
        page.wait(lambda badge=badge: badge not in page.text("#accounts h3"))
        assert esa_emulator.state()["accounts"][0][key] == 0


def test_a_fault_is_set_by_hand_and_met_by_the_next_call(page: Browser, esa_emulator: Emulator) -> None:
    page.type("#rule", '{"delay_ms": "long"}')
    page.click("#fault-form button")
    page.wait_for("#fault-answer.bad", "invalid type")
    page.run(CHOOSE_PRESET, 2)
    assert "InternalError" in page.run("return document.querySelector('#rule').value")
    page.click("#fault-form button")
    page.wait_for("#faults", '{ "reply": { "code": "InternalError", "status": 500 } }\nmatched 0, applied 0')
    with client_of(esa_emulator) as client:
        client.get_match_site(record_name="a.example.com", max_attempts=2)
    page.wait_for("#faults", "matched 2, applied 1")
    assert [entry["status"] for entry in esa_emulator.requests()] == [500, 200]
    page.wait_for("#requests", "fault")
    page.click("#forget-faults")
    page.wait_for("#no-faults", "None")


def test_every_preset_is_a_rule_that_the_emulator_takes(page: Browser) -> None:
    presets = page.run("return document.querySelector('#preset').length")
    for position in range(presets):
        page.run(CHOOSE_PRESET, position)
        page.click("#fault-form button")
        page.wait(lambda so_far=position: page.run("return document.querySelectorAll('#faults li').length") > so_far)
    assert "not" not in page.text("#fault-answer")


def test_a_seed_is_planted_and_a_wrong_one_refused_in_words(page: Browser, esa_emulator: Emulator) -> None:
    page.type("#seed", '{"acounts": []}')
    page.click("#seed-form button")
    page.wait_for("#seed-answer.bad", "unknown field `acounts`")
    page.click("#example")
    page.click("#seed-form button")
    page.wait_for("#seed-answer.good", "Seeded")
    page.wait_for("#accounts", "www.example.com")
    routines = esa_emulator.state()["accounts"][0]["routines"]
    assert [record["record_name"] for record in routines[0]["related_records"]] == ["www.example.com"]


def test_a_reset_asks_first_and_empties_the_page(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator) as client:
        create(esa_emulator, client)
    page.wait_for("#accounts", "a.example.com")
    page.click("#requests tbody button")
    page.wait_for("#judgement", "It took effect")
    page.click("#reset")
    page.accept_dialog()
    page.wait_for("#no-requests", "No requests yet")
    page.wait(lambda: "a.example.com" not in page.text("#accounts"))
    assert page.text("#details") == ""


def test_names_are_text_whatever_they_hold(page: Browser, esa_emulator: Emulator) -> None:
    name = "<img src=x onerror=document.title='taken'><b>bold</b>"
    seed = {"accounts": [{"sites": [{"site_id": 1, "site_name": name}], "routines": [{"name": name}]}]}
    page.type("#seed", json.dumps(seed))
    page.click("#seed-form button")
    page.wait_for("#accounts", f"Routine {name}")
    request = Request(f"{esa_emulator.url}/?RecordName={quote(name)}")
    with pytest.raises(HTTPError), build_opener(ProxyHandler({})).open(request, timeout=5):
        pass
    page.wait_for("#requests", name)
    page.click("#requests tbody button")
    page.wait_for("#judgement", "IncompleteSignature")
    assert page.run("return document.querySelectorAll('main img, main b').length") == 0
    assert page.run("return document.title") == "esa-emulator"


def test_no_secret_is_shown_but_the_well_known_one(browser: Browser) -> None:
    key = {"access_key_id": "mine", "access_key_secret": "my-own-secret", "security_token": "my-own-token"}
    site = {"site_id": 1, "site_name": "example.com"}
    seed = {"accounts": [{"users": [{"name": "u", "keys": [key]}], "sites": [site]}]}
    with Emulator(seed=seed) as emulator, Client(endpoint=emulator.url, **key) as client:
        browser.open(f"{emulator.url}/_emulator/")
        browser.wait_for("#hint", "ALIBABA_CLOUD_ACCESS_KEY_ID=mine")
        assert "my-own" not in browser.text("body")
        client.get_match_site(record_name="a.example.com")
        browser.wait_for("#requests", "GetMatchSite")
        browser.click("#requests tbody button")
        browser.wait_for("#sent", "x-acs-security-token: (hidden)")
        assert "my-own" not in browser.run("return document.documentElement.outerHTML")


def test_the_keyboard_is_enough(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator) as client:
        client.get_match_site(record_name="a.example.com")
    page.wait_for("#requests", "GetMatchSite")
    reached = page.run("document.activeElement.blur(); return []")
    for _ in range(30):
        page.press(TAB)
        reached.append(page.run("const {id, innerText} = document.activeElement; return id || innerText"))
        if reached[-1] == "1":
            page.press(ENTER)
            page.wait_for("#details-title", "Request 1")
        if reached[-1] == "close-details":
            page.press(ENTER)
            assert page.run("return document.activeElement.innerText") == "1", "the focus goes back to the row"
            break
    assert "close-details" in reached, reached


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_it_fits_and_is_readable(page: Browser, esa_emulator: Emulator, color_scheme: str, width: int) -> None:
    page.use(color_scheme=color_scheme, width=width, height=1000)
    with client_of(esa_emulator, "wrong") as client, pytest.raises(AuthError):
        create(esa_emulator, client, "a-name-that-is-quite-long" * 4)
    page.wait_for("#requests", "SignatureDoesNotMatch")
    page.click("#requests tbody button")
    page.wait_for("#lines tbody", "x-acs-date")
    assert page.run("return document.documentElement.scrollWidth") <= width, "nothing sticks out sideways"
    unlabelled = page.run(
        "return [...document.querySelectorAll('button, select, textarea')].filter("
        "field => !field.innerText && !field.labels?.length).map(field => field.outerHTML)"
    )
    assert unlabelled == []
    for selector in READ:
        assert page.run(CONTRAST, selector) >= 4.5, f"{selector} in {color_scheme}"
