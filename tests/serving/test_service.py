import json
import threading
import time

import numpy as np
import pytest

INFER = "/v2/models/exact/infer"


def asked(exact, rows, **more):
    """A request of the Open Inference Protocol."""
    return {"inputs": exact.tensors(rows), **more}


def metric(text, name):
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split(" ")[1])


def in_threads(*calls):
    """Their results, all begun at once."""
    found = [None] * len(calls)

    def one(number):
        found[number] = calls[number]()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_what_the_server_and_the_model_say_of_themselves(ask):
    assert ask("GET", "/v2")[1]["name"] == "mlpspec"
    assert ask("GET", "/v2/health/live") == (200, {"live": True})
    assert ask("GET", "/v2/health/ready") == (200, {"ready": True})
    assert ask("GET", "/v2/models/exact/ready") == (200, {"name": "exact", "ready": True})
    status, data = ask("GET", "/v2/models/exact")
    assert status == 200
    assert [item["name"] for item in data["inputs"]] == ["size", "word", "code", "image"]
    assert ask("GET", "/v2/models/exact/versions/1") == (200, data)
    assert ask("GET", "/v2/models/exact/versions/1/ready")[0] == 200


@pytest.mark.parametrize("numbers", [[3], range(64), range(1000)])
def test_plain_rows_are_answered(ask, numbers, exact):
    rows = exact.rows(numbers)
    assert ask("POST", "/predict", {"rows": rows}) == (200, {"model": "exact", "answers": exact.answers(rows)})


@pytest.mark.parametrize("path", [INFER, "/v2/models/exact/versions/1/infer"])
def test_tensors_are_answered(ask, path, exact):
    rows = exact.rows(range(50))
    status, data = ask("POST", path, asked(exact, rows, id="42"))
    assert status == 200
    assert (data["model_name"], data["model_version"], data["id"]) == ("exact", "1", "42")
    outputs = {output["name"]: output for output in data["outputs"]}
    expected = exact.answers(rows)
    assert list(outputs) == ["tag", "tag_probability", "total", "position"]
    assert outputs["tag"] == {"name": "tag", "shape": [50], "datatype": "BYTES", "data": [answer["tag"] for answer in expected]}
    assert outputs["total"]["data"] == [answer["total"] for answer in expected]
    assert outputs["position"]["shape"] == [50, 2]
    assert outputs["position"]["data"] == [value for answer in expected for value in answer["position"].values()]


def test_outputs_are_chosen(ask, exact):
    status, data = ask("POST", INFER, asked(exact, exact.rows([1]), outputs=[{"name": "total"}]))
    assert (status, [output["name"] for output in data["outputs"]]) == (200, ["total"])


def test_no_rows_get_no_answers(ask, exact):
    assert ask("POST", "/predict", {"rows": []}) == (200, {"model": "exact", "answers": []})
    empty = [{**item, "shape": [0, *item["shape"][1:]], "data": []} for item in exact.tensors(exact.rows([1]))]
    status, data = ask("POST", INFER, {"inputs": empty})
    assert (status, [output["shape"] for output in data["outputs"]]) == (200, [[0], [0, 2], [0], [0, 2]])


def test_a_large_request_is_answered_too(ask, exact):
    rows = exact.rows(range(8000))
    assert len(json.dumps({"rows": rows})) > 2**18
    status, data = ask("POST", "/predict", {"rows": rows})
    assert (status, data["answers"]) == (200, exact.answers(rows))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v2/models/exakt", "did you mean `exact`?"),
        ("/v2/models/another/ready", "known: exact"),
        ("/v2/models/exact/versions/2", "it has version 1"),
        ("/v2/models", "/predict"),
        ("/", "/v2/models/exact"),
    ],
)
def test_what_is_not_there_is_404_and_says_what_is(ask, path, said):
    status, data = ask("GET", path)
    assert status == 404
    assert said in data["diagnostics"][0]["help"]


def test_another_method_is_405_and_says_which(ask):
    status, data, headers = ask.full("GET", "/predict")
    assert (status, headers["allow"]) == (405, "POST")
    assert data["error"] == "/predict does not take GET"


def test_a_model_is_looked_for_before_the_body_is_read(ask):
    assert ask("POST", "/v2/models/another/infer", b"not json")[0] == 404


def test_data_that_the_model_does_not_take_is_400_with_the_command_lines_diagnostics(ask, exact):
    rows = exact.rows([0, 1])
    rows[1]["width"] = "wide"
    status, data = ask("POST", "/predict", {"rows": rows})
    assert status == 400
    assert data["error"] == "rows[1]: `width` has 'wide', which is not a number"
    (found,) = data["diagnostics"]
    assert list(found) == ["severity", "code", "message", "help", "place", "primary", "secondary"]
    assert (found["code"], found["place"]) == ("bad-cell", "rows[1]")


def test_binary_tensors_are_refused_in_words(ask):
    status, data = ask("POST", INFER, b"{}\x00", {"Inference-Header-Content-Length": "2"})
    assert status == 400
    assert "binary tensors are not taken" in data["error"]


