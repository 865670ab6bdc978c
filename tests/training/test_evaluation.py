"""Results of a run's predictions tables: what is counted, joined, fitted, and from which rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, recall_score

from models.scores import LABELS, Scores
from realtime import segment_voice
from tests.training.predicted import run_json, tables
from training.evaluation import calibrated_vote, evaluated, fitting
from training.evaluation.aligned import aligned, answered, both_voices, voted
from training.evaluation.bootstrap import clusters, intervals
from training.evaluation.results import as_metrics, as_provenance, fitted_weights
from training.metrics import averages, calibration_error, confusion
from training.predictions import InvalidPredictions, Predictions
from training.recipes import SEGMENT
from training.report.numbers import tables as tables_of

VOICE, TEXT, BIO = tables(sessions=10, turns=6)
RESULTS = evaluated([VOICE, TEXT, BIO], run_json())


def shuffled(table: Predictions, seed: int) -> Predictions:
    """The same rows in another order."""
    return table[np.random.default_rng(seed).permutation(len(table))]


def sure_of(table: Predictions, label: int | np.ndarray) -> np.ndarray:
    """Probabilities that say this label, or each row's."""
    return np.eye(7, dtype=np.float32)[np.broadcast_to(label, len(table))] * 0.93 + 0.01


def test_scores_of_a_modality_are_those_of_scikit_learn() -> None:
    """Accuracy, UAR, F1 and recall of the labelled test rows agree; ties are counted and left out."""
    rows = TEXT[(TEXT.part == "test") & (TEXT.truth >= 0)]
    predicted = rows.probabilities.argmax(axis=1)
    found = RESULTS.outcome("text")
    assert found.scores.accuracy == pytest.approx(accuracy_score(rows.truth, predicted))
    assert found.scores.uar == pytest.approx(recall_score(rows.truth, predicted, average="macro"))
    assert found.scores.macro_f1 == pytest.approx(f1_score(rows.truth, predicted, average="macro"))
    assert found.scores.weighted_f1 == pytest.approx(f1_score(rows.truth, predicted, average="weighted"))
    assert list(found.recall.values()) == pytest.approx(recall_score(rows.truth, predicted, average=None))
    assert (found.n, found.ties) == (len(rows), int(np.sum((TEXT.part == "test") & (TEXT.truth < 0))))


def test_every_subset_has_an_outcome_with_equal_and_with_fitted_weights() -> None:
    """Three modalities alone, three pairs and the three together, the latter four in both ways."""
    assert len(RESULTS.outcomes) == 3 + 2 * 4
    assert RESULTS.whole.modalities == ("voice", "text", "bio")
    assert set(RESULTS.whole.kinds) == {"impro", "script"}
    assert len(RESULTS.whole.sessions) == 10
    assert len(RESULTS.whole.folds) == 5
    assert sum(scores.n for scores in RESULTS.whole.sessions.values()) == RESULTS.whole.n


def test_progress_is_told_of_every_subset() -> None:
    """Up to all of them."""
    told: list[tuple[int, int]] = []
    evaluated([VOICE, TEXT], run_json(), lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_rows_that_a_modality_lacks_are_counted() -> None:
    """Alone it cannot score them; in a vote the others speak."""
    assert RESULTS.outcome("bio").missing > 0
    assert RESULTS.outcome("bio").n + RESULTS.outcome("bio").missing == RESULTS.outcome("text").n
    assert RESULTS.whole.missing == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from([VOICE, TEXT, BIO]))
def test_the_vote_of_one_modality_is_that_modality(seed: int, table: Predictions) -> None:
    """Whatever its weight and the order of its rows."""
    weight = np.random.default_rng(seed).uniform(0.1, 9, 1)
    (same,) = aligned([shuffled(table, seed)])
    vote = voted([same], weight)
    np.testing.assert_allclose(vote.probabilities, same.probabilities, rtol=1e-6)
    assert set(zip(vote.id, vote.fold, vote.part, strict=True)) == set(
        zip(table.id, table.fold, table.part, strict=True)
    )


