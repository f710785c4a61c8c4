"""How a training stands, in the words of the people who wait for it."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.pages.whereabouts import site_of
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.jobs.placing import NO_SITE
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.words import size
from armarius.functions.contracts import Outcome

Tone = Literal["waiting", "working", "good", "mild", "bad", "off"]


@dataclass(frozen=True)
class Standing:
    """How something stands.

    Attributes:
        word: In a word or two.
        said: In a sentence.
        tone: How good that is.
        ended: Whether nothing more will happen.
    """

    word: str
    said: str
    tone: Tone
    ended: bool = False


def standing_of(row: TrainingRow, job: JobRow | None, sent: tuple[int, int] | None = None) -> Standing:
    """Tells how a training stands.

    Args:
        row: The training.
        job: Its job, once it is one.
        sent: How many bytes have been sent, and of how many, while they are.
    """
    if row.phase is Phase.ENDED:
        return _ended(row, job)
    if row.cancelled or not row.holds:
        return Standing(_("Being cancelled"), _("What the cluster still does is being ended."), "off")
    if row.phase is Phase.ASKED:
        return Standing(_("Asked for"), _("It begins as soon as the pool takes it."), "waiting")
    if row.phase is Phase.GATHERING or job is None:
        return Standing(_("Packing pages"), _("Its pages are being read and packed."), "working")
    return job_standing(job, sent)


def job_standing(job: JobRow, sent: tuple[int, int] | None = None) -> Standing:
    """Tells how a job stands that has not ended, or whose end nobody has been told yet."""
    site = site_of(job)
    if job.cancel or job.state is JobState.CANCELLED:
        return Standing(_("Being cancelled"), _("What the cluster still does is being ended."), "off")
    if job.state.computing:
        return _computing(job, site)
    if job.state is JobState.WAITING:
        return _waiting(job)
    home, put, none = _of_pages() if job.request.kind.is_of_pages else _of_a_model()
    said = {
        JobState.PACKED: (_("Packed"), _("Its pages are packed; a site is being chosen."), "working"),
        JobState.PLACED: (_("About to be sent"), _("It goes to %(site)s.") % {"site": site}, "working"),
        JobState.STAGING: (_("Sending pages"), _sending(site, sent), "working"),
        JobState.RETURNING: (_("Coming home"), home, "working"),
        JobState.DONE: (_("Coming home"), put, "working"),
    }
    word, sentence, tone = said.get(job.state, (_("Ending"), none, "bad"))
    return Standing(word, sentence, tone)


def _of_a_model() -> tuple[str, str, str]:
    """Returns what is said of a model on its way home, of one that is put in its place, and of none."""
    return (
        _("The training has ended; the model is on its way."),
        _("The model is being put in its place."),
        _("It has ended without a model."),
    )


def _of_pages() -> tuple[str, str, str]:
    """Returns the same of pages."""
    return (
        _("All pages are done and on their way."),
        _("The pages are being written."),
        _("It has ended without pages."),
    )


def _waiting(job: JobRow) -> Standing:
    """Says for what it waits: any site at all, or else an allowance, or its turn."""
    last = next((event.message for event in reversed(job.events) if event.state is JobState.WAITING), "")
    if last and not last.startswith(NO_SITE):
        return Standing(_("Waiting"), last, "waiting")
    return Standing(_("Waiting for a site"), _("No site can take it now: it begins by itself."), "waiting")


def begun(job: JobRow | None) -> bool:
    """Tells whether a machine computes it, as far as was heard; else it waits in a queue."""
    return job is not None and job.state.computing and job.run is not None and job.run.position > 0


def _computing(job: JobRow, site: str) -> Standing:
    if not begun(job):
        said = _("%(site)s has it: it begins as soon as a machine is free.")
        return Standing(_("In the queue"), said % {"site": site}, "waiting")
    if job.state is JobState.EVALUATING:
        return Standing(_("Evaluating"), _("It is measured on %(site)s.") % {"site": site}, "working")
    if job is not None and job.request.kind.is_of_pages:
        word = _("Segmenting") if job.state is JobState.SEGMENTING else _("Transcribing")
        return Standing(word, _("Its pages are done on %(site)s.") % {"site": site}, "working")
    return Standing(_("Training"), _("It trains on %(site)s.") % {"site": site}, "working")


def _sending(site: str, sent: tuple[int, int] | None) -> str:
    if sent is None or not sent[1]:
        return str(_("Its pages are sent to %(site)s.") % {"site": site})
    said = _("%(moved)s of %(total)s have been sent to %(site)s.")
    return str(said % {"moved": size(sent[0]), "total": size(sent[1]), "site": site})


def _ended(row: TrainingRow, job: JobRow | None) -> Standing:
    if row.outcome == words.CANCELLED:
        return Standing(_("Cancelled"), _("It was ended before it was done."), "off", ended=True)
    if job is None or job.state is not JobState.DONE or words.tells_failure(row.outcome):
        return Standing(_("Failed"), row.outcome, "bad", ended=True)
    if not _improved(job):
        return Standing(_("No better"), row.outcome, "mild", ended=True)
    return Standing(_("Done"), row.outcome, "good", ended=True)


def _improved(job: JobRow) -> bool:
    report = job.run.report_json if job.run is not None else None
    return not report or report.get("outcome") != Outcome.FINISHED.value or report.get("improved") is not False
