"""SES simulator: a real HTTP server on this machine that answers as Amazon SES (API v2) does, faults included.

boto3 and AWS's own tools talk to it unchanged, through `AWS_ENDPOINT_URL_SESV2` or `[delivery.ses] endpoint`.
`server` is where to start: it reads a request by AWS's own model (`request_parser`), and hands it to `send_calls`
(SendEmail, SendBulkEmail) or `account_calls` (everything else). Both work on one `account`: its rate, its quota,
its suppression list. `faults` says which sends go wrong, and how. What becomes of an accepted message is published
by `events` to the `event_targets`: a file, and a queue, which can be one of this server's own (`sqs`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
