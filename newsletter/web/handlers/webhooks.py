"""Webhooks: what providers post here; `newsletter.feedback` verifies it, stores it and says what to respond."""

from starlette.responses import PlainTextResponse, Response

from newsletter.app import feedback
from newsletter.feedback import MAX_SNS_BODY, SNS_PATH
from newsletter.web.context import WebContext
from newsletter.web.endpoint import AnyHandler, Webhook
from newsletter.web.request import WebRequest


def receive_sns(context: WebContext, request: WebRequest) -> Response:
    """Receive a notification of Amazon SNS."""
    reply = feedback.receive_sns_notification(context.publication, request.headers, request.body, request.now)
    return PlainTextResponse(f"{reply.text}\n", status_code=reply.status)


WEBHOOKS: dict[str, dict[str, AnyHandler]] = {SNS_PATH: {"POST": Webhook(handler=receive_sns, max_bytes=MAX_SNS_BODY)}}
"""The paths that providers post to."""
