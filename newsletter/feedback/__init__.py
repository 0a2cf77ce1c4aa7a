"""6. What came back about deliveries: events become facts, suppressions, certainty, and pauses."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
