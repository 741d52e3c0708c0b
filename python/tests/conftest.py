"""Which files pytest opens to look for tests."""

from pathlib import Path


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out what tests only import: it holds no examples, and some of it needs torch."""
    imported = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    ours = collection_path.parent == Path(__file__).parent
    return True if imported and ours else None
