"""The report as one HTML file: drawings and style inside, nothing loaded from anywhere, light or dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from training.evaluation.gauge import LARGEST, RANDOM
from training.evaluation.results import Results
from training.report.numbers import APART, Table, run_tables, tables
from training.report.theme import DARK, LIGHT


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG element and what it shows."""

    title: str
    says: str
    svg: str


def page(results: Results, run: Mapping[str, Any], drawings: Mapping[str, Drawing]) -> str:
    """HTML of the whole report.

    Parameters
    ----------
    run
        What `run.json` says.
    drawings
        By file name; those named `confusion-...` stand side by side.
    """
    leak = results.leak
    wide = [name for name in drawings if not name.startswith("confusion")]
    matrices = "".join(_figure(drawing) for name, drawing in drawings.items() if name not in wide)
    body = [
        _head(results),
        _tiles(results),
        *(_figure(drawings[name]) for name in wide[:1]),
        *(_table(table, leak) for table in tables(results)),
        f'<section><h2>Confusion</h2><div class="pair">{matrices}</div></section>',
        *(_figure(drawings[name]) for name in wide[1:]),
        *(_table(table, leak if table.title.startswith("On shuffled") else None) for table in run_tables(run)),
        _how(results, run.get("packages") or {}, [f"{remark}." for remark in run.get("remarks") or []]),
    ]
    title = escape(f"{results.corpus}, {results.protocol}: evaluation")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{_colours()}{STYLE}</style></head>\n<body class="{"leaky" if leak else "sound"}"><main>'
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
    listed = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value)
    return (
        f"<header><p>Evaluation</p><h1>{escape(results.corpus)}</h1>{_warning(results.leak)}<dl>{listed}</dl></header>"
    )


def _warning(leak: str | None) -> str:
    return f'<p class="leak"><strong>Leaky.</strong> {escape(leak)}.</p>' if leak else ""


def _tiles(results: Results) -> str:
    """The four numbers to remember, each beside what is reached without features."""
    whole = results.whole
    gauges = {gauge.name: gauge.scores for gauge in results.gauges}
    tiles = []
    for score, name in (
        ("accuracy", "accuracy"),
        ("uar", "UAR"),
        ("macro_f1", "macro-F1"),
        ("weighted_f1", "weighted F1"),
    ):
        interval = whole.intervals[score]
        beside = [f"{g} {getattr(gauges[g], score):.3f}" for g in (LARGEST, RANDOM) if gauges.get(g)]
        tiles.append(
            f"<div><span>{name}</span><strong>{getattr(whole.scores, score):.3f}</strong>"
            f"<small>{interval.low:.3f} to {interval.high:.3f}</small>"
            f"<small>{'<br>'.join(map(escape, beside))}</small>"
            + (f'<small class="leak">leaky: {escape(results.leak)}</small>' if results.leak else "")
            + "</div>"
        )
    return f'<section><h2>{escape(whole.name)}</h2><div class="tiles">{"".join(tiles)}</div></section>'


def _table(table: Table, leak: str | None) -> str:
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


def _figure(drawing: Drawing) -> str:
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
