"""The author's preview: an issue in the browser of this machine, recomposed whenever a file changes.

`live_snapshots` watches the files and keeps the newest `Snapshot` of each issue; `snapshot` composes it;
`page` renders it; `app` serves pages, emails, pictures and an event stream of changes; `server` runs it all.
"""
