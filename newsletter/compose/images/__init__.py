"""Images: the author's pictures become copies that emails and pages link to.

`resolver` finds the file that an issue names and decides its size and URL; `copies` makes the copy with Pillow;
`sent_images` keeps the copies that sent emails link to.
"""
