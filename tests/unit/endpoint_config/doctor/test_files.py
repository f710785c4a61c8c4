from unit.endpoint_config.doctor.admitted import Admit
from unit.endpoint_config.doctor.wards import fails, says


def test_files_as_rendered(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["get_config"] = says()
    assert sick.grave("files") == []


def test_files_missing_and_edited(admit: Admit) -> None:
    sick = admit()
    sick.machine.answers["get_config"] = fails("yaml.scanner.ScannerError: mapping values are not allowed here")
    (sick.context.folder.path / "user_environment.yaml").unlink()
    sick.context.folder.core.write_text("edited")
    missing, other, unreadable = sick.grave("files")
    assert "lacks user_environment.yaml" in missing
    assert "Not as the profile says: config.yaml" in other
    assert "mapping values are not allowed here" in unreadable
