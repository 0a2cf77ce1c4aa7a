"""Statistics: what became of each issue's deliveries, how lists grow, and how to read the numbers.

`statistics.gather_statistics` gathers everything: `queries` reads counts from the tables of delivery, feedback and
replies, `clicks` and `growth` read theirs, `numbers` holds the result and hides groups of fewer than five people,
`caveats` says in words where a number is not what it seems. `export` writes JSON and CSV, `report` one HTML page with
`charts`, whose Vega-Lite specifications are in `vega_lite`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
