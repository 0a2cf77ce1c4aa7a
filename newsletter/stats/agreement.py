"""A person's agreement that it is recorded which links they follow: given, taken back, and what goes with it.

Who agrees is the audience's to know, what was recorded is feedback's: both change in one transaction, so that
nothing is ever kept of somebody who has taken it back, whoever is killed meanwhile.
"""

from datetime import datetime

from newsletter import audience, feedback
from newsletter.audience import ConsentProof
from newsletter.database import Database


def agree_to_clicks(database: Database, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime) -> bool:
    """Note that a person agrees; False if they did already, or are on no list."""
    with database.write() as connection:
        return audience.grant_click_consent(connection, subscriber_id, origin=origin, proof=proof, now=now)


def withdraw_clicks(database: Database, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime) -> bool:
    """Note that a person agrees no more, and delete what was recorded of them; False if they did not agree."""
    with database.write() as connection:
        agreed = audience.withdraw_click_consent(connection, subscriber_id, origin=origin, proof=proof, now=now)
        feedback.forget_clicks(connection, subscriber_id)
    return agreed
