"""Strangers' mail is read in a process of its own, which may be killed: it can neither hang nor break ours."""

from newsletter.replies.sandbox.sandbox import Sandbox, UnreadableMessage

__all__ = ["Sandbox", "UnreadableMessage"]
