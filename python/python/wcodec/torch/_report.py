"""What became of the modules of a model that was packed."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass
class Report:
    """What became of a model's modules.

    Attributes:
        packed: the names of those that were packed.
        left: of the others that have weights the names, each with the reason.
        dense_bytes: bytes that the packed weights took before.
        packed_bytes: bytes that they take.
    """

    packed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    dense_bytes: int = 0
    packed_bytes: int = 0

    def count(self, name: str, dense: torch.Tensor, packed: torch.Tensor) -> None:
        """Counts the bytes of a module's weight; those of experts are counted in turn."""
        if name not in self.packed:
            self.packed.append(name)
        self.dense_bytes += dense.numel() * dense.element_size()
        self.packed_bytes += packed.numel()

    def add(self, other: Report) -> None:
        """Adds what became of others, which were packed later."""
        self.packed += [name for name in other.packed if name not in self.packed]
        packed = set(self.packed)
        self.left.update((name, why) for name, why in other.left.items() if name not in packed)
        self.dense_bytes += other.dense_bytes
        self.packed_bytes += other.packed_bytes

    def __str__(self) -> str:
        """A line for the packed ones, and one for each reason."""
        share = self.packed_bytes / self.dense_bytes if self.dense_bytes else 1.0
        lines = [
            f"{len(self.packed)} packed: {self.dense_bytes:,} bytes are {self.packed_bytes:,} "
            f"({share:.3f})"
        ]
        for reason in sorted(set(self.left.values())):
            names = [name for name, found in self.left.items() if found == reason]
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            lines.append(f"{len(names)} left, {reason}: {shown}")
        return "\n".join(lines)
