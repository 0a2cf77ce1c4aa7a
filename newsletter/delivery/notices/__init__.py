"""Notices: transactional mail to one person: sign-up mail, answers, notifications, the welcome series, alerts.

Others plan a notice in the `queue`, in the transaction of whatever calls for it. `send` submits those that are due,
each built by `message`, unless `cancellation` has a reason against it. `signup_mail` plans the answers to sign-up
requests, `welcome_series` the emails to new subscribers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
