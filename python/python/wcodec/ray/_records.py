"""Records of shards that are done, by which work that was stopped goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from wcodec.ray._stores import Store

# Beside the shards, in a folder that no model takes for its own.
FOLDER = ".wcodec-shards"


@dataclass(frozen=True)
class Record:
    """A shard that was made.

    Attributes:
        source_key: what the store said of the source's version.
        source_sha256: the hash of the source.
        target: the name of what was made.
        target_sha256: its hash.
        settings: what it was made with, such as the profile.
        summary: what was told of it.
    """

    source_key: str
    source_sha256: str
    target: str
    target_sha256: str
    settings: dict[str, Any]
    summary: dict[str, Any]


def write(store: Store, name: str, record: Record, run: str) -> None:
    """Keeps a record of a shard of the source by its name."""
    with store.scratch(_name(name), run) as folder:
        file = folder / "record.json"
        file.write_text(json.dumps(asdict(record), indent=1))
        store.put(file, _name(name))


def finished(source: Store, target: Store, name: str, settings: dict[str, Any]) -> Record | None:
    """The record of a shard whose source is as it was, and whose target is as it was made."""
    if not target.exists(_name(name)):
        return None
    try:
        record = Record(**json.loads(target.read(_name(name))))
    except (TypeError, ValueError):
        return None
    if record.settings != settings or not target.exists(record.target):
        return None
    is_same = record.source_key == source.key(name) or record.source_sha256 == source.sha256(name)
    return record if is_same and target.sha256(record.target) == record.target_sha256 else None


def _name(name: str) -> str:
    return f"{FOLDER}/{name}.json"
