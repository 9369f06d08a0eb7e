from __future__ import annotations

from dashboard.app.link import read_link, write_link
from dashboard.app.settings import table_of
from dashboard.sweeps.settings import OBJECTIVE, PRUNER, SAMPLER, SETTINGS
from rnn_core.experiments.sweep import OBJECTIVES, PRUNERS, SAMPLERS
from rnn_core.rules import Choice


def test_the_choices_are_those_of_the_registry() -> None:
    for setting, names in ((OBJECTIVE, OBJECTIVES), (SAMPLER, SAMPLERS), (PRUNER, PRUNERS)):
        assert isinstance(setting.limits, Choice)
        assert setting.limits.options == tuple(names)


def test_a_link_carries_a_sweep_there_and_back() -> None:
    parameters = {
        "vary": "cell:rnn,gru;lr:0.001..0.1x5",
        "sweep": "0123456789",
        "sweep_seeds": "5",
        "sampler": "random",
    }
    link = read_link(parameters, table_of(SETTINGS))
    assert link.refusals == ()
    assert write_link(link.values, table_of(SETTINGS)) == parameters


def test_names_that_are_none_of_ours_are_refused() -> None:
    link = read_link({"sweep": "../../etc"}, table_of(SETTINGS))
    assert link.values == {}
    assert "ten digits and letters" in link.refusals[0]
