"""Who may take a job: each rule returns why a site may not, in words for people, or nothing.

The reason is the rest of a sentence that begins with the site's name. Rules are asked before every run, whatever came
before it: a policy holds for the tenth attempt as for the first. Those of what a site file and a request say need no
look at the site; the others rest on what was last heard of it.
"""

from collections.abc import Callable, Iterable

from armarius.client.config import AnySiteConfig, DataRules, GlobusSiteConfig
from armarius.client.jobs.request import JobRequest
from armarius.client.placement.candidate import Candidate, Wish
from armarius.client.words import duration, size

Policy = Callable[[JobRequest, AnySiteConfig], str]
"""A rule about where a person's data may go, and who may compute where. Nothing but request and site file decides."""

Rule = Callable[[Wish, Candidate], str]
"""A rule about how a site is now."""


def asked_for(request: JobRequest, site: AnySiteConfig) -> str:
    """The person may have named the site."""
    wrong = request.site is not None and request.site != site.name
    return f"is not the site that was asked for ({request.site})" if wrong else ""


def among_the_sites(request: JobRequest, site: AnySiteConfig) -> str:
    """The data may be confined to some sites."""
    only = request.policy.sites
    return f"is not among those that the data may go to ({', '.join(only)})" if only and site.name not in only else ""


def bears_the_tags(request: JobRequest, site: AnySiteConfig) -> str:
    """The data may be confined to sites that bear all of some tags."""
    lacking = [tag for tag in request.policy.tags if tag not in site.tags]
    return f"lacks what the data asks for: {', '.join(lacking)}" if lacking else ""


def open_to_the_user(request: JobRequest, site: AnySiteConfig) -> str:
    """The site may be for some people."""
    shut = site.users and request.user not in site.users
    return f"is not open to {request.user or 'a job without a user'}" if shut else ""


def open_to_the_project(request: JobRequest, site: AnySiteConfig) -> str:
    """The site may be for some projects."""
    shut = site.projects and request.project not in site.projects
    return (
        f"is not open to {(request.project and 'the project ' + request.project) or 'a job without a project'}"
        if (shut)
        else ""
    )


def offers_the_task(request: JobRequest, site: AnySiteConfig) -> str:
    """The site's operator may not have registered again since there is work on pages."""
    if not request.kind.is_of_pages or not isinstance(site, GlobusSiteConfig) or request.kind.value in site.functions:
        return ""
    return f"does not offer to {request.kind.value} yet (its operator registers again: armarius endpoint register)"


POLICIES: tuple[Policy, ...] = (
    asked_for,
    among_the_sites,
    bears_the_tags,
    open_to_the_user,
    open_to_the_project,
    offers_the_task,
)
"""Asked before each run is placed, and again before its files are sent and before it is handed over."""


def undrained(wish: Wish, candidate: Candidate) -> str:
    """Its operator takes no new jobs; what began there ends there, unless it is to be empty."""
    drain = candidate.drain
    if drain is not None and drain.is_emptying(candidate.now):
        return "is being emptied"
    drained = candidate.config.drained or (drain is not None and drain.holds(candidate.now))
    return "is drained" if drained and wish.before != candidate.config.name else ""


def answering(_wish: Wish, candidate: Candidate) -> str:
    """It must be reached before anything can be sent."""
    facts = candidate.facts
    if facts.silent is None:
        return ""
    return f"has not answered for {duration(max(0.0, candidate.now - facts.silent))}: {facts.trouble}"


def able_to_go_on(wish: Wish, candidate: Candidate) -> str:
    """A checkpoint of one major release of kraken is not read by another."""
    report = candidate.facts.report
    if not candidate.needs_checkpoint(wish) or report is None or wish.bag is None:
        return ""
    there, written = report.versions.kraken, wish.bag.kraken
    if there and written and _major(there) == _major(written):
        return ""
    return f"has kraken {there or 'of no known release'}; the checkpoint is of kraken {written or 'of no known one'}"


def roomy(wish: Wish, candidate: Candidate) -> str:
    """What is sent must fit on its disk."""
    report = candidate.facts.report
    needed = candidate.missing + (
        wish.bag.reference.size if wish.bag is not None and candidate.needs_checkpoint(wish) else 0
    )
    if report is None or needed <= report.disk_free:
        return ""
    return f"has {size(report.disk_free)} free; the job needs {size(needed)}"


RULES: tuple[Rule, ...] = (undrained, answering, able_to_go_on, roomy)
"""All must be silent, and then those that are handed to ``decide``, such as whether there is room."""


def large_enough(wish: Wish, candidate: Candidate) -> str:
    """A shape should hold what the training takes, and more than what was not enough."""
    shapes = candidate.config.shapes
    if wish.starved and not wish.outgrown.beyond(shapes):
        return "has no shape with more memory than what was not enough"
    return "" if any(wish.fits(shape) for shape in shapes) else "has no shape that is large enough, as far as is known"


PREFERENCES: tuple[Rule, ...] = (large_enough,)
"""Dropped where no site satisfies them: how much a training takes is only known when it has been tried."""


def forbidden(request: JobRequest, site: AnySiteConfig, rules: DataRules) -> str:
    """Returns the first policy that keeps a job from a site; nothing if it may go there.

    What was asked when the job was written down is in its request. What ``pool.toml`` asks now comes on top: so the
    stricter of the two counts, whichever of them was changed.

    Args:
        request: What the person asked for.
        site: Its file.
        rules: What ``pool.toml`` says of those whose data it is.
    """
    own = next((reason for policy in POLICIES if (reason := policy(request, site))), "")
    return own or _confined(request, site, rules)


def _confined(request: JobRequest, site: AnySiteConfig, rules: DataRules) -> str:
    for who, tags in rules.asked_by(request.account, request.data_of):
        if lacking := [tag for tag in tags if tag not in site.tags]:
            return f"lacks what {who} asks for: {', '.join(lacking)}"
    return ""


def first_reason(rules: Iterable[Rule], wish: Wish, candidate: Candidate) -> str:
    """Returns the first reason against a candidate; nothing if there is none."""
    return next((reason for rule in rules if (reason := rule(wish, candidate))), "")


def _major(release: str) -> str:
    return release.split(".", 1)[0]
