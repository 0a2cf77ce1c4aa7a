"""DNS checks: `domains` checks each sending domain's SPF, DKIM and DMARC, and the MX of the reply domain.

`spf` and `dmarc` evaluate one record each; `resolver` does every lookup, with a time limit.
"""
