"""Words: how texts and searches are cut into them. Cut here alone, so that every store finds alike.

A word is folded: without case, accents and the differences that only typography makes. Letters, digits and their marks
are of it; each pictograph is a word of its own; all else stands between words."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST_WORD = 64  # characters; what is longer is found by its beginning
LONGEST_SPACELESS = 12

# Scripts that put no space between words: Thai, Lao, Myanmar, Khmer, kana and Han.
SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")

# What has no decomposition in Unicode and is yet typed as something simpler.
PLAIN = {"ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
JOINT = "-"  # what stands for each: lo-fi is also found as lofi, and R&B as rb
EXCEPTIONS = PLAIN | dict.fromkeys("'’‘ʼ-‐.&/", JOINT)

# Combining classes (UAX 44) of marks that make another letter: none at all, nukta, kana voicing and virama. The others
# are accents, points of Hebrew and Arabic, and tones of Thai.
LETTER_MARKS = frozenset({0, 7, 8, 9})
VARIATION_SELECTORS = range(0xFE00, 0xFE10)
MARKS = frozenset({"Mn", "Mc"})
UNSEEN = frozenset({"Cf", "Me"})  # soft hyphens and joiners; circles and squares around a letter


def query_words(text: str) -> tuple[str, ...]:
    """The words that a search asks for, none of them twice; a clip must have a word that begins so, for each."""
    return tuple(dict.fromkeys(cut(word) for run in runs(folded_words(text)) for word in run))


def text_words(*texts: str) -> frozenset[str]:
    """The words that texts are found by: also what hyphens and the like join, as one, and in scripts that put no space
    between words, what begins at each letter."""
    return frozenset(found for text in texts for found in found_by(folded_words(text)))


def found_by(folded: str) -> Iterator[str]:
    if JOINT not in folded and not SPACELESS.search(folded):  # as in nearly all texts: a tenth of the time
        return (word[:LONGEST_WORD] for word in folded.split())
    return (cut(found) for run in runs(folded) for word in (*run, "".join(run)) for found in beginnings(word))


def folded_words(text: str) -> str:
    """``text`` as words are compared, with blanks between them and a hyphen for each joint."""
    if text.isascii():
        return text.lower().translate(LETTERS)
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return plain.translate(LETTERS)


def runs(folded: str) -> Iterator[list[str]]:
    """The words of a folded text, those together that are joined."""
    for run in folded.split():
        if words := [word for word in run.split(JOINT) if word]:
            yield words


def beginnings(word: str) -> Iterator[str]:
    yield word
    for letter in SPACELESS.finditer(word, 1):
        if not unicodedata.category(letter[0]).startswith("M"):
            yield word[letter.start() : letter.start() + LONGEST_SPACELESS]


def cut(word: str) -> str:
    if len(word) <= LONGEST_SPACELESS:
        return word
    return word[: LONGEST_SPACELESS if SPACELESS.search(word) else LONGEST_WORD]


@lru_cache(maxsize=4096)
def letter(code: int) -> str:
    """What becomes of a character that was decomposed and case folded."""
    character = chr(code)
    if character in EXCEPTIONS:
        return EXCEPTIONS[character]
    category = unicodedata.category(character)
    if category == "So":
        return f" {character} "
    if category in MARKS:
        is_kept = unicodedata.combining(character) in LETTER_MARKS and code not in VARIATION_SELECTORS
        return character if is_kept else ""
    if category in UNSEEN:
        return ""
    return character if category[0] in "LN" else " "


class Letters:
    """What `str.translate` asks for each character."""

    def __getitem__(self, code: int) -> str:
        return letter(code)


LETTERS = Letters()
