from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from alyslab.checkers.propagation import Arrival, Propagation
from alyslab.checkers.verdict import Verdict
from alyslab.display import propagation_curve, style


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context():
        yield


def spread(*delays_ms: tuple[float, ...], peers: int | None = None) -> Propagation:
    arrivals = tuple(
        Arrival(
            block=block,
            peer=f"p{place}",
            delay_ms=delay_ms,
            hops=1,
            source="",
            size_bytes=1,
            duplicates=0,
        )
        for block, of_block in enumerate(delays_ms)
        for place, delay_ms in enumerate(of_block)
    )
    names = tuple(f"p{place}" for place in range(peers or len(delays_ms[0])))
    return Propagation(Verdict(), peers=names, blocks=tuple(range(len(delays_ms))), arrivals=arrivals)


def line_named(figure, label):
    return next(line for line in figure.axes[0].lines if line.get_label() == label)


def texts(figure) -> set[str]:
    return {text.get_text() for text in figure.axes[0].texts}


def test_axes_have_names_and_units():
    """A figure is read without its caption."""
    axes = propagation_curve(spread((0, 100, 200))).axes[0]
    assert axes.get_xlabel() == "time since the block was produced [s]"
    assert axes.get_ylabel() == "peers that have the block [%]"


def test_the_curve_is_the_median_share_at_each_instant():
    """Three blocks, two peers: the second peers get it at 100, 200 and 300 ms, so the median jumps at 200."""
    line = line_named(propagation_curve(spread((0, 100), (0, 200), (0, 300))), "median block")
    times_s, shares = line.get_data()
    assert set(shares) == {50.0, 100.0}
    jump_s = min(time for time, share in zip(times_s, shares, strict=True) if share == 100)
    assert jump_s == pytest.approx(0.2, abs=0.002)


def test_reported_times_are_marked_with_their_values():
    """The numbers in the text must be readable from the figure itself."""
    written = texts(propagation_curve(spread((0, 100, 200, 300))))
    assert {"50% after 0.10 s", "90% after 0.30 s", "100% after 0.30 s"} <= written


def test_a_share_that_was_never_reached_is_neither_marked_nor_claimed():
    """A network that lost a block must not be drawn as complete."""
    figure = propagation_curve(spread((0, 100), peers=4))
    assert texts(figure) == {"50% after 0.10 s"}
    assert max(line_named(figure, "median block").get_ydata()) == 50
    assert "did not reach all" in figure.axes[0].get_title(loc="left") + figure.axes[0].get_title()


@pytest.mark.parametrize(("slot_ms", "shown"), [(400, True), (60_000, False)])
def test_the_next_slot_is_drawn_where_it_is_near_enough(slot_ms, shown):
    """A line a minute away would squeeze the curve into the margin."""
    figure = propagation_curve(spread((0, 100, 200)), slot_ms=slot_ms)
    assert ("the next slot begins" in texts(figure)) is shown


@pytest.mark.parametrize(("slot_ms", "late"), [(150, True), (200, False)])
def test_a_block_that_came_after_the_next_slot_began_is_in_the_title(slot_ms, late):
    """The median curve looks fine however late the slowest block was; the title must not let it pass."""
    axes = propagation_curve(spread((0, 100), (0, 120), (0, 200)), slot_ms=slot_ms).axes[0]
    assert ("too late" in axes.get_title(loc="left") + axes.get_title()) is late


def test_a_single_block_has_no_band():
    """A band across one block would pretend to a spread that was not observed."""
    figure = propagation_curve(spread((0, 100)))
    assert not figure.axes[0].collections


def test_nothing_to_draw_is_refused():
    """An empty axis looks like a result."""
    with pytest.raises(ValueError, match="nothing to draw"):
        propagation_curve(Propagation(Verdict()))


def test_a_figure_is_left_to_its_cell_to_show():
    """pyplot's own list would show it a second time at the end of the cell, and keep it in memory."""
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    propagation_curve(spread((0, 100)))
    assert plt.get_fignums() == before


def test_the_style_draws_with_the_colour_blind_palette():
    """The one style of all notebooks."""
    import seaborn as sns
    from matplotlib import rcParams

    style.apply()
    colours = [entry["color"] for entry in rcParams["axes.prop_cycle"]]
    assert colours == [tuple(colour) for colour in sns.color_palette("colorblind")]
    picture = io.BytesIO()
    propagation_curve(spread((0, 100, 200))).savefig(picture, format="png")
    assert picture.getvalue().startswith(b"\x89PNG")
