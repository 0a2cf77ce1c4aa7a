"""Content: the author's files become issues, comments and series.

An issue is a Markdown file with front matter. `issue_folder` finds the files in issues/ and gives each a slug;
`issue_reader` reads one: `front_matter` splits off the YAML, TOML or JSON at its top, `front_matter_fields` turns the
values into types, and `title` finds a title where none is given. Faults become findings with a line; only four
of them refuse the file. `comments` reads and writes the approved comments beside an issue, `series` reads welcome
series, `draft` starts a new issue, `sample` copies the sample publication, and `git` commits single files.
Start with `issue`, which holds the nouns, then `issue_reader`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
