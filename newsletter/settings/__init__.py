"""Settings: newsletter.toml and the environment, read once into one frozen value.

Secrets never stand in the file. Unknown keys are errors with a suggestion.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
