"""Options come from defaults, a file and the command line, and nothing unknown passes."""

from dataclasses import dataclass, field

import pytest

from realtime.config import ConfigError, read_options


@dataclass(frozen=True)
class Inner:
    dwell_s: float = 1.0
    beam: int = 1

    def __post_init__(self) -> None:
        if self.dwell_s < 0:
            raise ValueError(f"dwell_s is {self.dwell_s}, expected 0 or more")


@dataclass(frozen=True)
class Options:
    label: Inner = field(default_factory=Inner)
    name: str = "x"


def test_later_settings_win_over_the_file(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[label]\ndwell_s = 2\nbeam = 3\n")
    options = read_options(Options(), file, ["label.dwell_s=3.5", "name=마음"])
    assert options == Options(Inner(3.5, 3), "마음")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("label.dwel_s=1", "unknown key label.dwel_s; allowed are label.dwell_s, label.beam"),
        ("lable.dwell_s=1", "unknown key lable; allowed are label, name"),
        ("label.beam=1.5", "label.beam = 1.5 is not allowed; expected a int"),
        ("label.beam=true", "label.beam = True is not allowed"),
        ("label=3", "label is a group; set one of dwell_s, beam"),
        ("label.dwell_s", "expected KEY=VALUE"),
        ("=3", "expected KEY=VALUE"),
        ("label.dwell_s=-1", "dwell_s is -1.0, expected 0 or more"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(setting, message):
    with pytest.raises(ConfigError) as error:
        read_options(Options(), settings=[setting])
    assert message in str(error.value)
    assert setting in str(error.value)


def test_an_unreadable_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        read_options(Options(), tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("label = [")
    with pytest.raises(ConfigError, match=r"broken\.toml: not valid TOML"):
        read_options(Options(), broken)
