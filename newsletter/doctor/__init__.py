"""The doctor: looks at everything a send needs, one line a finding, each with its remedy."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
