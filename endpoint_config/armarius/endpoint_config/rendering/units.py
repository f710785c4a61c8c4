"""systemd units, so that the endpoint comes back after a reboot."""

from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.identity import ServiceAccount
from armarius.endpoint_config.profile import Profile

_UNIT = """\
# {about}
# Credentials of a service account, if it has no login of its own, stand in {credentials}
# (mode 600): GLOBUS_COMPUTE_CLIENT_ID=… and GLOBUS_COMPUTE_CLIENT_SECRET=…
[Unit]
Description=Globus Compute endpoint {name} (Armarius)
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=simple
{user}Environment=GLOBUS_COMPUTE_USER_DIR={home}
Environment=PATH={environment}/bin:/usr/local/bin:/usr/bin:/bin
EnvironmentFile=-{credentials}
ExecStart={environment}/bin/globus-compute-endpoint start {name}
# Stopping cancels the jobs of the endpoint: their runs go on from their checkpoints. Drain the site first.
KillMode=mixed
TimeoutStopSec=60
Restart=always
RestartSec=15

[Install]
WantedBy={target}
"""

_SYSTEM = "Of the machine: copy to /etc/systemd/system, then: systemctl enable --now {unit}"
_USER = (
    "Of one account: copy to ~/.config/systemd/user, then: loginctl enable-linger; systemctl --user enable --now {unit}"
)


def units(profile: Profile, folder: EndpointFolder) -> dict[str, str]:
    """Returns the units by file name. Whoever is mapped to other accounts must be root: then there is no user unit."""
    unit = f"globus-compute-endpoint-{profile.name}.service"
    account = profile.identity.account if isinstance(profile.identity, ServiceAccount) else None
    files = {}
    if profile.mapped or account:
        user = f"User={account}\n" if account else ""
        files[f"systemd/system/{unit}"] = _text(profile, folder, _SYSTEM.format(unit=unit), user, "multi-user.target")
    if not profile.mapped:
        files[f"systemd/user/{unit}"] = _text(profile, folder, _USER.format(unit=unit), "", "default.target")
    return files


def _text(profile: Profile, folder: EndpointFolder, about: str, user: str, target: str) -> str:
    return _UNIT.format(
        about=about,
        name=folder.path.name,
        user=user,
        home=folder.path.parent,
        environment=profile.environment,
        credentials=folder.path.parent / f"{folder.path.name}.credentials",
        target=target,
    )
