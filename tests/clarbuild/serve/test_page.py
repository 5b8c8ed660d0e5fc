"""The page in a real browser: what it shows is the chain's, it needs no mouse, and nothing that a
contract holds becomes more than text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compiler.values import Principal, UInt
from compiler.versions import ClarityVersion
from runtime.transactions import ContractCall, Deploy, TokenTransfer
from tests.clarbuild.serve.test_engines import planted
from tests.interpreter import interpreter_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPO = Path(__file__).resolve().parents[3]
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
COUNTER = (REPO / "sample_projects" / "counter" / "contracts" / "counter.clar").read_text("utf-8")
HOSTILE = """
;; </code><script>document.title='taken'</script><img src=x onerror="document.title='taken'">
(define-data-var bold (string-ascii 60) "<b>bold</b><script>document.title='taken'</script>")
(define-public (shout) (begin (print "<img src=x onerror=document.title='taken'>") (ok (var-get bold))))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def chain(server: Any) -> Any:
    """The server, with something to show."""
    server.send(Deploy("counter", COUNTER, ClarityVersion.CLARITY_3))
    server.send(Deploy("hostile", HOSTILE, ClarityVersion.CLARITY_3))
    server.send(ContractCall(f"{server.deployer}.counter", "add", (UInt(5),)), wallet=True)
    return server


@pytest.fixture
def page(browser: Browser, chain: Any) -> Iterator[Page]:
    """A page of the server's that may fail in no way."""
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    context.set_default_timeout(20_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    # A refusal by the server is shown in the page; that the browser notes it, too, is no fault.
    opened.on(
        "console",
        lambda told: (
            faults.append(told.text)
            if told.type == "error" and not told.text.startswith("Failed to load resource")
            else None
        ),
    )
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(chain.url) else faults.append(asked.url),
    )
    opened.goto(chain.url)
    yield opened
    context.close()
    assert faults == []


def visit(page: Page, hash_: str) -> None:
    """Go to a place of the page, and wait until it is drawn."""
    page.evaluate("hash => { location.hash = hash }", hash_)
    page.wait_for_selector(f'main[data-drawn="{hash_}"]')


def contract(page: Page, chain: Any, tab: str, name: str = "counter") -> None:
    visit(page, f"#/contract/{chain.deployer}.{name}/{tab}")


def test_blocks_and_their_receipts(page: Page, chain: Any) -> None:
    page.wait_for_selector(".block")
    height = chain.get("/v2/info").json()["stacks_tip_height"]
    first = page.locator(".block").first
    assert first.get_attribute("data-height") == str(height)
    text = first.inner_text()
    assert "(add u5)" in text
    assert "(ok u5)" in text
    assert '{event: "add", mine: u5, step: u5' in text
    assert page.locator(".block .costs b").first.inner_text() != "0"


def test_a_block_appears_when_it_is_mined(page: Page, chain: Any) -> None:
    page.wait_for_selector("#live.on")
    page.wait_for_selector(".block")
    count = page.locator(".block").count()
    chain.send(TokenTransfer(Principal(chain.wallet), 1234, bytes(34)))
    page.wait_for_function("count => document.querySelectorAll('.block').length > count", arg=count)
    assert "1,234 µSTX" in page.locator(".block").first.inner_text()


def test_a_function_is_called_from_its_form(page: Page, chain: Any) -> None:
    contract(page, chain, "interface")
    form = page.locator("details[data-name=get-count]")
    form.locator("summary").click()
    form.get_by_label("who").fill(f"'{chain.wallet}")
    form.get_by_role("button").click()
    assert form.locator(".answer code").inner_text() == "u5"
    assert form.locator(".answer .costs b").nth(1).inner_text() != "0"
    form.get_by_label("who").fill("u7")
    form.get_by_role("button").click()
    page.wait_for_selector("details[data-name=get-count] .answer.failed")
    assert "who" in form.locator(".answer").inner_text()
    writes = page.locator("details[data-name=increment]")
    writes.locator("summary").click()
    writes.get_by_role("button").click()
    page.wait_for_selector("details[data-name=increment] .answer.failed")
    assert "NotReadOnly" in writes.locator(".answer").inner_text()


def test_variables_maps_and_constants(page: Page, chain: Any) -> None:
    contract(page, chain, "state")
    rows = page.locator("main tr").all_inner_texts()
    assert [row for row in rows if row.split()[:3] == ["total", "uint", "u5"]]
    assert [row for row in rows if row.split()[:3] == ["MAX_STEP", "uint", "u1000"]]
    page.get_by_label("key").fill(f"'{chain.wallet}")
    page.get_by_role("button", name="Look up").click()
    assert page.locator(".answer code").inner_text() == "(some u5)"


