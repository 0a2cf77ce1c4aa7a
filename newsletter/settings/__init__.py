"""Settings: newsletter.toml and the environment, read once into one frozen value, and the secret keys.

`loader` finds newsletter.toml and reads it, `sections` and `theme` define each table and key with its type and default,
`validation_errors` turns what pydantic finds into one line with the place in the file. `secret_keys` reads, makes and
rotates the keys that sign tokens. Secrets are never in the file; unknown keys are errors with a suggestion.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
