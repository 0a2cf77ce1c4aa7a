"""Strangers' mail is read in a process of its own, which may be killed: it can neither hang nor break ours."""

from newsletter.replies.isolation.reader import Reader, Unreadable

__all__ = ["Reader", "Unreadable"]
