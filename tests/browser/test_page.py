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
from clients import client_of, create
from libesa import AuthError, BusyError, Client, ServiceError
from libesa.emulator import Emulator
from webdriver import Browser

TAB, ENTER, SPACE, ESCAPE, DOWN = "\ue004", "\ue007", " ", "\ue00c", "\ue015"

CHOOSE_PRESET = """
    const preset = document.querySelector("#preset");
    preset.selectedIndex = arguments[0];
    preset.dispatchEvent(new Event("change"));
"""

# The lines of a column of the comparison: 2 is the client's, 3 the server's.
LINES = "return [...document.querySelectorAll(`#lines td:nth-child(${arguments[0]})`)].map(cell => cell.innerText)"


@pytest.fixture
def page(browser: Browser, esa_emulator: Emulator) -> Iterator[Browser]:
    browser.use(color_scheme="light", width=1280, height=900)
    browser.open(f"{esa_emulator.url}/_emulator/")
    browser.wait_for("#connection", "live")
    yield browser
    browser.open("about:blank")  # or it would go on asking an emulator that is gone
    complaints = [line for line in browser.console() if "status of 400" not in line]
    assert complaints == [], "nothing is wrong with the page, such as a breach of its policy"


def test_without_a_request_it_says_where_to_point_a_client(page: Browser, esa_emulator: Emulator) -> None:
    page.wait_for("#no-requests", f"ESA_ENDPOINT={esa_emulator.url}\n")
    assert f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={esa_emulator.access_key_secret}" in page.text("#hint")
    host = esa_emulator.url.removeprefix("http://")
    assert f"ALIBABA_CLOUD_ENDPOINT_ESA={host}\n" in page.text("#hint"), "Terraform reads it before ESA_ENDPOINT"
    assert page.text("#address") == esa_emulator.url
    assert esa_emulator.requests() == [], "the browser itself asks the service for nothing, not even an icon"


def test_a_wrong_secret_shows_as_one(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator, "wrong") as client, pytest.raises(AuthError):
        create(esa_emulator, client)
    page.wait_for("#requests", "SignatureDoesNotMatch")
    assert "a.example.com" in page.text("#requests .call")
    page.click("#requests .call")
    page.wait_for("#judgement", "nothing that was sent is spelt otherwise")
    canonical = page.run(LINES, 3)
    assert canonical[:2] == ["POST", "/"]
    assert f"host:{esa_emulator.url.removeprefix('http://')}" in canonical
    assert page.text("#string-to-sign").startswith("ACS3-HMAC-SHA256\n")
    client_signature, server_signature = (page.text(f"#signatures dd:nth-of-type({place})") for place in (1, 2))
    assert client_signature != server_signature
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
        page.click("#requests .call")
        page.wait_for("#judgement", "It took effect")
        page.click("#signature summary")
        sent, computed = (page.run(LINES, column) for column in (2, 3))
        assert sent == computed
        assert computed[:3] == first
        assert page.text("#lines tr.differs") == ""


def test_the_line_that_differs_is_marked(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator, "wrong") as client, pytest.raises(AuthError):
        create(esa_emulator, client)
    page.wait_for("#requests", "SignatureDoesNotMatch")
    page.click("#requests .call")
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
    page.click("#requests .call")
    page.wait_for("#judgement", "goes wrong in 1 line marked below")
    assert page.text("#lines tr.differs").split() == ["≠", "SiteName=a+b", "SiteName=a%20b"]
    assert page.text("#lines tr.differs td:nth-child(3) mark") == "%20"


