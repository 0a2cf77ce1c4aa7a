"""Addresses at which replies arrive, and what each names.

`match` finds the delivery, notice, action or page that an incoming message answers. `signed_actions` makes the
addresses that name one reply and one action on it; `page_address` those on the archive's pages, which are not signed;
`writer_page` the link to the web page of a comment's writer. Signed reply addresses of deliveries are made in
`newsletter.delivery`. Start with `match`.
"""
