"""Storage of replies: tables, queries, raw messages on disk, and comment files.

`models` has the nouns (Reply, Decision, AuthorAnswer) and the states a reply passes through. `queries` is the only
module that reads and writes their tables, which `tables` describes; `display_names` keeps the names that writers
chose. `raw_messages` stores each message as it came, under `var/replies`. `thread` says what a reply answers: the
issue as its reader got it, and the words above it. `comments` writes the comment files of an issue, and `mbox`
exports them. Start with `models`.
"""
