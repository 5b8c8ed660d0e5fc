"""Bodies under allowances become functions of their own, which the host runs."""

from __future__ import annotations

from compiler.description import ModuleDescription
from compiler.pipeline import CompileOptions, compile_contract
from compiler.versions import ClarityVersion, Epoch

SOURCE = """
(define-public (f (a uint) (to principal))
  (let ((x (+ a u1)) (t {a: a, b: (list u1 u2)}))
    (restrict-assets? tx-sender
        ((with-stx x) (with-ft current-contract "t" u3) (with-nft current-contract "*" (list u1)))
      (try! (stx-transfer? a tx-sender to))
      (match (as-contract? ((with-all-assets-unsafe)) (+ x u1)) v v e (len (get b t))))))
(restrict-assets? tx-sender () true)
"""


def compiled() -> ModuleDescription:
    options = CompileOptions(checked=True)
    result = compile_contract(SOURCE, ClarityVersion.CLARITY_4, Epoch.EPOCH_3_3, {}, options)
    return ModuleDescription.from_bytes(result.metadata)


def test_a_site_names_its_body_and_its_allowances() -> None:
    sites = {site.extra.partition(" ")[2]: site for site in compiled().sites}
    assert {words: site.name for words, site in sites.items()} == {
        "": "restrict-assets?",
        "with-stx with-ft with-nft": "restrict-assets?",
        "with-all-assets-unsafe": "as-contract?",
    }


def test_no_two_bodies_share_a_name() -> None:
    bodies = [site.extra.partition(" ")[0] for site in compiled().sites]
    assert len(set(bodies)) == len(bodies) == 3
