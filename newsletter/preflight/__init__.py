"""Preflight: the rules that an issue and its edition must pass before anything is sent.

`runner` asks every rule in `rules` about each variant of an edition and sorts the findings, errors first. A rule is a
function that takes a `RuleContext` and yields findings; `RULES` lists them all. Start with `rules`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
