"""What each task is called, and what it asks of a memory, in the reader's words."""

from __future__ import annotations

from dashboard.app.language import gettext as _


def task_name(key: str) -> str:
    """The task's name, as the sidebar lists it."""
    names = {
        "sin_to_cos": _("sin → cos"),
        "sum_of_sines": _("Sum of sines, ahead"),
        "square_wave": _("Square wave, ahead"),
        "chirp": _("Chirp, ahead"),
        "noisy_sine": _("Noisy sine, ahead"),
        "mackey_glass": _("Mackey–Glass, ahead"),
        "narma10": _("NARMA10"),
        "lorenz": _("Lorenz, ahead"),
        "delayed_recall": _("Delayed recall"),
        "flip_flop": _("3-bit flip-flop"),
        "adding": _("Adding problem"),
        "temporal_order": _("Temporal order"),
        "copy": _("Copy memory"),
        "anbn": _("aⁿbⁿ"),
    }
    return names.get(key, key)


def task_story(key: str) -> str:
    """What comes in, what is wanted, and what has to be remembered for it; one or two sentences."""
    stories = {
        "sin_to_cos": _(
            "Hears sin and says cos. One value of sin fits two of cos, so the network has to "
            "remember whether the wave rises or falls."
        ),
        "sum_of_sines": _(
            "Two waves at once, whose sum never repeats: says what will come some samples ahead."
        ),
        "square_wave": _(
            "Up and down at fixed times: to say what will come, count how long it has been so."
        ),
        "chirp": _("A wave that grows faster and slower: follow its frequency to see ahead."),
        "noisy_sine": _(
            "A sine under noise: only an average over many samples sees the wave ahead."
        ),
        "mackey_glass": _(
            "A chaotic signal with a memory of 17 time units (Mackey and Glass 1977): says what "
            "will come some samples ahead."
        ),
        "narma10": _(
            "A nonlinear system that remembers ten steps (Atiya and Parlos 2000): says what it "
            "answers to a random input."
        ),
        "lorenz": _(
            "One coordinate of Lorenz's weather (1963): says what will come, though the other two "
            "are hidden."
        ),
        "delayed_recall": _(
            "Random bits, each wanted again some steps later: as many have to be kept at once."
        ),
        "flip_flop": _(
            "Three switches: the last pulse on each line is to be held until the next one "
            "(Sussillo and Barak 2013)."
        ),
        "adding": _(
            "Two numbers of a long row are marked: say their sum at the end (Hochreiter and "
            "Schmidhuber 1997)."
        ),
        "temporal_order": _(
            "Two of many symbols matter: say at the end which they were, in order (Hochreiter and "
            "Schmidhuber 1997)."
        ),
        "copy": _(
            "Ten symbols, a long silence, then say them all again (Arjovsky, Shah and Bengio 2016)."
        ),
        "anbn": _(
            "Rows of a, then as many b: predict the next symbol; whoever counts knows the end "
            "(Gers and Schmidhuber 2001)."
        ),
    }
    return stories.get(key, "")
