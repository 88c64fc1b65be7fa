"""Numbers by which texts are known to be the same, or nearly so, without keeping the texts.

They are the same in every process and on every machine, since they are stored.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

_BITS = 64
_LANE_BITS = 16  # of the counter that each of them has
_ONES = sum(1 << _LANE_BITS * bit for bit in range(_BITS))
_UPPER_BIT = b"0" * 128 + b"1" * 128
_SPREAD = [sum(1 << _LANE_BITS * bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]
_LONG_WORD = 4
_LEAST_LETTERS = 20
_MOST_LETTERS = 32_000  # so that no counter overflows
_PIECE = 32


def text_hash(text: str) -> int:
    """64 bits of `text`, signed."""
    return int.from_bytes(_digest(text), "little", signed=True)


def simhash(words: Sequence[str], otherwise: int) -> int:
    """64 bits, signed, of which texts made of nearly the same `words` have most in common.

    Only words of four letters and more count, so that a greeting or a name makes no difference; the
    order does not. A text with less than twenty letters of that sort is like no other but its
    equals (`ok` and emoji resemble each other by chance): it gets `otherwise`, its own hash.
    """
    pieces = [word for word in words if len(word) >= _LONG_WORD]
    if max(map(len, pieces), default=0) > _PIECE:
        pieces = [word[at : at + _PIECE] for word in pieces for at in range(0, len(word), _PIECE)]
    del pieces[_MOST_LETTERS // _PIECE :]
    letters = sum(map(len, pieces))
    if letters < _LEAST_LETTERS:
        return otherwise
    # The upper bit of a lane tells whether its counter is more than half of `letters`.
    over = sum(map(_trigrams, pieces)) + _ONES * ((1 << _LANE_BITS - 1) - letters // 2 - 1)
    signs = over.to_bytes(_BITS * _LANE_BITS // 8, "little")[1::2]
    bits = int(signs[::-1].translate(_UPPER_BIT), 2)
    return bits - (bits >> 63 << 64)


def bands(simhash: int) -> tuple[int, int, int, int]:
    """The four 16-bit parts with their places: two hashes that differ in at most three bits have
    one in common."""
    return (
        simhash & 0xFFFF,
        0x10000 | simhash >> 16 & 0xFFFF,
        0x20000 | simhash >> 32 & 0xFFFF,
        0x30000 | simhash >> 48 & 0xFFFF,
    )


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()


@lru_cache(maxsize=16_384)
def _trigrams(word: str) -> int:
    """A counter of 16 bits for each bit of the hashes of the word's trigrams, in one number; as
    many trigrams as the word has letters."""
    padded = f"^{word}$"
    return sum(_lanes(padded[at : at + 3]) for at in range(len(word)))


@lru_cache(maxsize=32_768)
def _lanes(feature: str) -> int:
    spread = (
        _SPREAD[byte] << _LANE_BITS * 8 * place for place, byte in enumerate(_digest(feature))
    )
    return sum(spread)
