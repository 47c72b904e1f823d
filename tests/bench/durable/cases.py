"""The cases: layers of steps, each step of a layer needing all of the layer before."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`layers`: widths; `pause`: seconds a step; `runs` timed, `at_once` of them side by side, after `warm` others."""

    layers: tuple[int, ...]
    runs: int
    at_once: int = 1
    warm: int = 2
    pause: float = 0.0

    @property
    def steps(self):
        return sum(self.layers)

    @property
    def ideal(self):
        return self.pause * len(self.layers)


CASES = {
    "chain20": Case((1,) * 20, runs=40, warm=3),
    "wide": Case((1, 50, 1), runs=20),
    "chains200": Case((1,) * 10, runs=200, at_once=200, warm=5),
    "diamond": Case((1, 4, 1, 3, 1), runs=10, pause=0.05),
}
