"""Markdown: reads the body of an issue into blocks.

`audience_parts` first cuts out parts that are for other readers. `block_reader` then limits the text (`limits`), pairs
its `:::` fences (`fences`), parses it (`parser`, with `east_asian` rules), normalises the tokens (`token_stream`) and
turns each top-level element into a block: `directives` and `paragraphs` read the special ones, `renderer` renders all
else as XHTML, with `raw_html` sanitised, `code_blocks` highlighted and `table_cells` marked. `warnings` collects the
findings. Start with `block_reader`.
"""
