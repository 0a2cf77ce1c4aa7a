"""Facts: reasons and kinds in plain words, as `EventReason` and `EventKind` have them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_REASONS = {
    "on the list of addresses that SES suppresses": "on SES's suppression list",
    "unsubscribed at the next hop": "unsubscribed at the provider",
    "not reachable": "unreachable",
    "content refused": "content rejected",
    "refused by a policy": "rejected by a policy",
    "called fraud": "reported as fraud",
    "called a virus": "reported as a virus",
    "called not authentic": "reported as not authentic",
    "called no spam": "reported as not spam",
    "dropped by the next hop": "dropped by the mail server",
}


def upgrade() -> None:
    """Rewrite the rows that use the old words."""
    facts = sa.table("facts", sa.column("act"), sa.column("reason"))
    for old, new in _REASONS.items():
        op.execute(facts.update().where(facts.c.reason == old).values(reason=new))
    op.execute(facts.update().where(facts.c.act == "left").values(act="unsubscribed"))
