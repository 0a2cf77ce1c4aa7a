"""Statistics across all packages, with alerts, metrics and one person's whole record.

Names are loaded when they are first asked for, so that nobody waits for what they do not use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
