"""Everything of AWS: the one place that meets boto3 and botocore."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
