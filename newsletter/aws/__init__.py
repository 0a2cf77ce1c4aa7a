"""Amazon Web Services: the only package that imports boto3 and botocore.

`client` makes every boto3 client: one attempt a call, each error returned or translated to ours. `s3_bucket`
(pictures, the archive) and `sqs_queue` (events) use it. `lean_client` sends through SES at a fraction of boto3's
CPU time: it signs with `sigv4` and sends over the kept connections of `http11`. `service_model` parses requests by
the model that botocore carries of a service, for the SES simulator.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
