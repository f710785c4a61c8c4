"""When a training, or work on pages, will end, in words."""

from armarius.client.words import duration, ending
from armarius.functions.contracts import Phase, Progress


def end_of(line: Progress) -> str:
    """Says how long a run goes on, a training at most, and when it ends; nothing before that can be foretold."""
    most = line.seconds_left
    if most is None:
        return ""
    least = most if line.seconds_left_least is None else line.seconds_left_least
    if line.phase is Phase.READING:
        return f"about {duration(most)} left, {ending(line.at, least, most)}"
    return f"at most {duration(most)} left, {ending(line.at, least, most)}"
