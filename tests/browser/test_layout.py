"""How the emulator's page looks in a real Chromium: at every width, in both colour schemes, with much to show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients import client_of, create
from libesa import AuthError
from libesa.emulator import Emulator
from webdriver import Browser

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
READ = [
    "h1",
    "#address",
    "#connection",
    "#show-state",
    ".call .action",
    ".call .about",
    ".call time",
    ".call .code.bad",
]
READ += [
    ".call[aria-pressed=true] .status",
    "#kinds label",
    "#kinds .number",
    ".call .badge.rule",
    ".status.good",
    "#cut",
]
READ += ["#reason strong", "#reason .soft", "#facts dt", "#facts dd", "#signatures dt", "#sent", "summary", "#own-kind"]
READ += [
    ".switch .words",
    ".switch small",
    ".amount",
    ".routine th .soft",
    ".records td",
    ".records td .soft",
    ".sites .id",
]
READ += [
    "#set-rule",
    "#forget-faults",
    "#rule",
    "#faults .counts",
    "#faults pre",
    "#clients .soft",
    "#clients pre",
    ".note p",
]


WIDTHS = [360, 390, 768, 1280, 1920, 2560]
MANY = 1500
LONG_NAME = "a-name-that-is-quite-long-" * 2 + "0123456789a"

# What sticks out of the window, and what has to be scrolled sideways; but for texts that are code.
CUT = """
    const isCode = (one) => one.closest("pre, #lines, textarea, select, nav, .unseen");
    const isCut = (one) => {
        const {left, right, width} = one.getBoundingClientRect();
        const scrolls = ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
        return width > 0 && (left < -1 || right > innerWidth + 1) || (scrolls && one.scrollWidth > one.clientWidth + 1);
    };
    const isSeen = (one) => one.checkVisibility() && !isCode(one) && !one.querySelector(":scope > #lines");
    return [...document.querySelectorAll("body *")].filter((one) => isSeen(one) && isCut(one))
        .map((one) => `${one.tagName} ${one.id} ${one.className}`);
"""
OVERLAPPING = """
    const parts = [...document.querySelectorAll(".call > *, .switch > *, .title > *")];
    return parts.filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.innerText);
"""
SEEN = "return Boolean(document.querySelector(arguments[0])?.checkVisibility())"
BROKEN = (
    "return [...document.querySelectorAll('.whole, .id, time')].filter(one => one.getClientRects().length > 1).length"
)


@pytest.fixture(scope="module")
def crowded() -> Iterator[Emulator]:
    """An emulator with many records, and with requests that were refused, repeated and lost."""
    site = {"site_id": 54362329990032, "site_name": "example.com"}
    names = [f"{LONG_NAME}.example.com", *(f"record-{number}.region.example.com" for number in range(MANY - 1))]
    records = [{"record_name": name, "site_id": site["site_id"]} for name in names]
    key = {"access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret"}
    routines = [{"name": "test-routine1", "related_records": records}]
    seed = {"accounts": [{"users": [{"name": "root", "keys": [key]}], "sites": [site], "routines": routines}]}
    with Emulator(seed=seed) as emulator:
        emulator.add_fault(action="GetMatchSite", reply={"status": 503, "code": "ServiceUnavailable"})
        emulator._admin("POST", "replies", {"action": "ListRecords", "body": {"Records": [{"RecordName": LONG_NAME}]}})
        with client_of(emulator) as client, client_of(emulator, "wrong") as wrong:
            for number in range(500):
                client.get_match_site(record_name=f"{LONG_NAME}.{number}.example.com", max_attempts=2)
            emulator.add_fault(action="GetMatchSite", reply={"status": 503, "code": "ServiceUnavailable"})
            client.get_match_site(record_name="a.example.com", max_attempts=2)
            with pytest.raises(AuthError):
                create(emulator, wrong, LONG_NAME)
        yield emulator


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_while_there_is_nothing_to_show(browser: Browser, esa_emulator: Emulator, width: int) -> None:
    browser.use(color_scheme="light", width=width, height=900)
    browser.open(f"{esa_emulator.url}/_emulator/")
    browser.wait_for("#hint", "ESA_ENDPOINT")
    assert browser.run(CUT) == []
    assert (
        browser.run("const hint = document.querySelector('#hint'); return hint.getBoundingClientRect().right") < width
    )
    browser.open("about:blank")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_and_is_readable(browser: Browser, crowded: Emulator, color_scheme: str, width: int) -> None:
    browser.use(color_scheme=color_scheme, width=width, height=900)
    browser.open(f"{crowded.url}/_emulator/")
    browser.wait_for("#connection", "live")
    browser.click("#requests .call")
    browser.wait_for("#judgement", "SignatureDoesNotMatch")
    readable = set()
    for panel in ("calls", "details", "state", "rules", "connect"):
        if browser.text(f"#show-{panel}"):
            browser.click(f"#show-{panel}")
        assert browser.run(CUT) == [], f"nothing of {panel} is cut, or has to be scrolled sideways"
        assert browser.run(OVERLAPPING) == [], f"nothing of {panel} lies over what is beside it"
        assert browser.run(BROKEN) == 0, f"no name in {panel} is broken"
        assert browser.run("return document.documentElement.scrollHeight") <= 900, "panels scroll in themselves"
        for selector in READ:
            if browser.run(SEEN, selector):
                assert browser.run(CONTRAST, selector) >= 4.5, f"{selector} in {color_scheme}"
                readable.add(selector)
    assert readable == set(READ)
    unlabelled = browser.run(
        "return [...document.querySelectorAll('button, select, textarea, input')].filter("
        "field => !field.innerText && !field.labels?.length && !field.ariaLabel).map(field => field.outerHTML)"
    )
    assert unlabelled == []
    browser.open("about:blank")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (1920, 1080)])
def test_many_records_keep_nothing_out_of_reach(browser: Browser, crowded: Emulator, width: int, height: int) -> None:
    browser.use(color_scheme="light", width=width, height=height)
    browser.open(f"{crowded.url}/_emulator/")
    browser.wait_for("#connection", "live")
    browser.click("#show-state")
    browser.wait_for("#accounts h4:not(.sites *)", "1,500 records")
    frame = browser.run(
        "const frame = document.querySelector('.account > .frame'); return [frame.scrollHeight, frame.clientHeight]"
    )
    assert frame[0] > 10 * frame[1], "the records scroll in themselves"
    page = browser.run(
        "const {scrollHeight, clientHeight} = document.querySelector('#state'); return [scrollHeight, clientHeight]"
    )
    assert page[0] <= page[1] + 250, "and the panel next to nothing"
    browser.type(".account [type=search]", "record-1499")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.records td.id').length") == 0)
    browser.type(".account [type=search]", "record-1498")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.records td.id').length") == 1)
    browser.click("#show-rules")
    top = browser.run("return document.querySelector('#set-rule').getBoundingClientRect().bottom")
    assert top <= height, "a fault is set without scrolling"
    browser.open("about:blank")
