"""Letters several rows high, drawn with block characters from one small bitmap font."""

from functools import lru_cache

HEIGHT = 5
"""Pixels; at scale k a letter is ceil(5 k / 2) rows high"""

# Rows from top to bottom: # is a pixel, o one whose outer corner is rounded off where there is room for that.
_FONT = {
    " ": ".. .. .. .. ..",
    "-": "... ... ### ... ...",
    "%": "#.# ..# .#. #.. #.#",
    "0": "o#o #.# #.# #.# o#o",
    "1": "##. .#. .#. .#. ###",
    "2": "##o ..# o#o #.. ###",
    "3": "##o ..# ### ..# ##o",
    "4": "#.# #.# o## ..# ..#",
    "5": "### #.. ##o ..# ##o",
    "6": "o## #.. ##o #.# o#o",
    "7": "### ..# ..# ..# ..#",
    "8": "o#o #.# ### #.# o#o",
    "9": "o#o #.# o## ..# ##o",
    "A": "o#o #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": "o## #.. #.. #.. o##",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ### #.. ###",
    "F": "### #.. ### #.. #..",
    "G": "o### #... #.## #..# o##o",
    "H": "#.# #.# ### #.# #.#",
    "I": "# # # # #",
    "J": "..# ..# ..# #.# o#o",
    "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": "o#o #.# #.# #.# o#o",
    "P": "##o #.# ##o #.. #..",
    "Q": "o##o #..# #..# #.## o###",
    "R": "##o #.# ##. #.# #.#",
    "S": "o## #.. o#o ..# ##o",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# o#o",
    "V": "#.# #.# #.# #.# .#.",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# o#o .#. .#.",
    "Z": "### ..# .#. #.. ###",
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


class _Glyph:
    """One letter as pixels that can be asked for outside the letter, too."""

    def __init__(self, character: str) -> None:
        self.rows = _FONT[character].split()
        self.width = len(self.rows[0])

    def on(self, x: int, y: int) -> bool:
        return 0 <= x < self.width and 0 <= y < HEIGHT and self.rows[y][x] != "."

    def rounded_off(self, x: int, y: int, scale: int) -> bool:
        """Whether the enlarged pixel (x, y) lies in the outer corner of a bend."""
        i, j = x // scale, y // scale
        if y < 0 or self.rows[j][i] != "o":
            return False
        for dx, dy in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            bend = self.on(i - dx, j) and self.on(i, j - dy) and not self.on(i + dx, j) and not self.on(i, j + dy)
            from_side = x % scale if dx < 0 else scale - 1 - x % scale
            from_edge = y % scale if dy < 0 else scale - 1 - y % scale
            if bend and from_side + from_edge < scale // 2:
                return True
        return False

    def enlarged(self, scale: int) -> list[list[bool]]:
        return [
            [self.on(x // scale, y // scale) and not self.rounded_off(x, y, scale) for x in range(self.width * scale)]
            for y in range(-(HEIGHT * scale % 2), HEIGHT * scale)
        ]


@lru_cache(maxsize=256)
def banner(text: str, scale: int = 1) -> tuple[str, ...]:
    """
    Draw `text` with letters `5 * scale` half-rows high; characters without a glyph are left out.

    Returns ceil(5 scale / 2) rows of equal width. A pixel is `scale` columns by `scale` half-rows, which is square in
    most terminals.
    """
    letters = [_Glyph(c).enlarged(scale) for c in text.upper() if c in _FONT]
    gap = [False] * max(1, scale // 2)
    rows = []
    for y in range(0, HEIGHT * scale, 2):
        upper, lower = ([on for letter in letters for on in (*letter[row], *gap)][: -len(gap)] for row in (y, y + 1))
        rows.append("".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)))
    return tuple(rows)