def test_requests_come_in_and_change_as_they_are_answered(page: Browser, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(delay_ms=3000, when="late")
    with client_of(esa_emulator) as client, ThreadPoolExecutor() as pool:
        late = pool.submit(client.get_match_site, record_name="a.example.com")
        page.wait_for("#requests .call", "under way")
        late.result()
        page.wait_for("#requests .call .status", "200")
    assert page.run("return document.querySelectorAll('#requests .call').length") == 1
    assert float(page.text("#requests .call .took").removesuffix(" s")) >= 3


def test_the_account_is_locked_by_a_switch_and_unlocked_again(page: Browser, esa_emulator: Emulator) -> None:
    account = esa_emulator.state()["accounts"][0]["id"]
    page.wait_for("#accounts", "test-routine1 0 records")
    page.click(f"#lock-{account}")
    page.wait(lambda: esa_emulator.state()["accounts"][0]["locked"])
    with client_of(esa_emulator) as client:
        with pytest.raises(BusyError):
            create(esa_emulator, client)
        page.wait_for("#requests", "UserOperationStatusIsLocked")
        assert page.run("return document.activeElement.id") == f"lock-{account}", "the focus stays where it was"
        page.press(SPACE)
        page.wait(lambda: not esa_emulator.state()["accounts"][0]["locked"])
        create(esa_emulator, client)
    page.wait_for("#accounts", "a.example.com")


@pytest.mark.parametrize(
    ("switch", "key", "usual"),
    [("hold", "lock_hold_ms", 500), ("lag", "list_lag_seconds", 3), ("late", "late_commit_seconds", 2)],
)
def test_writes_take_time_and_commit_late_and_the_list_lags_by_switches(
    page: Browser, esa_emulator: Emulator, switch: str, key: str, usual: int
) -> None:
    def setting() -> object:
        return esa_emulator.state()["accounts"][0][key]

    box = f"#{switch}-{esa_emulator.state()['accounts'][0]['id']}"
    page.wait_for("#accounts", "test-routine1 0 records")
    page.click(box)
    page.wait(lambda: setting() == usual)
    page.run("document.querySelector(arguments[0]).select()", f"{box}-number")
    page.press("7", TAB)
    page.wait(lambda: setting() == 7)
    page.click(box)
    page.wait(lambda: setting() == 0)
    esa_emulator._admin("POST", "delays", {key: 5})
    page.wait(lambda: page.run("return document.querySelector(arguments[0]).checked", box))
    assert page.run("return document.querySelector(arguments[0]).value", f"{box}-number") == "5"


def test_a_fault_is_set_by_hand_and_met_by_the_next_call(page: Browser, esa_emulator: Emulator) -> None:
    page.click("#show-rules")
    page.type("#rule", '{"delay_ms": "long"}')
    page.click("#set-rule")
    page.wait_for("#rule-answer.bad", "invalid type")
    page.run(CHOOSE_PRESET, 2)
    assert "InternalError" in page.run("return document.querySelector('#rule').value")
    page.click("#set-rule")
    page.wait_for("#faults", "matched 0, applied 0")
    assert page.text("#faults pre") == '{ "reply": { "code": "InternalError", "status": 500 } }'
    assert page.text("#rules-count") == "1"
    with client_of(esa_emulator) as client:
        client.get_match_site(record_name="a.example.com", max_attempts=2)
    page.wait_for("#faults", "matched 2, applied 1")
    assert [entry["status"] for entry in esa_emulator.requests()] == [500, 200]
    page.wait_for("#requests", "fault")
    assert page.text("#rules-count") == "", "it is used up"
    page.click("#forget-faults")
    page.wait_for("#no-faults", "None")


def test_every_preset_is_a_rule_that_the_emulator_takes(page: Browser) -> None:
    page.click("#show-rules")
    presets = page.run("return document.querySelector('#preset').length")
    for position in range(presets):
        page.run(CHOOSE_PRESET, position)
        page.click("#set-rule")
        page.wait(lambda so_far=position: page.run("return document.querySelectorAll('.rules li').length") > so_far)
        assert page.text("#rule-answer.good")


def test_a_canned_reply_is_set_seen_and_forgotten(page: Browser, esa_emulator: Emulator) -> None:
    page.click("#show-rules")
    page.run(
        "document.querySelector('#preset').selectedIndex = [...document.querySelectorAll('#preset option')].length - 1"
    )
    page.run("document.querySelector('#preset').dispatchEvent(new Event('change'))")
    reply = {"action": "ListRecrods", "times": 1, "body": {"Id": 9007199254740993}}
    page.type("#rule", json.dumps(reply))
    page.click("#set-rule")
    page.wait_for("#replies", "ListRecrods")
    assert page.text("#replies pre") == '{ "body": { "Id": 9007199254740993 }, "times": 1 }'
    assert "Did you mean ListRecords?" in page.text("#replies")
    page.click("#forget-replies")
    page.wait_for("#no-replies", "None")
    assert esa_emulator._admin("GET", "replies")["replies"] == []


def test_a_seed_is_planted_and_a_wrong_one_refused_in_words(page: Browser, esa_emulator: Emulator) -> None:
    page.click("#seed-part summary")
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
    page.click("#requests .call")
    page.wait_for("#judgement", "It took effect")
    page.click("#show-state")
    page.click("#reset")
    page.accept_dialog()
    page.wait_for("#no-requests", "No requests yet")
    page.wait(lambda: "a.example.com" not in page.text("#accounts"))
    assert page.text("#details-content") == ""


def test_names_are_text_whatever_they_hold(page: Browser, esa_emulator: Emulator) -> None:
    name = "<img src=x onerror=document.title='taken'><b>bold</b>"
    seed = {"accounts": [{"sites": [{"site_id": 1, "site_name": name}], "routines": [{"name": name}]}]}
    page.click("#seed-part summary")
    page.type("#seed", json.dumps(seed))
    page.click("#seed-form button")
    page.wait_for("#accounts", f"{name} 0 records")
    request = Request(f"{esa_emulator.url}/?RecordName={quote(name)}")
    with pytest.raises(HTTPError), build_opener(ProxyHandler({})).open(request, timeout=5):
        pass
    page.wait_for("#requests", name)
    page.click("#requests .call")
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
        browser.click("#requests .call")
        browser.wait_for("#sent", "x-acs-security-token: (hidden)")
        assert "my-own" not in browser.run("return document.documentElement.outerHTML")


def test_the_keyboard_is_enough(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator) as client:
        for name in ("a.example.com", "b.example.com"):
            client.get_match_site(record_name=name)
    page.wait_for("#requests", "b.example.com")
    page.run("document.activeElement.blur()")
    in_focus = "return document.activeElement.innerText"
    for _ in range(30):
        page.press(TAB)
        if "b.example.com" in page.run(in_focus):
            break
    page.press(DOWN)
    assert "a.example.com" in page.run(in_focus)
    page.press(ENTER)
    page.wait_for("#details-title", "Request 1")
    page.press(ESCAPE)
    page.wait(lambda: not page.text("#details-title"))
    assert "a.example.com" in page.run(in_focus), "the focus goes back to the row"


def test_the_attempts_of_one_call_are_together(page: Browser, esa_emulator: Emulator) -> None:
    esa_emulator.add_fault(action="GetMatchSite", times=2, reply={"status": 503, "code": "ServiceUnavailable"})
    with client_of(esa_emulator) as client:
        client.get_match_site(record_name="a.example.com", max_attempts=3)
        client.get_match_site(record_name="a.example.com")
    calls = (
        "return [...document.querySelectorAll('#requests .call')].map(call => call.innerText.replaceAll('\\n', ' '))"
    )
    page.wait(lambda: len(page.run(calls)) == 2)
    another, first = page.run(calls)
    assert "3 attempts" in first
    assert "attempts" not in another
    page.click("#requests li:last-child .call")
    page.wait_for("#attempts-title", "3 attempts of one call")
    words = page.run("return [...document.querySelectorAll('#attempts-list .words')].map(words => words.innerText)")
    assert words == ["ServiceUnavailable", "ServiceUnavailable", "OK"]
    assert page.text("#details-title").startswith("Request 3")
    page.click("#attempts-list li:first-child button")
    page.wait_for("#details-title", "Request 1")
    assert '"status": 503' in page.text("#fault-rule")
    assert "ServiceUnavailable" in page.text("#answered")


def test_the_same_call_again_is_no_attempt_of_a_refused_one(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator) as client:
        for _ in range(2):
            with pytest.raises(ServiceError):
                client.list_routine_related_records(name="no-such-routine")
    page.wait(lambda: page.run("return document.querySelectorAll('#requests .call').length") == 2)
    page.click("#requests .call")
    page.wait_for("#judgement", "The account has no routine of this name")


def test_requests_are_filtered(page: Browser, esa_emulator: Emulator) -> None:
    with client_of(esa_emulator) as client, client_of(esa_emulator, "wrong") as wrong:
        client.get_match_site(record_name="a.example.com")
        create(esa_emulator, client, "b")
        with pytest.raises(AuthError):
            create(esa_emulator, wrong, "b")
    page.wait_for("#all-count", "3")
    assert page.text("#failed-count") == "1"
    shown = "return document.querySelectorAll('#requests .call').length"
    for words, calls in (("B.EXAMPLE", 2), ("b.example signature", 1), ("getmatch", 1), ("nothing of this", 0)):
        page.type("#filter", words)
        page.run("document.querySelector('#filter').dispatchEvent(new Event('input'))")
        assert page.run(shown) == calls, words
    assert "No request fits" in page.text("#no-match")
    page.type("#filter", "b")
    page.run("document.querySelector('#kinds [value=failed]').click()")
    assert page.run(shown) == 1


def test_integers_are_exact_beyond_what_a_script_can_count(page: Browser, esa_emulator: Emulator) -> None:
    sites = {9007199254740992: "example.com", 9007199254740993: "example.org"}  # the same as a floating-point number
    record = 9223372036854775807
    records = [
        {"record_name": f"a.{name}", "site_id": site, "record_id": record - place}
        for place, (site, name) in enumerate(sites.items())
    ]
    account = {
        "sites": [{"site_id": site, "site_name": name} for site, name in sites.items()],
        "routines": [{"name": "r", "related_records": records}],
    }
    fault = {"parameters": {"SiteId": 9007199254740993}, "delay_ms": 1}
    esa_emulator._admin("POST", "seed", {"accounts": [account], "faults": [fault]})
    page.wait_for(".records", str(record))
    assert page.text(".sites").split()[2:] == ["example.com", "9007199254740992", "example.org", "9007199254740993"]
    shown = page.run("return [...document.querySelectorAll('.records td')].map(cell => cell.innerText)")
    assert shown == ["a.example.com", str(record), "a.example.org", str(record - 1)]
    ends = page.run("return [...document.querySelectorAll('.records td .soft')].map(end => end.innerText)")
    assert ends == ["example.com", "example.org"], "each record is on its own site"
    page.click("#show-rules")
    assert '"SiteId": 9007199254740993' in page.text("#faults")


def test_each_client_is_told_where_to_go(page: Browser, esa_emulator: Emulator) -> None:
    host = esa_emulator.url.removeprefix("http://")
    page.click("#more-clients")
    page.wait_for("#clients", "Terraform")
    told = page.run("return [...document.querySelectorAll('#clients pre')].map(words => words.innerText)")
    *others, esa_cli, terraform = told
    assert len(others) == 10
    assert all(host in words for words in others)
    assert "--tls" in esa_cli
    assert 'account_type = "Domestic"' in terraform
    assert f'endpoints {{ esa = "{host}" }}' in terraform
    assert "ALIBABA_CLOUD_ENDPOINT_ESA" in page.text("#connect .note")


def test_what_a_locked_account_answers_is_chosen(page: Browser, esa_emulator: Emulator) -> None:
    account = esa_emulator.state()["accounts"][0]["id"]
    page.wait_for("#accounts", "Refused with")
    codes = page.run(f"return [...document.querySelector('#contention-{account}').options].map(code => code.value)")
    choose = "const select = document.querySelector(arguments[0]); select.value = arguments[1]; select.onchange()"
    for code in codes:
        page.run(choose, f"#contention-{account}", code)
        page.wait(lambda code=code: esa_emulator.state()["accounts"][0]["contention"] == code)
    assert len(codes) == 4
    esa_emulator._admin("POST", "contention", {"contention": "LockFailed"})
    page.wait(lambda: page.run(f"return document.querySelector('#contention-{account}').value") == "LockFailed")
