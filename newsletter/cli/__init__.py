"""The command line: parses options, calls one use case of `newsletter.app`, and renders its result.

`main` is the entry point. It looks up a command in `registry`, imports only that command's module from `commands/`,
and turns errors into one line and an exit code. `views/` holds how results look, as text and as JSON. `output`
writes to the terminal, `progress` shows how far a long task is, `signals` turns Ctrl-C into an orderly stop, and
`context` holds what commands share.
"""
