"""Translations: one gettext catalogue a language, for every sentence that a reader meets."""
