"""A chart for other pages than the report."""

from armarius.client.report.chart import Chart, Point, axis
from armarius.client.report.drawing import draw, sketch

NAME = '<i>Bulls</i> & "bears"'


def chart() -> Chart:
    points = (Point(1, 0.2, NAME), Point(2, 0.5, "second"))
    return Chart("accuracy", NAME, NAME, axis("epoch", 1, 2, whole=True), axis(NAME, 0.0, 1.0), (points,))


def test_it_is_drawn_as_in_the_report(read_page) -> None:
    drawn = read_page(draw(chart()))
    assert drawn.named("figure") == [{"class": "accuracy"}]
    assert len(drawn.named("polyline")) == 1
    assert [each["class"] for each in drawn.named("circle")] == ["dot", "hit", "dot", "hit"]


def test_a_sketch_says_in_words_what_it_shows(read_page) -> None:
    drawn = read_page(sketch(chart()))
    (svg,) = drawn.named("svg")
    assert (svg["role"], svg["aria-label"]) == ("img", NAME)
    assert drawn.text == ""
    assert len(drawn.named("circle")) == 1


def test_texts_are_texts() -> None:
    for drawn in (draw(chart()), sketch(chart())):
        assert "<i>" not in drawn
