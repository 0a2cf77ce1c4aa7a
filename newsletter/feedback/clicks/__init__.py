"""Click tracking: counting followed links by day, and by subscriber only with their consent.

`bot_filter` drops requests that are not a person's, `counter` counts in memory without naming anybody, `store` writes
the counts to the database, and personal clicks of those who consent at that moment.
"""