def test_texts_of_all_kinds_come_back(ask, exact):
    words = ["é", "\U0001f427", "a\nb", '"', "\\", " ", "\x01", "x" * 10_000]
    rows = [{**exact.rows([0])[0], "word": word} for word in words]
    assert [answer["tag"] for answer in ask("POST", "/predict", {"rows": rows})[1]["answers"]] == words


def test_a_half_character_reaches_nobody(ask, exact):
    row = {**exact.rows([0])[0], "word": "\ud800"}
    assert ask("POST", "/predict", {"rows": [row]})[0] == 400


def test_the_name_can_be_chosen(serve):
    running = serve(name="pets")
    assert running.server.name == "pets"
    assert running.ask("GET", "/v2/models/pets")[1]["name"] == "pets"
    assert running.ask("GET", "/v2/models/exact")[0] == 404


def test_requests_that_arrive_together_share_a_batch(serve, predictor, exact):
    slow = exact.slow(predictor)
    running = serve(model=slow)
    rows = [exact.rows(range(n, 2 * n + 1)) for n in range(6)]

    def send(n):
        if n:
            slow.begun.wait(20)
        return running.ask("POST", "/predict", {"rows": rows[n]})

    def release():
        slow.begun.wait(20)
        while metric(running.ask("GET", "/metrics")[1], "mlpspec_queue_requests") < 5:
            time.sleep(0.01)
        slow.let_go.set()

    *answers, _ = in_threads(*[lambda n=n: send(n) for n in range(6)], release)
    assert [answer for _, answer in answers] == [{"model": "exact", "answers": exact.answers(one)} for one in rows]
    assert slow.batches == [1, 2 + 3 + 4 + 5 + 6]


def test_a_full_queue_is_503_and_says_when_to_come_again(serve, predictor, exact):
    slow = exact.slow(predictor)
    running = serve(model=slow, max_queue=1)
    body = {"rows": exact.rows([1])}

    def late():
        slow.begun.wait(20)
        return running.ask("POST", "/predict", body)

    def too_late():
        slow.begun.wait(20)
        while metric(running.ask("GET", "/metrics")[1], "mlpspec_queue_requests") < 1:
            time.sleep(0.01)
        found = running.ask.full("POST", "/predict", body)
        slow.let_go.set()
        return found

    first, second, third = in_threads(lambda: running.ask("POST", "/predict", body), late, too_late)
    assert (first[0], second[0], third[0]) == (200, 200, 503)
    assert third[2]["retry-after"] == "1"
    assert third[1]["diagnostics"][0]["code"] == "busy"


def test_a_model_that_takes_too_long_is_504_and_the_server_lives_on(serve, predictor, exact):
    slow = exact.slow(predictor)
    running = serve(model=slow, timeout=0.2)
    status, data = running.ask("POST", "/predict", {"rows": exact.rows([1])})
    assert (status, data["error"]) == (504, "the model did not answer within 0.2 seconds")
    slow.let_go.set()
    assert running.ask("POST", "/predict", {"rows": exact.rows([1])})[0] == 200


def test_a_fault_of_ours_is_500_without_details_and_told_to_the_operator(serve, predictor, exact):
    def broken(arrays):
        raise RuntimeError("secret path /home/x")

    slow = exact.slow(predictor, broken)
    slow.let_go.set()
    running = serve(model=slow)
    status, data = running.ask("POST", "/predict", {"rows": exact.rows([1])})
    assert status == 500
    assert "secret" not in json.dumps(data)
    assert [str(error) for error in running.faults] == ["secret path /home/x"]
    running.faults.clear()
    assert running.ask("GET", "/v2/health/live")[0] == 200


def test_figures_for_prometheus(serve, exact):
    running = serve()
    for numbers in ([1], range(5)):
        running.ask("POST", "/predict", {"rows": exact.rows(numbers)})
    running.ask("POST", INFER, asked(exact, exact.rows([1, 2])))
    running.ask("POST", "/predict", b"{")
    running.ask("GET", "/nowhere")
    status, text, headers = running.ask.full("GET", "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'mlpspec_requests_total{route="/predict",status="200"} 2' in text
    assert 'mlpspec_requests_total{route="/predict",status="400"} 1' in text
    assert 'mlpspec_requests_total{route="/v2/models/{name}/infer",status="200"} 1' in text
    assert 'mlpspec_requests_total{route="other",status="404"} 1' in text
    assert metric(text, "mlpspec_rows_total") == 1 + 5 + 2
    assert metric(text, "mlpspec_batch_rows_count") == 3
    assert metric(text, "mlpspec_batch_rows_sum") == 8
    assert metric(text, "mlpspec_queue_requests") == 0
    assert 'mlpspec_request_seconds_count{route="/predict"} 3' in text


def test_every_line_of_the_figures_is_well_formed(ask, exact):
    ask("POST", "/predict", {"rows": exact.rows([1])})
    for line in ask("GET", "/metrics")[1].splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name.startswith("mlpspec_")
            assert np.isfinite(float(value))
