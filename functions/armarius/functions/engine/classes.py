"""Which output of a segmentation network stands for which type of line or region. Pure arithmetic."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from armarius.functions.contracts import Page, Reason, SegmentationParameters
from armarius.functions.errors import EngineFault

Mapping = dict[str, int]
""":attr:`Classes.lines` and the like: the number of an output by the name of a type."""

AUXILIARY: Mapping = {"_start_separator": 0, "_end_separator": 1}
"""The outputs that every network of kraken has: marks at both ends of each line."""


@dataclass(frozen=True)
class Wanted:
    """The types that a training is about, each under the name that it shall be learnt by.

    Attributes:
        lines: By the name that the pages give.
        regions: The same.
    """

    lines: dict[str, str]
    regions: dict[str, str]

    @classmethod
    def of(cls, pages: Iterable[Page], parameters: SegmentationParameters) -> "Wanted":
        """Returns the types of some pages, as far as the parameters want them."""
        pages = tuple(pages)
        lines = {line.type for page in pages for line in page.lines}
        regions = {region.type for page in pages for region in page.regions}
        return cls(
            {}
            if parameters.suppress_baselines
            else _named(lines, parameters.valid_baselines, parameters.merge_baselines),
            {} if parameters.suppress_regions else _named(regions, parameters.valid_regions, parameters.merge_regions),
        )


def _named(found: Collection[str], valid: Collection[str] | None, merged: dict[str, str]) -> dict[str, str]:
    """Returns the wanted types by name; the order is that of the alphabet, so that it is always the same."""
    return {name: merged.get(name, name) for name in sorted(found) if valid is None or name in valid}


@dataclass(frozen=True)
class Classes:
    """The outputs of a network.

    Attributes:
        lines: By type of line.
        regions: By type of region.
        removed: Outputs of the network as it was that fall away.
    """

    lines: Mapping
    regions: Mapping
    removed: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many outputs there are."""
        return 1 + max([*AUXILIARY.values(), *self.lines.values(), *self.regions.values()])

    @property
    def mapping(self) -> dict[str, Mapping]:
        """As kraken writes it."""
        return {"aux": dict(AUXILIARY), "baselines": dict(self.lines), "regions": dict(self.regions)}

    def with_aliases(self, wanted: Wanted) -> dict[str, Mapping]:
        """As kraken writes it, with the names of types that count as another; the name itself comes first."""
        return {
            "aux": dict(AUXILIARY),
            "baselines": self.lines | _aliases(self.lines, wanted.lines),
            "regions": self.regions | _aliases(self.regions, wanted.regions),
        }


def _aliases(outputs: Mapping, names: dict[str, str]) -> Mapping:
    return {name: outputs[learnt] for name, learnt in names.items() if learnt in outputs}


def new_classes(wanted: Wanted) -> Classes:
    """Returns the outputs of a network that is made for these types.

    Raises:
        EngineFault: There is nothing to learn.
    """
    if not wanted.lines and not wanted.regions:
        raise EngineFault(
            Reason.BAD_DATA,
            "There is nothing to learn: no training page has a line or region of a wanted type.",
            "Segment the pages first, or suppress fewer types.",
        )
    return _extended(Classes({}, {}), wanted)


def fitted_classes(net: dict[str, Mapping], wanted: Wanted, resize: str) -> Classes:
    """Returns the outputs of a base model, fitted to what is wanted.

    What fits is returned as it is, so that this may be asked again of a network that was fitted.

    Args:
        net: The model's own mapping.
        wanted: What is to be learnt.
        resize: "union" adds what is missing; "new" also takes away what is not wanted; "fail" refuses.

    Raises:
        EngineFault: It is to be refused, or there is nothing to learn.
    """
    new_classes(wanted)
    own = Classes(_in_order(net["baselines"]), _in_order(net["regions"]))
    if resize == "fail":
        _require_equal("lines", own.lines, wanted.lines)
        _require_equal("regions", own.regions, wanted.regions)
    return _extended(_reduced(own, wanted) if resize == "new" else own, wanted)


def require_common(known: dict[str, Mapping], pages: Iterable[Page]) -> None:
    """Checks that a model knows anything of what is on some pages: else every line that it finds would count as wrong.

    Args:
        known: The model's own mapping.
        pages: To measure it on.

    Raises:
        EngineFault: They have no type in common.
    """
    there = Wanted.of(pages, SegmentationParameters())
    if there.lines.keys() & known["baselines"].keys() or there.regions.keys() & known["regions"].keys():
        return
    raise EngineFault(
        Reason.BAD_DATA,
        f"The model knows other types ({_listed(known['baselines'], known['regions'])}) than the pages have "
        f"({_listed(there.lines, there.regions)}).",
        "Name them alike, or train the model further on such pages.",
    )


def _listed(lines: Iterable[str], regions: Iterable[str]) -> str:
    return f"lines: {', '.join(lines) or 'none'}; regions: {', '.join(regions) or 'none'}"


def _in_order(mapping: Mapping) -> Mapping:
    return dict(sorted(mapping.items(), key=lambda entry: entry[1]))


def _require_equal(what: str, own: Mapping, names: dict[str, str]) -> None:
    if odd := own.keys() ^ set(names.values()):
        raise EngineFault(
            Reason.BAD_PARAMETERS,
            f"The base model and the pages differ in types of {what}: {', '.join(sorted(odd))}.",
            "Set resize to union or new.",
        )


def _reduced(own: Classes, wanted: Wanted) -> Classes:
    """Takes away what is not wanted; what stays moves up, as the rows of the network's weights do."""
    stay = {index for name, index in own.lines.items() if name in wanted.lines.values()}
    stay |= {index for name, index in own.regions.items() if name in wanted.regions.values()}
    removed = tuple(index for index in range(len(AUXILIARY), own.count) if index not in stay)
    place = {index: index - sum(gone < index for gone in removed) for index in stay}
    return Classes(
        {name: place[index] for name, index in own.lines.items() if index in stay},
        {name: place[index] for name, index in own.regions.items() if index in stay},
        removed,
    )


def _extended(own: Classes, wanted: Wanted) -> Classes:
    """Adds outputs for what has none: lines first, each in the order of the alphabet."""
    following = own.count
    lines, regions = dict(own.lines), dict(own.regions)
    for mapping, names in ((lines, wanted.lines), (regions, wanted.regions)):
        for name in sorted(set(names.values()) - mapping.keys()):
            mapping[name] = following
            following += 1
    return Classes(lines, regions, own.removed)
