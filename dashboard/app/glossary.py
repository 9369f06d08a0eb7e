"""The glossary: the field's terms that appear on screen, each in a sentence or two.

A text marks its terms as links to `#term-…`, which Markdown allows everywhere; `terms.js` shows the
definition of a marked term that is pointed at or focused. Knows nothing of Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from rnn_core.messages import N_

#: What the address of a marked term begins with.
ANCHOR = "#term-"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the field.

    Args:
        key: its name in links.
        forms: how it is written, the title first, with ``|`` between; marked with `N_`.
        definition: one or two sentences, plain text; marked with `N_`.
        everywhere: whether it is in so many sentences that `explained` leaves it unmarked.
    """

    key: str
    forms: str
    definition: str
    everywhere: bool = False

    @property
    def title(self) -> str:
        """The term in the language in use."""
        return _(self.forms).split("|")[0]

    @property
    def explanation(self) -> str:
        """The definition in the language in use."""
        return _(self.definition)


_ALL = (
    Term(
        "accuracy",
        N_("accuracy"),
        N_("Share of the symbols for which the network's most probable one is right."),
    ),
    Term(
        "bptt",
        N_("backpropagation through time|BPTT"),
        N_(
            "How a recurrent network gets its gradient: the window is unrolled into one layer per "
            "time step, and the error is passed back through all of them (Werbos 1990)."
        ),
    ),
    Term(
        "batch",
        N_("batch size|batch"),
        N_("Number of sequences that are read side by side and share each update."),
    ),
    Term(
        "branch",
        N_("branch|branches"),
        N_("A run that continues from an earlier step, with other settings if one likes."),
        everywhere=True,
    ),
    Term(
        "carried",
        N_("carried state|carried"),
        N_(
            "Each window starts from the final hidden state of the one before. The values cross "
            "the border, gradients do not: truncated backpropagation through time."
        ),
    ),
    Term(
        "cell",
        N_("cell|cells"),
        N_(
            "The rule by which a recurrent layer makes its next hidden state from the input and "
            "the state before: RNN, LSTM, GRU and others."
        ),
    ),
    Term(
        "clipping",
        N_("gradient clipping|clipping"),
        N_(
            "A gradient whose norm is above a limit is scaled down to it before the update "
            "(Pascanu, Mikolov and Bengio 2013). It keeps one steep place from undoing the "
            "training."
        ),
    ),
    Term(
        "collapse",
        N_("collapse"),
        N_("A loss that had been low rises sharply and stays high: updates undid what was learnt."),
    ),
    Term(
        "compiled-engine",
        N_("compiled engine"),
        N_(
            "The training step as machine code made for this configuration. It computes the same "
            "numbers as PyTorch up to rounding, several times as fast."
        ),
    ),
    Term(
        "constant",
        N_("constant"),
        N_("The predictor that always gives the same value, at best the mean of the target."),
    ),
    Term(
        "divergence",
        N_("divergence|diverged|diverges"),
        N_("The loss is no longer a finite number; no further update can help."),
    ),
    Term(
        "floor",
        N_("floor|floors"),
        N_(
            "The lowest loss that a kind of fixed predictor can reach, for example one without "
            "memory. A held-out loss below it shows that the network has more than that."
        ),
    ),
    Term(
        "forget-gate",
        N_("forget gate|forget gates"),
        N_("The gate of an LSTM that decides how much of the cell's memory is kept at each step."),
    ),
    Term(
        "free-run",
        N_("free run"),
        N_("The network reads its own predictions instead of the data."),
    ),
    Term(
        "gate",
        N_("gate|gates"),
        N_("A factor between 0 and 1, computed by the cell, that lets information through or not."),
    ),
    Term(
        "gradient",
        N_("gradient|gradients"),
        N_("How the loss changes with each weight; updates go against it."),
    ),
    Term(
        "gradient-norm",
        N_("gradient norm"),
        N_(
            "Length of the gradient over all weights together: how steep the loss is at the "
            "present weights, before clipping."
        ),
    ),
    Term(
        "held-out-loss",
        N_("held-out loss|held-out losses"),
        N_(
            "The mean loss of the frozen weights on windows ahead of the training stream, which "
            "the network has not been trained on. Verdicts rest on it."
        ),
    ),
    Term(
        "hidden-state",
        N_("hidden state|hidden states"),
        N_(
            "What the network remembers: one number per hidden unit, rewritten at every time step "
            "from the input and the numbers before."
        ),
    ),
    Term(
        "hidden-unit",
        N_("hidden unit|hidden units"),
        N_("One component of the hidden state, with weights of its own."),
    ),
    Term(
        "horizon",
        N_("horizon"),
        N_("How many time steps ahead a forecast looks."),
    ),
    Term(
        "learning-rate",
        N_("learning rate|learning rates"),
        N_("Factor of every update: larger learns faster, too large makes training unstable."),
    ),
    Term(
        "loss",
        N_("loss|losses"),
        N_(
            "The number that training lowers: the mean squared error for signals, the "
            "cross-entropy for symbols. 0 is perfect."
        ),
        everywhere=True,
    ),
    Term(
        "memory",
        N_("memory"),
        N_("What the prediction owes to inputs before the present one."),
    ),
    Term(
        "nrmse",
        N_("NRMSE"),
        N_(
            "Normalised root mean squared error: the root of the loss divided by the variance of "
            "the target. 1 is the best constant, 0 is perfect."
        ),
    ),
    Term(
        "online-loss",
        N_("online loss|online losses"),
        N_(
            "The loss on the present window, before the weights are trained on it. On a slow "
            "signal it can be low because the weights follow the signal, without any memory."
        ),
    ),
    Term(
        "optimizer",
        N_("optimizer|optimizers"),
        N_("The rule by which gradients become updates of the weights: Adam, SGD, RMSprop."),
    ),
    Term(
        "parameters",
        N_("parameters|parameter"),
        N_("All numbers that training adjusts: weights and biases."),
    ),
    Term(
        "persistence",
        N_("persistence"),
        N_("The forecast that the signal stays as it is: it repeats the present value."),
    ),
    Term(
        "pytorch-engine",
        N_("PyTorch engine"),
        N_("The training step computed by PyTorch itself, for everything that is not compiled."),
    ),
    Term(
        "reset",
        N_("reset state|reset"),
        N_("Every window starts from a hidden state of zeros."),
    ),
    Term(
        "seed",
        N_("seed|seeds"),
        N_("The number that decides the initial weights. Equal seeds give identical runs."),
        everywhere=True,
    ),
    Term(
        "spike",
        N_("spike|spikes"),
        N_("A sudden rise of the loss, mostly after one large update."),
    ),
    Term(
        "ablation",
        N_("state ablation"),
        N_(
            "The test of what the state is worth: the same weights with the state carried, reset, "
            "or shuffled among the windows."
        ),
    ),
    Term(
        "step",
        N_("step|steps"),
        N_("One update of the weights, on one window."),
        everywhere=True,
    ),
    Term(
        "target",
        N_("target|targets"),
        N_("What the network should say at each time step."),
        everywhere=True,
    ),
    Term(
        "teacher-forcing",
        N_("teacher forcing"),
        N_("The network reads the true signal at every step, not its own predictions."),
    ),
    Term(
        "time-step",
        N_("time step|time steps"),
        N_("One point of a sequence: the cell is applied once at each."),
    ),
    Term(
        "untrained",
        N_("untrained network"),
        N_("A network with its initial, random weights."),
    ),
    Term(
        "vanishing-gradient",
        N_("vanishing gradient|vanishing gradients"),
        N_(
            "A gradient that shrinks by a factor at every step back, so that early inputs teach "
            "the network nothing (Hochreiter 1991; Bengio, Simard and Frasconi 1994)."
        ),
    ),
    Term(
        "warm-up",
        N_("warm-up"),
        N_(
            "Time steps that only bring the state into tune with the signal; their errors do not "
            "count."
        ),
    ),
    Term(
        "weights",
        N_("weights"),
        N_("The numbers by which inputs and states are multiplied; training adjusts them."),
        everywhere=True,
    ),
    Term(
        "window",
        N_("window|windows"),
        N_(
            "The stretch of the sequence that one update is computed from; gradients flow back to "
            "its beginning and no further."
        ),
    ),
)

