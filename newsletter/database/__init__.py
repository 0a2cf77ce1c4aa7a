"""The database: an engine for SQLite (the default) or PostgreSQL, schema migrations, backup and copy.

Start with `engine.Database`: `read` opens a snapshot, `write` a transaction that is durable when it ends; both
translate driver errors into ours. `sqlite` configures SQLite's connections, and `functions` defines SQL functions that
mean the same on both databases. `schema` runs the Alembic migrations in `migrations`. `column_types` and
`prepared_statements` serve the packages that own tables; this package knows no table of theirs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
