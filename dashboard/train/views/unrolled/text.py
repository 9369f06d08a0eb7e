"""One unit at one time step: the cell's formulas, with the numbers of this moment in them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnn_core.diagnostics import Unrolled

#: What is computed, how, and with which numbers.
Equation = tuple[str, str, str]


def formulas(window: Unrolled, step: int, unit: int) -> str:
    """The equations of the top layer's cell as PyTorch documents them, in LaTeX, with numbers.

    Each stands on two lines, so that it fits on a phone.

    Args:
        window: the window.
        step: time step, counted from 1.
        unit: hidden unit, counted from 1.
    """
    terms = _terms(window, step - 1, unit - 1)
    equations = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}[window.cell](terms)
    lines = [rf"{left} &= {right} \\ &= {numbers}" for left, right, numbers in equations]
    return r"\begin{aligned}" + r" \\[4pt] ".join(lines) + r"\end{aligned}"


def _terms(window: Unrolled, step: int, unit: int) -> Mapping[str, float]:
    """What the equations are made of: of each gate what input and state bring, and its value."""
    layer, moved = window.layers[-1], window.moved[-1]
    below = window.inputs if len(window.layers) == 1 else window.h[-2, 1:]
    from_input = layer.by_gate(layer.w_ih @ below[step] + layer.b_ih)[:, unit]
    from_state = layer.by_gate(layer.w_hh @ window.h[-1, step] + layer.b_hh)[:, unit]
    terms = {
        "h": window.h[-1, step + 1, unit],
        "h_before": window.h[-1, step, unit],
        "c": window.c[-1, step + 1, unit],
        "c_before": window.c[-1, step, unit],
    }
    letters = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}[window.cell]
    for number, letter in enumerate(letters):
        terms[f"{letter}_x"], terms[f"{letter}_h"] = from_input[number], from_state[number]
        terms[letter] = moved.gates[step, number, unit]
    return terms


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else r"\text{nan}"


def _factor(value: float) -> str:
    """A number behind a sign."""
    return f"({_number(value)})" if value < 0 else _number(value)


def _sum(terms: Mapping[str, float], letter: str) -> str:
    """What the input brings, and what the state."""
    return f"{_number(terms[f'{letter}_x'])} {terms[f'{letter}_h']:+.2f}"


def _gate(terms: Mapping[str, float], letter: str, squash: str = r"\sigma") -> Equation:
    return (
        f"{letter}_t",
        rf"{squash}(W_{{i{letter}}} x_t + b_{{i{letter}}} + W_{{h{letter}}} h_{{t-1}}"
        rf" + b_{{h{letter}}})",
        rf"{squash}({_sum(terms, letter)}) = {_number(terms[letter])}",
    )


def _rnn(terms: Mapping[str, float]) -> list[Equation]:
    return [
        (
            "h_t",
            r"\tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})",
            rf"\tanh({_sum(terms, 'h')}) = {_number(terms['h'])}",
        )
    ]


def _lstm(terms: Mapping[str, float]) -> list[Equation]:
    n = {name: _number(value) for name, value in terms.items()}
    return [
        _gate(terms, "i"),
        _gate(terms, "f"),
        _gate(terms, "g", r"\tanh"),
        _gate(terms, "o"),
        (
            "c_t",
            "f_t c_{t-1} + i_t g_t",
            rf"{n['f']} \cdot {_factor(terms['c_before'])}"
            rf" + {n['i']} \cdot {_factor(terms['g'])} = {n['c']}",
        ),
        ("h_t", r"o_t \tanh(c_t)", rf"{n['o']} \cdot \tanh({n['c']}) = {n['h']}"),
    ]


def _gru(terms: Mapping[str, float]) -> list[Equation]:
    n = {name: _number(value) for name, value in terms.items()}
    return [
        _gate(terms, "r"),
        _gate(terms, "z"),
        (
            "n_t",
            r"\tanh(W_{in} x_t + b_{in} \\ &\qquad + r_t (W_{hn} h_{t-1} + b_{hn}))",
            rf"\tanh({n['n_x']} + {n['r']} \cdot {_factor(terms['n_h'])}) = {n['n']}",
        ),
        (
            "h_t",
            "(1 - z_t) n_t + z_t h_{t-1}",
            rf"{_number(1 - terms['z'])} \cdot {_factor(terms['n'])}"
            rf" + {n['z']} \cdot {_factor(terms['h_before'])} = {n['h']}",
        ),
    ]
