"""Notices: transactional mail to one person: sign-up mail, answers, notifications, the welcome series, alerts.

Others plan a notice in the `queue`, in the transaction of whatever calls for it. `send` submits those that are due,
each built by `message`. Three kinds have rules of their own: `signup_mail` answers sign-up requests,
`comment_reply` tells a reader that their comment was answered, `welcome_series` mails new subscribers in steps.
"""
