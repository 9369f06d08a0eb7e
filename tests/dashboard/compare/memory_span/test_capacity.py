from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.compare.memory_span.capacity import SAMPLES, Capacities, Curve
from rnn_core import RecurrentModel, RunConfig, SpanNetworks
from rnn_core.diagnostics import memory_capacity
from tests.dashboard.spans import BASE

CONFIGS = [replace(BASE, hidden_size=4), replace(BASE, cell="gru", hidden_size=5)]


def capacities() -> Capacities:
    return Capacities(CONFIGS, (3, 4), max_lag=10)


def measure_all(own: Capacities) -> None:
    while own.pending:
        own.measure_one()


def curve(own: Capacities, place: int, *, trained: bool) -> Curve:
    found = (own.trained if trained else own.untrained)[place]
    assert found is not None
    return found


def passed(delay: int, *seeds: int) -> SpanNetworks:
    models = [RecurrentModel(replace(CONFIGS[0], seed=seed + 50)) for seed in seeds]
    return SpanNetworks(delay, seeds, tuple(models))


def test_untrained_networks_are_those_that_training_starts_from() -> None:
    own = capacities()
    assert own.pending == 4
    assert own.untrained == (None, None)
    measure_all(own)
    for place, config in enumerate(CONFIGS):
        found = curve(own, place, trained=False)
        assert found.delay == 0
        assert found.bound == config.hidden_size
        for seed, network in zip((3, 4), found.networks, strict=True):
            model = RecurrentModel(replace(config, seed=seed))
            alone = memory_capacity(model, max_lag=10, samples=SAMPLES)
            np.testing.assert_array_equal(network.blocks, alone.blocks)
    assert own.trained == (None, None)


def test_a_curve_has_a_row_for_each_network_and_the_mean_of_their_sums() -> None:
    own = capacities()
    measure_all(own)
    found = curve(own, 1, trained=False)
    assert found.by_lag.shape == (2, 11)
    np.testing.assert_array_equal(found.by_lag[1], found.networks[1].by_lag)
    first, second = (network.error for network in found.networks)
    np.testing.assert_allclose(found.error, np.hypot(first, second) / 2)
    assert found.total == pytest.approx(found.by_lag.sum() / 2)


def test_networks_that_passed_are_measured_once() -> None:
    own = capacities()
    measure_all(own)
    first = passed(2, 3, 4)
    for _ in range(3):  # as at every step
        own.add([first, None])
        assert own.pending == 2
    measure_all(own)
    own.add([first, None])
    assert own.pending == 0
    found = curve(own, 0, trained=True)
    assert (found.delay, len(found.networks)) == (2, 2)
    assert own.trained[1] is None


def test_a_longer_delay_takes_the_place_of_one_that_was_not_yet_measured() -> None:
    own = capacities()
    measure_all(own)
    own.add([passed(2, 3, 4), None])
    own.measure_one()
    own.add([passed(4, 3), None])
    assert own.pending == 1
    measure_all(own)
    assert curve(own, 0, trained=True).delay == 4


def test_the_shorter_delay_stays_until_the_longer_one_is_measured() -> None:
    own = capacities()
    own.add([passed(2, 3), None])
    measure_all(own)
    own.add([passed(4, 3, 4), None])
    own.measure_one()
    assert curve(own, 0, trained=True).delay == 2
    own.measure_one()
    assert curve(own, 0, trained=True).delay == 4


def test_with_nothing_left_nothing_happens() -> None:
    own = Capacities([RunConfig(hidden_size=2)], (0,), 3)
    own.measure_one()
    own.measure_one()
    assert own.pending == 0


def test_the_widest_network_of_the_page_has_enough_samples() -> None:
    own = Capacities([replace(BASE, hidden_size=256)], (0,), 3)
    own.measure_one()
    assert 1 < curve(own, 0, trained=False).total <= 4.1
