"""Sandbox: messages from strangers are parsed in a child process, which can neither hang nor break ours.

`sandbox` is our side: it starts a child, sends it requests, and kills it when it takes too long. `child` is the other
side; `fork` makes a child by forking instead of starting an interpreter. `protocol` is what goes through the pipes
between them. Start with `sandbox`.
"""

from newsletter.replies.sandbox.sandbox import Sandbox, UnreadableMessage

__all__ = ["Sandbox", "UnreadableMessage"]
