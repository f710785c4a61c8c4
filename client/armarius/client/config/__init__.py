"""Where things are on this machine, and which sites the pool has."""

from armarius.client.config.accounts import AccountRules, Allowance, FairShare
from armarius.client.config.confinement import Confined, DataPolicy, DataRules
from armarius.client.config.durations import seconds_of
from armarius.client.config.pool import (
    HOME_VARIABLE,
    JOURNAL_VARIABLE,
    POOL_FILE,
    PoolConfig,
    config_home,
    data_home,
    local_config,
    local_site,
    read_config,
)
from armarius.client.config.sites import (
    AnySiteConfig,
    DataPath,
    GlobusSiteConfig,
    LocalSiteConfig,
    OwnCollection,
    RegisteredFunction,
    SiteConfig,
    SlurmSiteConfig,
)

__all__ = [
    "HOME_VARIABLE",
    "JOURNAL_VARIABLE",
    "POOL_FILE",
    "AccountRules",
    "Allowance",
    "AnySiteConfig",
    "Confined",
    "DataPath",
    "DataPolicy",
    "DataRules",
    "FairShare",
    "GlobusSiteConfig",
    "LocalSiteConfig",
    "OwnCollection",
    "PoolConfig",
    "RegisteredFunction",
    "SiteConfig",
    "SlurmSiteConfig",
    "config_home",
    "data_home",
    "local_config",
    "local_site",
    "read_config",
    "seconds_of",
]
