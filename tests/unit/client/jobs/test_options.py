import inspect

from armarius.client.jobs.options import JobOptions, TrainOptions
from armarius.client.jobs.request import JobRequest
from armarius.client.pool import Pool

JOB, TRAIN = set(JobOptions.__annotations__), set(TrainOptions.__annotations__)


def test_options_are_words_of_a_request() -> None:
    assert JOB - set(JobRequest.model_fields) == {"only_tags"}


def test_what_is_said_of_a_training_are_its_keywords() -> None:
    keywords = {
        name
        for name, parameter in inspect.signature(Pool.train).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    assert keywords - {"parameters"} == TRAIN - JOB
