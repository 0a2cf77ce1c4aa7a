"""The languages in which the web door speaks."""

from newsletter.web.languages import eastasian, germanic, romance, semitic, slavic, turkish
from newsletter.web.phrase import Phrases

LANGUAGES: dict[str, Phrases] = {
    **germanic.WORDS,
    **romance.WORDS,
    **slavic.WORDS,
    **turkish.WORDS,
    **eastasian.WORDS,
    **semitic.WORDS,
}
