"""The report as one HTML file: drawings and style inside, nothing loaded from anywhere, light or dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from training.evaluation.gauge import LARGEST, RANDOM
from training.evaluation.results import Results
from training.report.numbers import APART, HEADS, Table, run_tables, tables
from training.report.theme import DARK, LIGHT


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG element and what it shows."""

    title: str
    says: str
    svg: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page about several models."""

    title: str
    says: str
    body: Sequence[str]
    """Sections"""


def page(results: Results, run: Mapping[str, Any], drawings: Mapping[str, Drawing]) -> str:
    """HTML of the whole report.

    Parameters
    ----------
    run
        What `run.json` says.
    drawings
        By file name; those named `confusion-...` stand side by side.
    """
    remarks = [f"{remark}." for remark in run.get("remarks") or []]
    body = [
        _head(results),
        *sections(results, run, drawings),
        _how(results, run.get("packages") or {}, remarks),
    ]
    return _document(f"{results.corpus}, {results.protocol}: evaluation", body, leaky=bool(results.leak))


def page_of_parts(title: str, facts: Mapping[str, str], parts: Sequence[Part], packages: Mapping[str, str]) -> str:
    """HTML of a report about models that were never asked together."""
    contents = "".join(f'<li><a href="#{escape(part.title)}">{escape(part.title)}</a></li>' for part in parts)
    head = f"<header><p>Evaluation</p><h1>{escape(title)}</h1>{_facts(facts)}</header><nav><ul>{contents}</ul></nav>"
    shown = [
        f'<section class="part" id="{escape(part.title)}"><h1>{escape(part.title)}</h1>'
        f'<p class="note">{escape(part.says)}</p></section>' + "\n".join(part.body)
        for part in parts
    ]
    made = "Made with " + ", ".join(f"{name} {version}" for name, version in packages.items()) + "."
    return _document(f"{title}: evaluation", [head, *shown, f'<p class="note made">{escape(made)}</p>'], leaky=False)


def sections(results: Results, run: Mapping[str, Any], drawings: Mapping[str, Drawing]) -> list[str]:
    """Everything about one evaluation but what it is and how to read it."""
    leak = results.leak
    wide = [name for name in drawings if not name.startswith("confusion")]
    return [
        _tiles(results),
        *(figure(drawings[name]) for name in wide[:1]),
        *(table_section(table, leak) for table in tables(results)),
        confusions([drawing for name, drawing in drawings.items() if name not in wide]),
        *(figure(drawings[name]) for name in wide[1:]),
        *(table_section(table, leak if table.title.startswith("On shuffled") else None) for table in run_tables(run)),
    ]


def confusions(drawings: Sequence[Drawing]) -> str:
    """Matrices side by side."""
    return f'<section><h2>Confusion</h2><div class="pair">{"".join(map(figure, drawings))}</div></section>'


def _document(title: str, body: Sequence[str], *, leaky: bool) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{_colours()}{STYLE}</style></head>\n<body class="{"leaky" if leaky else "sound"}"><main>'
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def _head(results: Results) -> str:
    facts = {
        "protocol": results.protocol,
        "recipe": results.recipe,
        "ties": results.ties,
        "seed": str(results.seed),
        "utterances": f"{results.utterances:,}",
        "folds": str(len(results.whole.folds)),
    }
    return f"<header><p>Evaluation</p><h1>{escape(results.corpus)}</h1>{_warning(results.leak)}{_facts(facts)}</header>"


def _facts(facts: Mapping[str, str]) -> str:
    listed = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value)
    return f"<dl>{listed}</dl>"


def _warning(leak: str | None) -> str:
    return f'<p class="leak"><strong>Leaky.</strong> {escape(leak)}.</p>' if leak else ""


def _tiles(results: Results) -> str:
    """The four numbers to remember, each beside what is reached without features."""
    whole = results.whole
    gauges = {gauge.name: gauge.scores for gauge in results.gauges}
    shown = []
    for score, name in HEADS.items():
        interval = whole.intervals[score]
        beside = [f"{g} {getattr(gauges[g], score):.3f}" for g in (LARGEST, RANDOM) if gauges.get(g)]
        smaller = [f"{interval.low:.3f} to {interval.high:.3f}", *beside]
        shown.append(Tile(name, f"{getattr(whole.scores, score):.3f}", smaller))
    return tiles(whole.name, shown, results.leak)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number to remember."""

    name: str
    value: str
    beside: Sequence[str]
    """What it is to be compared with"""


def tiles(title: str, shown: Sequence[Tile], leak: str | None = None) -> str:
    """Numbers side by side."""
    warning = f'<small class="leak">leaky: {escape(leak)}</small>' if leak else ""
    cells = "".join(
        f"<div><span>{escape(tile.name)}</span><strong>{escape(tile.value)}</strong>"
        f"<small>{'<br>'.join(map(escape, tile.beside))}</small>{warning}</div>"
        for tile in shown
    )
    return f'<section><h2>{escape(title)}</h2><div class="tiles">{cells}</div></section>'