def test_lines_of_clarity_lead_to_their_wasm(page: Page, chain: Any) -> None:
    contract(page, chain, "code")
    line = COUNTER.split("\n").index("    (map-set counts tx-sender mine)") + 1
    page.get_by_role("button", name=f"line {line}: show its Wasm", exact=True).press("Enter")
    marked = page.locator(f'.lines[aria-label=Wasm] .row.here[data-line="{line}"]')
    assert "map_set" in "\n".join(marked.all_inner_texts())
    assert page.get_by_label("Function").locator("option:checked").inner_text() == "add"


def test_an_artifact_is_verified(page: Page, chain: Any) -> None:
    contract(page, chain, "artifact")
    digest = chain.get(f"/v2/contracts/wasm/{chain.deployer}/counter").json()["hash"]
    assert digest in page.locator("main").inner_text()
    page.get_by_role("button", name="Build anew and compare").click()
    page.wait_for_selector(".answer:not(:empty)")
    assert page.locator(".answer").inner_text().startswith("The same, byte for byte")


@pytest.mark.usefixtures("chain")
def test_it_is_used_without_a_mouse(page: Page) -> None:
    page.wait_for_selector("#contracts a")
    page.keyboard.press("/")
    page.keyboard.type("coun")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("details[data-name=get-total]")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.closest('details')?.dataset.name")
        if focused == "get-total":
            break
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("details[data-name=get-total] .answer code")
    assert page.locator("details[data-name=get-total] .answer code").inner_text() == "u5"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) != "none"


def test_what_a_contract_holds_stays_text(page: Page, chain: Any) -> None:
    for tab in ("code", "state", "interface", "artifact"):
        contract(page, chain, tab, "hostile")
    contract(page, chain, "state", "hostile")
    assert "<b>bold</b>" in page.locator("main").inner_text()
    chain.send(ContractCall(f"{chain.deployer}.hostile", "shout", ()))
    visit(page, "#/")
    page.wait_for_selector(".block")
    assert "<img src=x" in page.locator("#blocks").inner_text()
    visit(page, "#/contract/<img src=x>/code")
    assert page.locator("[role=alert]").count() == 1
    assert page.locator("main img, main b script, #blocks img").count() == 0
    assert page.title() == "clarbuild serve"


def test_its_policy_lets_nothing_else_run(browser: Browser, chain: Any) -> None:
    policy = chain.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    context = browser.new_context()
    page = context.new_page()
    page.goto(chain.url)
    ran = page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            return window.ran === true;
        }"""
    )
    context.close()
    assert not ran


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes(browser: Browser, chain: Any, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(chain.url)
    page.wait_for_selector(".block")
    for selector in ("main h1", ".block h2", ".pairs dt", "nav li a", ".tag.good", ".costs span"):
        ink, paper = page.evaluate(
            """selector => {
                const element = document.querySelector(selector);
                let under = element;
                while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') {
                    under = under.parentElement;
                }
                return [getComputedStyle(element).color, getComputedStyle(under).backgroundColor];
            }""",
            selector,
        )
        # What the W3C asks of small text.
        assert contrast(ink, paper) >= 4.5, (selector, ink, paper)
    context.close()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 defines it."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [of / 12.92 if of <= 0.04045 else ((of + 0.055) / 1.055) ** 2.4 for of in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_where_the_engines_differ_is_shown_as_it_happens(
    browser: Browser, serve: Any, tmp_path: Path
) -> None:
    interpreter_folder()
    options = ("--epoch", "3.1", "--engine", "both", "--reports", str(tmp_path))
    with serve(*options, program=planted(("(ok u1)", "(ok u2)"))) as server:
        source = "(define-public (one) (ok u1))"
        server.send(Deploy("box", source, ClarityVersion.CLARITY_3))
        page = browser.new_page()
        page.set_default_timeout(20_000)
        page.goto(server.url)
        page.wait_for_selector("#live.on")
        assert page.locator(".discrepancy").count() == 0
        call = ContractCall(f"{server.deployer}.box", "one", ())
        server.send(call)
        page.wait_for_selector("#engines .discrepancy")
        text = page.inner_text("#engines")
        assert f"the interpreter's answer to call {server.deployer}.box one (call: value)" in text
        assert str(tmp_path / "0001") in text
        # Beside the block that it happened in, and there alone.
        server.send(call)
        page.wait_for_selector(".block:nth-child(3)")
        assert page.locator(".block .discrepancy").count() == 1
        block = page.locator(".block", has=page.locator(".discrepancy"))
        assert "answered by" in block.inner_text()
        assert "(ok u1)" in block.inner_text()
        page.close()
