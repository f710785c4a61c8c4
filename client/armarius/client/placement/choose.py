"""The choice: rules first, then the least sum."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.placement.candidate import Candidate, Wish
from armarius.client.placement.carrying import Carriage
from armarius.client.placement.closing import in_time
from armarius.client.placement.decision import Decision, Sum, Verdict
from armarius.client.placement.estimate import Usual, estimate
from armarius.client.placement.rules import PREFERENCES, RULES, Rule, first_reason, forbidden
from armarius.client.placement.work import factor_of, usual_around
from armarius.client.words import duration

MOVE_SECONDS = 120.0
"""What a move must save at least: sums are estimates, and a job that wanders computes less. It must also save as much
again as its staging takes, which is already in its sum."""


WAIT_SECONDS = 20.0
WAIT_SHARE = 0.1
"""What waiting in the pool for a full site must save at least, in seconds and of the whole: sums are estimates, and who
waits is looked at only every quarter of a minute."""

Line = Callable[[str], int | None]
"""Tells how many wait before a job for a place at a site that has none for it now; None of a site that is not full."""


def decide(
    desk: Desk,
    wish: Wish,
    *,
    rules: Sequence[Rule] = (),
    line: Line = lambda _: None,
    compare: bool = False,
    leaving: tuple[str, float] | None = None,
) -> Decision:
    """Chooses the site where a job would be done soonest, among those that may take it.

    Where one site is left by what the files say, it is not asked how it is: there is nothing to compare. A job waits
    for a full site, with no site chosen, where it would be done sooner there than wherever there is room.

    Args:
        desk: The journal, the sites and the time.
        wish: The job.
        rules: Further rules, asked last.
        line: Who waits for which site.
        compare: Whether to look and to add up in any case.
        leaving: The site where the job waits itself, and the seconds it is reckoned with there, which do not count.
    """
    reasons = {name: forbidden(wish.request, link.config, desk.data_rules) for name, link in desk.sites.items()}
    open_ = [link for name, link in desk.sites.items() if not reasons[name]]
    ask = compare or len(open_) > 1 or _would_move(wish, open_) or any(_closes(desk, link) for link in open_)
    candidates = {link.config.name: _candidate(desk, wish, link, ask=ask) for link in open_}
    if leaving is not None and leaving[0] in candidates:
        candidates[leaving[0]] = _without(candidates[leaving[0]], leaving[1])
    for name, candidate in candidates.items():
        reasons[name] = first_reason((*RULES, *rules), wish, candidate)
    _prefer(wish, candidates, reasons)
    usual = _usual(wish, candidates)
    sums = _sums(wish, candidates, usual, reasons) if ask else {}
    chosen, why = _least(wish, sums) if sums else (_only(reasons), "")
    if chosen in sums and (better := _worth_waiting(wish, candidates, usual, line, sums[chosen].finish)):
        chosen, why = None, better
    verdicts = tuple(Verdict(site=name, reason=reasons[name], sum=sums.get(name)) for name in desk.sites)
    return Decision(at=desk.clock.now(), chosen=chosen, why=why, verdicts=verdicts)


def _closes(desk: Desk, link: SiteLink) -> bool:
    drain = desk.drain_of(link.config.name)
    return drain is not None and drain.is_ahead(desk.clock.now())


def _without(candidate: Candidate, seconds: float) -> Candidate:
    return replace(candidate, facts=replace(candidate.facts, load=candidate.facts.load.without_one(seconds)))


def _would_move(wish: Wish, open_: Sequence[SiteLink]) -> bool:
    return wish.bag is not None and any(link.config.name != wish.bag.site for link in open_)


def _candidate(desk: Desk, wish: Wish, link: SiteLink, *, ask: bool) -> Candidate:
    config, digests = link.config, list(wish.files)
    facts = desk.scout.facts(
        desk.journal,
        config.name,
        lambda asked: desk.probe(link, asked, whole=True),
        desk.clock.now(),
        kind=wish.work.kind,
        digests=digests,
        ask=ask,
    )
    held = desk.scout.holds(config.name, digests)
    missing = sum(size for digest, size in wish.files.items() if digest not in held)
    return Candidate(config, facts, wish.plan(config), missing, desk.clock.now(), desk.drain_of(config.name))


def _prefer(wish: Wish, candidates: Mapping[str, Candidate], reasons: dict[str, str]) -> None:
    """Excludes what is less than wanted, if something better is left."""
    doubts = {
        name: first_reason(PREFERENCES, wish, candidate) for name, candidate in candidates.items() if not reasons[name]
    }
    if not all(doubts.values()):
        reasons.update(doubts)


def _only(reasons: Mapping[str, str]) -> str | None:
    return next((name for name, reason in reasons.items() if not reason), None)


def _sums(wish: Wish, candidates: Mapping[str, Candidate], usual: Usual, reasons: dict[str, str]) -> dict[str, Sum]:
    """Adds up for each site that may take the job.

    A site that will be drained may turn out to have no time for it: then the reason is added.
    """

    def add_up(candidate: Candidate) -> Sum:
        return estimate(wish, candidate, usual)

    sums: dict[str, Sum] = {}
    for name, candidate in candidates.items():
        if not reasons[name]:
            total, reasons[name] = in_time(wish, candidate, add_up(candidate), add_up)
            sums |= {} if reasons[name] else {name: total}
    return sums


def _usual(wish: Wish, candidates: Mapping[str, Candidate]) -> Usual:
    """Learns from all candidates: those that may not take the job still tell what a new site may be like."""
    source = candidates.get(wish.bag.site) if wish.bag else None
    everybody = candidates.values()
    return Usual(
        factor_of(((each.facts.speeds, each.plan.shape) for each in everybody), wish.work),
        usual_around(each.facts.around for each in everybody),
        source.facts.carriage if source else Carriage(),
    )


def _worth_waiting(wish: Wish, candidates: Mapping[str, Candidate], usual: Usual, line: Line, finish: float) -> str:
    """Names a full site where the job would be done so much sooner that it had better wait; nothing if there is none.

    Args:
        wish: The job.
        candidates: All sites that the files allow.
        usual: What they are like.
        line: Who waits for which site; those that are full are known by it.
        finish: Seconds until the job would be done where there is room.
    """
    sums: dict[str, Sum] = {}
    for name, candidate in candidates.items():
        ahead = line(name)
        if ahead is not None and not first_reason(PREFERENCES, wish, candidate):
            add_up = partial(estimate, wish, usual=usual, ahead=ahead)
            total, late = in_time(wish, candidate, add_up(candidate), add_up)
            sums |= {} if late else {name: total}
    best = min(sums, key=lambda name: sums[name].finish, default=None)
    if best is None:
        return ""
    moves = wish.bag is not None and best != wish.bag.site
    least = max(WAIT_SECONDS, WAIT_SHARE * finish, *((MOVE_SECONDS, sums[best].staging) if moves else ()))
    gain = finish - sums[best].finish
    return "" if gain < least else f"waiting for {best} saves about {duration(gain)}"


def _least(wish: Wish, sums: Mapping[str, Sum]) -> tuple[str, str]:
    """Returns the site with the least sum, and says so; where the checkpoint is, a job stays unless moving pays."""
    best = min(sums, key=lambda name: sums[name].finish)
    stay = sums.get(wish.bag.site) if wish.bag else None
    if wish.bag is None or stay is None or best == wish.bag.site:
        return best, f"done in about {duration(sums[best].finish)}"
    gain = stay.finish - sums[best].finish
    cost = max(MOVE_SECONDS, sums[best].staging)
    if gain > cost:
        return best, f"moving from {wish.bag.site} saves about {duration(gain)}"
    return wish.bag.site, f"moving to {best} would save {duration(max(0.0, gain))}, less than it costs"
