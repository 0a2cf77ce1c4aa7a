"""What machines post to the door: its station checks it, keeps it and says what to answer."""

from starlette.responses import PlainTextResponse, Response

from newsletter.feedback import MAX_SNS_BODY, SNS_PATH, handle_sns_notification
from newsletter.web.office import Office
from newsletter.web.shield import Hook, Served
from newsletter.web.visit import Visit


def hear_sns(office: Office, visit: Visit) -> Response:
    """Take in a notification of Amazon SNS."""
    answer = handle_sns_notification(
        office.database, office.keyring, office.settings, visit.headers, visit.body, clock=lambda: visit.now
    )
    return PlainTextResponse(f"{answer.text}\n", status_code=answer.status)


HOOKS: dict[str, dict[str, Served]] = {SNS_PATH: {"POST": Hook(handler=hear_sns, most_bytes=MAX_SNS_BODY)}}
"""The ways of machines."""
