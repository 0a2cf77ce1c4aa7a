"""Mail to the writers of replies: the author's answers, and notices about their comments.

`author_answer` sends what the author answers to a reply. `comment_notifications` tells a writer that their comment is
published, that it is not, or that another reader answered it, and asks whether it may be published. Both build their
mail with `notice`, as a `Notice` of `newsletter.delivery`, which sends it. Start with `notice`.
"""
