"""An introductory article on quantum detailed balance and the second law, section by section."""

from __future__ import annotations

from equipoise.reproduce.reproduction import Paper

PAPER = Paper(
    title=(
        "An introductory article on quantum detailed balance. Sections: 1 From classical reversibility to quantum "
        "detailed balance; 2 Physical consequences; 3 Microscopic origins; 4 The role of the partition function"
    ),
    package=__name__,
    parts=("reversibility", "consequences", "origins", "partition"),
)