def table_section(table: Table, leak: str | None = None) -> str:
    """A table with its title and note; red where its numbers leak."""
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join(_row(row, leak) for row in table.rows)
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f"<section><h2>{escape(table.title)}</h2>{note}<div class='scroll'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _row(row: Sequence[str], leak: str | None) -> str:
    """Rows without features, or from elsewhere, are set apart; they do not leak."""
    apart = row[0].startswith(APART)
    cells = "".join(f"<td>{_cell(cell)}</td>" for cell in row[1:])
    beside = f'<small class="leak">leaky: {escape(leak)}</small>' if leak and not apart else ""
    kind = " class=apart" if apart else " class=red" if leak else ""
    return f"<tr{kind}><th>{escape(row[0])}{beside}</th>{cells}</tr>"


def _cell(text: str) -> str:
    """A number, its interval smaller."""
    number, bracket, interval = text.partition(" [")
    return escape(number) + (f" <small>[{escape(interval)}</small>" if bracket else "")


def figure(drawing: Drawing) -> str:
    """A drawing with its title and what it shows."""
    return (
        f"<figure><figcaption><h2>{escape(drawing.title)}</h2><p>{escape(drawing.says)}</p></figcaption>"
        f"{drawing.svg}</figure>"
    )


def _how(results: Results, packages: Mapping[str, str], remarks: Sequence[str]) -> str:
    whole = results.whole
    facts = [
        "Scores are those of the exported TFLite graphs on test rows, at temperatures fitted on validation rows.",
        f"{whole.ties} test rows have no single label and are not scored; {whole.missing} have no answer from any "
        "modality. A modality that lacks an utterance is left out of its vote.",
        "Averages over labels leave out labels that no row has.",
        "Nearest in time is the label of the training utterance nearest in time by the same speaker in the same scene, "
        "under the run's folds and under a random split into 80 and 20 %.",
    ]
    facts += remarks
    if results.disagreeing:
        facts.append(f"{results.disagreeing} utterances have another label in another modality's table.")
    if packages:
        facts.append("Made with " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".")
    return (
        f"<section><h2>How to read this</h2><ul>{''.join(f'<li>{escape(fact)}</li>' for fact in facts)}</ul></section>"
    )


def _colours() -> str:
    light, dark = ("".join(f"--{name}:{value};" for name, value in look.items()) for look in (LIGHT, DARK))
    return f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


STYLE = """
*{box-sizing:border-box}
body{margin:0;background:var(--surface);color:var(--ink);
 font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1040px;margin:0 auto;padding:40px 24px 80px}
header p:first-child{margin:0;color:var(--muted);letter-spacing:.08em;text-transform:uppercase;font-size:12px}
h1{margin:0 0 16px;font-size:34px;line-height:1.15;letter-spacing:-.01em}
h2{margin:0 0 6px;font-size:18px}
section,figure{margin:44px 0 0}
dl{display:flex;flex-wrap:wrap;gap:10px 28px;margin:0}
dt{color:var(--muted);font-size:12px}
dd{margin:0;font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin-top:10px}
.tiles>div{border:1px solid var(--line);border-radius:10px;padding:14px 16px;display:flex;flex-direction:column}
.tiles span{color:var(--muted);font-size:13px}
.tiles strong{font-size:30px;line-height:1.2;font-variant-numeric:tabular-nums}
small{color:var(--muted);font-size:12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{color:var(--muted);font-weight:500;font-size:12px;vertical-align:bottom}
th:first-child{text-align:left;padding-left:0}
tbody th{font-weight:500}
tbody tr:hover{background:color-mix(in srgb,var(--line) 30%,transparent)}
.apart th,.apart td{font-style:italic;color:var(--muted);font-weight:400}
.apart th{white-space:normal;min-width:16em}
.note,figcaption p{color:var(--muted);margin:0 0 10px;max-width:72ch}
figure{margin-inline:0}
nav ul{display:flex;gap:18px;list-style:none;padding:0;margin:18px 0 0}
a{color:var(--voice)}
section.part{border-top:2px solid var(--ink);margin-top:72px;padding-top:18px}
section.part h1{font-size:26px;margin:0 0 6px}
p.made{margin-top:44px}
svg{width:100%;height:auto;display:block}
svg text{font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif!important}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(360px,100%),1fr));gap:24px}
.pair figure{margin:12px 0 0}
.pair h2{font-size:15px}
.leak{color:var(--leak)}
p.leak{border-left:4px solid var(--leak);padding:8px 14px;margin:0 0 16px;
 background:color-mix(in srgb,var(--leak) 10%,transparent)}
.leaky .tiles strong,.red td,.red td small,small.leak{color:var(--leak)}
tbody th small{display:block;white-space:normal;min-width:20em;line-height:1.3;font-weight:400}
@media(max-width:720px){main>figure{overflow-x:auto}main>figure svg{min-width:680px}}
@media print{main{max-width:none}section,figure{break-inside:avoid}}
"""
