"""What becomes of pages that were pressed for: how many jobs, whose, and where they may go."""

from itertools import pairwise
from typing import Any

import pytest

from armarius.client.config import LocalSiteConfig
from armarius.client.escriptorium.options import Options
from armarius.client.escriptorium.pressing import clerk
from armarius.client.pages import PackedDataset
from support import escriptorium
from support.desk import Bench
from support.escriptorium import Instance
from support.escriptorium_pages import PageLife


def begun(life: PageLife, asked: list[Any]) -> list[Any]:
    """Lets everything begin, and returns the jobs."""
    life.made.clock.pass_(4)
    life.step(3)
    assert {life.pressed(each).phase.value for each in asked} == {"running"}
    jobs = {life.pressed(each).job for each in asked}
    return sorted((life.office.pool.desk.journal.job(job) for job in jobs), key=lambda job: job.id)


def test_what_is_pressed_together_is_one_job(life: PageLife) -> None:
    asked = life.press([life.here.part(number) for number in range(1, 6)])
    (job,) = begun(life, asked)
    assert job.request.name == "cartulary-segment"
    assert len(PackedDataset.load(job.request.dataset_dir).manifest.pages) == 5
    assert "5 pages, pressed together, as one job" in life.story(asked[0])
    first = life.reports(asked[0])[0].pk
    assert all(f"is told in report {first}" in life.story(each) for each in asked[1:])


def test_a_job_has_no_more_pages_than_the_admin_wants(made: Bench, here: Instance, heard: list[dict[str, Any]]) -> None:
    with escriptorium.office(made, pages_per_job=2) as office:
        life = PageLife(office, made, here, heard)
        jobs = begun(life, life.press([here.part(number) for number in range(1, 6)]))
        counts = [len(PackedDataset.load(job.request.dataset_dir).manifest.pages) for job in jobs]
        assert sorted(counts) == [1, 2, 2]


def test_the_same_image_twice_is_two_pages(life: PageLife) -> None:
    one, two = life.here.part(1, ()), life.here.part(1, ())
    (life.here.media / two.image.name).write_bytes((life.here.media / one.image.name).read_bytes())
    life.do(life.press([one, two]))
    assert [one.lines.count(), two.lines.count()] == [4, 4]


def test_whose_it_is(life: PageLife) -> None:
    life.here.document.project = life.here.models.Project.objects.create(name="Fondue", slug="fondue")
    life.here.document.save()
    (job,) = begun(life, life.press([life.here.part(1)]))
    assert (job.request.user, job.request.project) == ("guigo", "Fondue")


def test_where_it_may_go_follows_its_document(made: Bench, here: Instance, heard: list[dict[str, Any]]) -> None:
    made.config = LocalSiteConfig.model_validate({**made.config.model_dump(), "tags": ("eu", "own")})
    here.document.tags.add(here.models.DocumentTag.objects.create(name="stays in the EU"))
    chosen = {"document_tags": {"Stays in the EU": ["eu"], "confidential": ["own"]}}
    with escriptorium.office(made, **chosen) as office:
        life = PageLife(office, made, here, heard)
        asked = life.press([here.part(1)])
        (job,) = begun(life, asked)
        assert job.request.policy.tags == ("eu",)
        here.document.tags.add(here.models.DocumentTag.objects.create(name="confidential"))
        made.clock.pass_(31)
        life.step()
        assert life.page_job(asked[0]).request.policy.tags == ("eu", "own")


def test_names_of_people_and_files_do_not_leave(life: PageLife) -> None:
    (job,) = begun(life, life.press([life.here.part(1)]))
    told = PackedDataset.load(job.request.dataset_dir).manifest.canonical_json().decode()
    assert "f1." not in told
    assert "guigo" not in told


def test_an_image_that_asks_to_be_turned_is_refused(life: PageLife) -> None:
    from PIL import Image

    part = life.here.part(1, ())
    path = life.here.media / part.image.name
    with Image.open(path) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.save(path, exif=exif)
    (asked,) = life.press([part])
    life.until_written(asked)
    assert "EXIF orientation 6" in life.story(asked)
    assert life.again(part).workflow_state == 2


def test_of_very_many_some_reports_are_looked_at_each_time(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerk, "MOST_HEEDED", 2)
    asked = life.press([life.here.part(number) for number in range(1, 6)])
    for each in asked:
        life.here.reports.filter(task_id=each.task_id).update(workflow_state=4)
    counts = []
    for _ in range(4):
        life.step()
        counts.append(len(life.office.ledger.pressed.open_ones()))
    assert (counts[0], counts[-1]) == (3, 0)


def test_after_a_look_that_took_long_it_rests(life: PageLife, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked,) = life.press([life.here.part(1)])
    looks: list[float] = []
    real = clerk.batches

    def slow(rows: Any, now: float, most: int) -> Any:
        looks.append(now)
        life.made.clock.pass_(2)
        return real(rows, now, most)

    monkeypatch.setattr(clerk, "batches", slow)
    for _ in range(12):
        life.clerk.look()
        life.made.clock.pass_(1)
    assert [round(later - former) for former, later in pairwise(looks)] == [10]
    assert life.pressed(asked).job


def test_the_settings_have_bounds() -> None:
    with pytest.raises(ValueError, match="pages_per_job"):
        Options(pages_per_job=0)
