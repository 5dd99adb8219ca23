from mlpspec.serving.metrics import Counter, Gauge, Histogram


def test_a_counter_has_a_line_for_each_combination_of_labels():
    counter = Counter("asked_total", "Questions.", "route", "status")
    counter.add("/a", "200")
    counter.add("/a", "200", by=2)
    counter.add("/b", "404")
    assert list(counter.lines()) == [
        "# HELP asked_total Questions.",
        "# TYPE asked_total counter",
        'asked_total{route="/a",status="200"} 3',
        'asked_total{route="/b",status="404"} 1',
    ]


def test_a_counter_without_labels_starts_at_zero_and_stays_exact():
    counter = Counter("rows_total", "Rows.")
    assert list(counter.lines())[-1] == "rows_total 0"
    counter.add(by=12_345_678_901)
    assert list(counter.lines())[-1] == "rows_total 12345678901"


def test_label_values_are_escaped():
    counter = Counter("x_total", "X.", "path")
    counter.add('a"b\\c\nd')
    assert list(counter.lines())[-1] == r'x_total{path="a\"b\\c\nd"} 1'


def test_a_histogram_counts_what_is_at_most_each_bound():
    histogram = Histogram("seconds", "Seconds.", (0.1, 1, 10), "route")
    for value in (0.05, 0.1, 0.5, 5, 50):
        histogram.observe(value, "/a")
    assert list(histogram.lines()) == [
        "# HELP seconds Seconds.",
        "# TYPE seconds histogram",
        'seconds_bucket{route="/a",le="0.1"} 2',
        'seconds_bucket{route="/a",le="1"} 3',
        'seconds_bucket{route="/a",le="10"} 4',
        'seconds_bucket{route="/a",le="+Inf"} 5',
        'seconds_sum{route="/a"} 55.65',
        'seconds_count{route="/a"} 5',
    ]


def test_a_histogram_without_labels():
    histogram = Histogram("rows", "Rows.", (1,))
    histogram.observe(2)
    assert list(histogram.lines())[2:] == ['rows_bucket{le="1"} 0', 'rows_bucket{le="+Inf"} 1', "rows_sum 2", "rows_count 1"]


def test_a_gauge_is_read_when_it_is_asked_for():
    waiting = [1, 2]
    gauge = Gauge("waiting", "Waiting.", lambda: len(waiting))
    waiting.append(3)
    assert list(gauge.lines()) == ["# HELP waiting Waiting.", "# TYPE waiting gauge", "waiting 3"]