#: The terms by key.
GLOSSARY: Mapping[str, Term] = MappingProxyType({term.key: term for term in _ALL})


def definition(key: str) -> str:
    """What a term means, in the language in use."""
    return GLOSSARY[key].explanation


def definitions() -> dict[str, str]:
    """What every term means, by key, in the language in use."""
    return {term.key: term.explanation for term in _ALL}


def in_order() -> list[Term]:
    """The terms, sorted by their title in the language in use."""
    if current_language() == "zh_CN":  # as dictionaries sort: by the sound, which GBK's order is
        return sorted(_ALL, key=lambda term: term.title.encode("gbk", "replace"))
    return sorted(_ALL, key=lambda term: term.title.casefold())


def explained(markdown: str) -> str:
    """Mark the first occurrence of each term in a text, so that pointing at it defines it.

    Args:
        markdown: in the language in use. Code, formulas and links in it stay as they are.
    """
    pattern, keys = _pattern(current_language())
    marked: set[str] = set()

    def mark(found: re.Match[str]) -> str:
        form = found["term"]
        if form is None or keys[form.casefold()] in marked:
            return found[0]
        key = keys[form.casefold()]
        marked.add(key)
        return f"[{form}]({ANCHOR}{key})"

    return pattern.sub(mark, markdown)


@cache
def _pattern(language: str) -> tuple[re.Pattern[str], Mapping[str, str]]:
    """What finds the terms of a language, and what to leave out; keys by form."""
    keys = {
        form.casefold(): term.key
        for term in _ALL
        if not term.everywhere
        for form in _(term.forms).split("|")
    }
    forms = "|".join(re.escape(form) for form in sorted(keys, key=len, reverse=True))
    # Chinese puts no spaces between words.
    border = "" if language == "zh_CN" else r"\b"
    left_out = r"`[^`]*`|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|:material/\w+:"
    return re.compile(f"{left_out}|{border}(?P<term>{forms}){border}", re.IGNORECASE), keys