@given(st.integers(0, 2**32 - 1))
def test_a_vote_is_a_distribution_and_joins_by_utterance(seed: int) -> None:
    """In any order of rows and for any weights; a modality that is missing is renormalised away."""
    random = np.random.default_rng(seed)
    some = aligned([shuffled(VOICE, seed), shuffled(BIO, seed + 1)[: len(BIO) // 2]])
    vote = voted(some, random.uniform(0.1, 5, 2))
    np.testing.assert_allclose(vote.probabilities.sum(axis=1), 1, rtol=1e-5)
    alone = np.isnan(some[1].probabilities[:, 0])
    assert alone.any()
    np.testing.assert_allclose(vote.probabilities[alone], some[0].probabilities[alone], rtol=1e-6)
    assert np.array_equal(some[0].id, some[1].id)


def test_the_order_of_rows_changes_nothing() -> None:
    """Results are a function of the set of rows."""
    again = evaluated([shuffled(table, 3) for table in (VOICE, TEXT, BIO)], run_json())
    assert again.to_json() == RESULTS.to_json()


def test_an_utterance_that_is_twice_in_a_fold_is_refused() -> None:
    """By name."""
    twice = VOICE[np.r_[0, np.arange(len(VOICE))]]
    with pytest.raises(InvalidPredictions, match=str(VOICE.id[0])):
        aligned([twice, TEXT])


def test_where_tables_differ_in_the_label_the_text_branch_is_right() -> None:
    """As in the notebooks; each modality alone keeps its own truth, and the difference is counted."""
    row = np.flatnonzero((VOICE.part == "test") & (VOICE.truth >= 0))[0]
    truth = VOICE.truth.copy()
    truth[row] = (truth[row] + 1) % 7
    voice, text = aligned([replace(VOICE, truth=truth), TEXT])
    assert np.array_equal(voted([voice, text], np.ones(2)).truth, text.truth)
    assert evaluated([replace(VOICE, truth=truth), TEXT], run_json()).disagreeing == 1


@given(st.integers(1, 12), st.integers(5, 60), st.integers(0, 2**32 - 1))
def test_intervals_hold_the_point_estimate(sessions: int, rows: int, seed: int) -> None:
    """Of every average, for any clusters, and they are the same for the same seed."""
    random = np.random.default_rng(seed)
    truth, cluster = random.integers(0, 7, sessions * rows), np.repeat(np.arange(sessions).astype(str), rows)
    predicted = np.where(random.random(len(truth)) < 0.5, truth, random.integers(0, 7, len(truth)))
    found = intervals(truth, predicted, cluster, 7, seed)
    for name, value in averages(confusion(truth, predicted, 7)).items():
        assert found[name].low - 1e-9 <= value <= found[name].high + 1e-9
    assert found == intervals(truth, predicted, cluster, 7, seed)


def test_intervals_are_wider_when_rows_of_a_session_are_alike() -> None:
    """Drawing sessions, not rows, is what makes them honest."""
    right = np.repeat([True, False], 500)
    truth = np.zeros(1000, np.int64)
    predicted = np.where(right, 0, 1)
    by_session = intervals(truth, predicted, np.repeat(np.arange(10).astype(str), 100), 7, 1)["accuracy"]
    by_row = intervals(truth, predicted, np.arange(1000).astype(str), 7, 1)["accuracy"]
    assert by_session.high - by_session.low > 4 * (by_row.high - by_row.low)


def test_speakers_are_drawn_where_there_are_no_sessions() -> None:
    """As in corpora of single speakers."""
    assert clusters(VOICE)[0] == "session"
    name, of = clusters(replace(VOICE, session=np.full(len(VOICE), "")))
    assert name == "speaker"
    assert np.array_equal(of, VOICE.speaker)


def test_temperatures_and_weights_come_from_validation_rows_alone() -> None:
    """Test rows that say the contrary change neither; validation rows that do change both."""

    def planted(part: str) -> list[Predictions]:
        rows = (TEXT.part == part)[:, None]
        wrong = sure_of(TEXT, (np.maximum(TEXT.truth, 0) + 1) % 7)
        return aligned([VOICE, replace(TEXT, probabilities=np.where(rows, wrong, TEXT.probabilities))])

    def fitted(pair: list[Predictions]) -> tuple[dict[int, float], list[float]]:
        return fitting.temperatures(pair[1]), fitting.weights(pair).tolist()

    honest = fitted(aligned([VOICE, TEXT]))
    assert fitted(planted("test")) == honest
    assert fitted(planted("validation")) != honest
    assert fitted(planted("validation"))[1][1] < 0.2 < honest[1][1]


def test_each_fold_has_its_own_temperature() -> None:
    """A fold that is overconfident is softened, the others keep theirs."""
    wrong = sure_of(TEXT, 0)
    spoiled = replace(TEXT, probabilities=np.where((TEXT.fold == 2)[:, None], wrong, TEXT.probabilities))
    before, after = fitting.temperatures(TEXT), fitting.temperatures(spoiled)
    assert after[2] > before[2]
    assert {**after, 2: 0} == {**before, 2: 0}


def test_a_better_modality_gets_more_weight_and_the_mean_is_one() -> None:
    """Text was made to know more than bio."""
    weights = fitted_weights(RESULTS)
    assert weights["text"] > weights["bio"]
    assert sum(weights.values()) == pytest.approx(3)


def test_without_validation_rows_nothing_is_fitted() -> None:
    """Temperature 1 and equal weights."""
    some = [table[table.part == "test"] for table in (VOICE, TEXT)]
    results = evaluated(some, run_json())
    assert results.calibration["voice"].temperature == 1.0
    assert results.outcome("voice", "text", weighting="fitted").weights == {"voice": 1.0, "text": 1.0}


def test_calibration_lowers_the_error_of_overconfident_probabilities() -> None:
    """The invented ones are twice too sure."""
    assert RESULTS.outcome("text").scores.ece < RESULTS.calibration["text"].ece_before
    assert RESULTS.calibration["text"].temperature == pytest.approx(2, rel=0.3)


def test_tables_without_any_answer_are_refused() -> None:
    """With what to do about it."""
    empty = replace(VOICE, probabilities=np.full_like(VOICE.probabilities, np.nan))
    with pytest.raises(InvalidPredictions, match="run maeum-train all"):
        evaluated([empty], run_json())
    assert set(evaluated([empty, TEXT], run_json()).calibration) == {"text"}


def test_a_class_that_nobody_has_has_no_recall() -> None:
    """And does not lower the averages."""
    fear = LABELS.index("fear")
    results = evaluated([TEXT[TEXT.truth != fear]], run_json())
    assert results.outcome("text").recall["fear"] is None
    rest = [recall for recall in results.outcome("text").recall.values() if recall is not None]
    assert results.outcome("text").scores.uar == pytest.approx(np.mean(rest))


def test_results_and_what_manifests_keep_are_json() -> None:
    """No NaN, nothing that JSON does not know."""
    for content in (RESULTS.to_json(), as_metrics(RESULTS, "voice"), as_provenance(RESULTS)):
        assert json.loads(json.dumps(content, allow_nan=False))
    assert as_metrics(RESULTS, "voice")["accuracy"] == RESULTS.outcome("voice").scores.accuracy


def test_a_leaky_run_says_why() -> None:
    """In the run's own words or by its protocol."""
    assert evaluated([TEXT], run_json()).leak is None
    assert "trained on" in str(evaluated([TEXT], run_json(leaky=True, protocol="notebook")).leak)
    assert evaluated([TEXT], run_json(leaky=True, leak="planted")).leak == "planted"


def test_the_vote_of_the_plots_is_the_vote_of_the_scores() -> None:
    """Temperatures included."""
    vote = calibrated_vote([VOICE, TEXT, BIO])
    rows = vote[(vote.part == "test") & (vote.truth >= 0)]
    assert np.mean(rows.probabilities.argmax(axis=1) == rows.truth) == RESULTS.whole.scores.accuracy


def test_both_voices_speak_as_in_a_session() -> None:
    """The mean of windows and whole segment is the runtime's, bit for bit; what one lacks the other does not fill."""
    windows, whole = aligned([VOICE, replace(TEXT, modality=SEGMENT)])
    windows.probabilities[0], whole.probabilities[1] = np.nan, np.nan
    mean = both_voices(windows, whole).probabilities
    for row in range(20):
        parts = [
            Scores("voice", 0.0, 1.0, None if np.isnan(p[row, 0]) else p[row], 1.0, "" if np.isnan(p[row, 0]) else None)
            for p in (windows.probabilities, whole.probabilities)
        ]
        said = segment_voice.both_voices(*parts).probabilities
        assert np.isnan(mean[row]).all() if said is None else np.array_equal(mean[row], said)


def test_the_second_voice_makes_up_for_an_unsure_mean() -> None:
    """Its temperature is fitted for the mean of both: ECE falls, validation rows alone decide, and shipped is one."""
    windows, text = tables(("voice", "text"))
    whole = replace(text, modality=SEGMENT)
    results = evaluated([windows, whole], run_json())
    voice = results.calibration["voice"]
    assert list(results.calibration) == ["voice"]
    assert results.outcome("voice").scores.uar > evaluated([windows], run_json()).outcome("voice").scores.uar
    each = [fitting.calibrated(table, fitting.temperatures(table)) for table in aligned([windows, whole])]
    mean = both_voices(*each)
    tested = mean[answered(mean, "test")]
    assert results.outcome("voice").scores.ece < calibration_error(tested.truth, tested.probabilities)
    changed = windows.probabilities.copy()
    changed[windows.part == "test"] = 1 / 7
    again = evaluated([replace(windows, probabilities=changed), whole], run_json())
    assert again.calibration["voice"].segment == voice.segment


def test_both_voices_are_scored_alone_as_well() -> None:
    """Each as it would be without the other; a voice of one model has nothing to show beside it."""
    windows, text = tables(("voice", "text"))
    results = evaluated([windows, replace(text, modality=SEGMENT)], run_json())
    assert [found.name for found in results.voices] == ["voice, windows alone", "voice, whole segments alone"]
    assert results.voices[0].scores == evaluated([windows], run_json()).outcome("voice").scores
    assert results.voices[1].scores == evaluated([text], run_json()).outcome("text").scores
    shown = as_metrics(results, "voice")["segments"]
    assert shown["alone"]["uar"] == results.voices[1].scores.uar
    assert shown["temperature"] == results.calibration["voice"].segment
    table = next(each for each in tables_of(results) if each.title == "Windows and whole segments")
    assert [row[0] for row in table.rows] == ["voice, windows alone", "voice, whole segments alone", "voice"]
    assert RESULTS.voices == ()
    assert "segments" not in as_metrics(RESULTS, "voice")


def two_corpora(table: Predictions) -> Predictions:
    """The same rows, half of the sessions from another corpus."""
    other = table.session > "05"
    return replace(table, corpus=np.where(other, "KEMDy20", "KEMDy19"), kind=np.where(other, "", table.kind))


def test_several_corpora_are_scored_apart_and_together() -> None:
    """Each with its own scores and gauges; temperatures, weights and the pooled scores stay what they are."""
    several = evaluated([two_corpora(VOICE), two_corpora(TEXT)], run_json(corpus="KEMDy19 + KEMDy20"))
    pooled = evaluated([VOICE, TEXT], run_json())
    assert several.whole.scores == pooled.whole.scores
    assert pooled.whole.corpora == pooled.corpora == {}
    assert set(several.corpora) == {"KEMDy19", "KEMDy20"}
    assert set(several.whole.kinds) == {"script", "impro"}
    assert sum(scores.n for scores in several.whole.kinds.values()) == several.whole.corpora["KEMDy19"].n
    for outcome in several.outcomes:
        assert sum(scores.n for scores in outcome.corpora.values()) == outcome.n
    rows = TEXT[answered(TEXT, "test") & (TEXT.session > "05")]
    alone = several.outcome("text").corpora["KEMDy20"]
    assert alone.accuracy == pytest.approx(accuracy_score(rows.truth, rows.probabilities.argmax(axis=1)))
    assert several.corpora["KEMDy20"][0].scores.n == alone.n
    shown = as_metrics(several, "text")["corpora"]["KEMDy20"]
    assert shown["uar"] == alone.uar


def test_valence_and_arousal_are_read_off_the_labels() -> None:
    """By a head from validation rows alone: other test ratings leave it as it is; without ratings there is none."""
    found = RESULTS.outcome("text").dimensions
    assert 0.2 < found["arousal"].ccc < found["valence"].ccc < 1
    assert set(found["valence"].folds) == set(RESULTS.outcome("text").folds)
    assert found["valence"].weights["happy"] == max(found["valence"].weights[label] for label in LABELS)
    assert found["valence"].n > RESULTS.outcome("text").n, "ties are rated too"
    test = TEXT.part == "test"
    swapped = replace(TEXT, valence=np.where(test, 6 - TEXT.valence, TEXT.valence))
    other = evaluated([swapped], run_json()).whole.dimensions["valence"]
    assert other.weights == found["valence"].weights
    assert other.ccc < 0
    unrated = replace(TEXT, valence=np.full(len(TEXT), np.nan), arousal=np.full(len(TEXT), np.nan))
    assert evaluated([unrated], run_json()).whole.dimensions == {}
