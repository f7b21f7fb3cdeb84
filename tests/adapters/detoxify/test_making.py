"""Without the extra: a clear refusal, also where only part of it is installed."""

import sys
from pathlib import Path

import pytest

from adapters.detoxify.making import detoxify_filters
from core.errors import ConfigurationRefused


@pytest.mark.parametrize("missing", ["torch", "detoxify", "transformers"])
def test_a_missing_extra_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in [name for name in sys.modules if name.startswith("adapters.detoxify.") and not name.endswith("making")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("torch", "detoxify", "detoxify.detoxify", "transformers"):
        if name.startswith(missing):
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationRefused) as caught:
        detoxify_filters(tmp_path / "any.ckpt", "0" * 64, tmp_path)
    assert caught.value.path == "LIGHTKEEPER_DETOXIFY_CHECKPOINT"
    assert "is not installed" in caught.value.reason
    assert "lightkeeper[detoxify]" in caught.value.hint
