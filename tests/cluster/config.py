"""The text of a cluster's configuration. Pure."""

import socket
from collections.abc import Sequence
from pathlib import Path

from cluster.addresses import own_loopback
from cluster.cgroups import Cgroups
from cluster.layout import Layout, Node, Size

_SLURM = """\
ClusterName={name}
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={layout.socket},cred_expire=5
StateSaveLocation={layout.folder}/state
SlurmdSpoolDir={layout.sockets}/%n
SlurmctldPidFile={layout.folder}/run/slurmctld.pid
SlurmdPidFile={layout.folder}/run/slurmd.%n.pid
MailProg=/bin/true
SlurmdParameters=config_overrides
{listening}
MpiDefault=none
SwitchType=switch/none
{holding}
{accounting}
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,bf_resolution=60,batch_sched_delay=0,sched_min_interval=0
PriorityType=priority/multifactor
PriorityWeightPartition=1000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
EnforcePartLimits=ALL
JobRequeue=1
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
MessageTimeout=10
KillWait=5
OverTimeLimit=0
MinJobAge=600
DefMemPerCPU=500
NodeName=DEFAULT CPUs={size.cpus} RealMemory={size.memory} TmpDisk=1000 State=UNKNOWN
{nodes}
PartitionName=cpu Nodes={cpu} Default=YES MaxTime=01:00:00 DefaultTime=10 State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=gpu Nodes={gpu} MaxTime=00:30:00 DefaultTime=5 State=UP PriorityTier=10 PreemptMode=OFF
PartitionName=scavenge Nodes=ALL MaxTime=02:00:00 DefaultTime=10 State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
"""

_HOLDING = {
    Cgroups.V1: "ProctrackType=proctrack/cgroup\nTaskPlugin=task/cgroup\nJobAcctGatherType=jobacct_gather/cgroup\n"
    "JobAcctGatherFrequency=task=2",
    Cgroups.NONE: "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/linux\n"
    "JobAcctGatherFrequency=task=2\nJobAcctGatherParams=OverMemoryKill",
}
"""How a job's processes are found, and its memory is bounded."""

_LISTENING = "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny"
"""All daemons, and srun, listen on the address of the machine's name alone."""

CGROUP = """\
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
CgroupAutomount=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainCores=no
ConstrainDevices=no
"""


def slurm_conf(
    name: str,
    layout: Layout,
    port: int,
    nodes: Sequence[Node],
    size: Size,
    user: str,
    holding: Cgroups,
    accounting: str,
) -> str:
    """Returns slurm.conf.

    Args:
        name: Of the cluster.
        layout: Where it is.
        port: Of slurmctld.
        nodes: All of them.
        size: What each claims to have.
        user: The account of all daemons and jobs.
        holding: How jobs are held together.
        accounting: The lines on it.
    """
    host, loopback = socket.gethostname().partition(".")[0], own_loopback()
    address = loopback or "127.0.0.1"
    return _SLURM.format(
        name=name,
        host=host,
        address=address,
        listening=_LISTENING if loopback else "",
        port=port,
        user=user,
        layout=layout,
        holding=_HOLDING[holding],
        accounting=accounting,
        size=size,
        nodes="\n".join(_node(node, host, address) for node in nodes),
        cpu=",".join(node.name for node in nodes if not node.gpus),
        gpu=",".join(node.name for node in nodes if node.gpus),
    )


def _node(node: Node, host: str, address: str) -> str:
    gres = f" Gres=gpu:fake:{node.gpus}" if node.gpus else ""
    return f"NodeName={node.name} NodeHostname={host} NodeAddr={address} Port={node.port}{gres}"


def gres_conf(nodes: Sequence[Node], devices: Sequence[Path]) -> str:
    """Returns gres.conf."""
    return "".join(
        f"NodeName={node.name} Name=gpu Type=fake File={device}\n" for node in nodes for device in devices[: node.gpus]
    )
