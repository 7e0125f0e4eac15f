"""Readers of the public sets on made-up files, the benchmark's order, and features that see one pair at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.public.lexical import fused, plain_title, tfidf  # noqa: TID251
from evaluation.public.melo import as_run  # noqa: TID251
from evaluation.public.occupations import measure_occupations, read_wanted, trade_of  # noqa: TID251
from evaluation.public.relations import features, lay_out, predict_out_of_fold  # noqa: TID251
from evaluation.public.tables import Occupation, read_crosswalk, read_melo, read_occupations  # noqa: TID251
from matcher.encode import load_encoder
from matcher.errors import InputError
from matcher.evaluate import evaluate_run
from matcher.readers import read_framework

_HEAD = "Project,made up,,,,,\n,,,,,,\nO*NET Id,O*NET Title,O*NET Description,ESCO or ISCO URI,ESCO or ISCO Title,"
_HEAD += "ESCO or ISCO Description,Type of Match\n"


def _melo(folder: Path) -> Path:
    (folder / "queries.tsv").write_text("Q1\tLamp Menders\nQ2\tKite Makers\n", encoding="utf-8")
    elements = "C1_0\tlamp mender\nC1_1\trepairer of lamps\nC2_0\tkite maker\nC3_0\tboat builder\n"
    (folder / "corpus_elements.tsv").write_text(elements, encoding="utf-8")
    (folder / "annotations.tsv").write_text("Q1\t0\tC1_0\t1\nQ1\t0\tC1_1\t1\nQ2\t0\tC2_0\t1\n", encoding="utf-8")
    return folder


def test_melo_is_ranked_as_the_benchmark_ranks(tmp_path: Path) -> None:
    melo = read_melo(_melo(tmp_path))
    # Five decimals; equal scores in the order of trec_eval, the larger id first: C2_0 and C1_1 tie for Q1.
    run = as_run(melo, np.array([[0.1, 0.300001, 0.300004, 0.0], [0.5, 0.4, 0.3, 0.6]]))
    assert run.rankings["Q1"] == ("C2_0", "C1_1", "C1_0", "C3_0")
    figures = {figure.measure: figure.value for figure in evaluate_run(run, melo.gold).overall}
    # Q1's first right surface form stands second, Q2's fourth: (1/2 + 1/4) / 2.
    assert figures["MRR"] == pytest.approx(0.375)
    assert figures["hit@1"] == 0.0


def test_titles_are_plain() -> None:
    assert plain_title("Secretaries, Except Legal") == "secretary"
    assert plain_title("Coaches and Bus Drivers, All Other") == "coach and bus driver"
    words = tfidf(["lamp mender"], ["lamp mender", "kite maker"], characters=False)
    assert words[0] == pytest.approx([1.0, 0.0])
    assert fused(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))[0, 0] == 1.5


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("queries.tsv", "Q1 no tab\n", "line 1"), ("annotations.tsv", "Q1\t0\tC1\n", "3 columns")],
)
def test_bad_melo(name: str, text: str, said: str, tmp_path: Path) -> None:
    (_melo(tmp_path) / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_melo(tmp_path)


def _crosswalk(folder: Path, kinds: tuple[str, ...]) -> Path:
    path = folder / "crosswalk.csv"
    rows = [
        f'{n + 11}-0{n % 3}00.00,"Menders, Lamp {n}","Mend lamps, {n}",uri:{n % 2},lamp mender {n % 2},Mends,{kind}\n'
        for n, kind in enumerate(kinds)
    ]
    path.write_text("\ufeff" + _HEAD + "".join(rows), encoding="utf-8")
    return path


def test_the_crosswalk_is_read(tmp_path: Path) -> None:
    pairs = read_crosswalk(_crosswalk(tmp_path, ("exactMatch", "exactISCO", "broadMatch")))
    assert [(pair.relation, pair.is_group) for pair in pairs] == [("exact", False), ("exact", True), ("broad", False)]
    assert pairs[0].title == "Menders, Lamp 0"
    assert pairs[2].major_group == "13"
    with pytest.raises(InputError, match="row 4: type 'sameMatch'"):
        read_crosswalk(_crosswalk(tmp_path, ("sameMatch",)))
    (tmp_path / "x.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InputError, match="no heading row"):
        read_crosswalk(tmp_path / "x.csv")


def test_occupations_are_read(tmp_path: Path) -> None:
    path = tmp_path / "occupations.csv"
    path.write_text('ORIGINURI,CODE,PREFERREDLABEL,ALTLABELS,DESCRIPTION\nu,7411.1,a,"b\nc",d\n', encoding="utf-8")
    assert read_occupations(path)["u"] == Occupation(
        uri="u", code="7411.1", label="a", others=("b", "c"), description="d"
    )


def test_features_of_a_pair_do_not_see_other_relations(tmp_path: Path) -> None:
    # The same occupations with other relations, and in another order: the same features.
    encoder = load_encoder("embedded")
    one = read_crosswalk(_crosswalk(tmp_path, ("exactMatch", "closeMatch", "broadMatch", "narrowMatch")))
    other = read_crosswalk(_crosswalk(tmp_path, ("broadMatch", "broadMatch", "exactMatch", "closeMatch")))
    occupations = {pair.uri: Occupation(uri=pair.uri, code="7411.1", label=pair.label, others=(), description="d")
                   for pair in one}  # fmt: skip
    table, names = features(lay_out(encoder, one, occupations), one)
    again, _ = features(lay_out(encoder, other[::-1], occupations), other)
    assert len(set(names)) == len(names) == table.shape[1]
    assert table == pytest.approx(again)
    assert np.isfinite(table).all()


def test_predictions_are_out_of_fold() -> None:
    # One feature tells the relation, but in each group by another sign: from other groups it cannot be learned.
    groups = np.repeat([str(n) for n in range(10)], 20)
    relations = np.tile([0, 1], 100)
    signs = np.where(np.arange(200) // 20 % 2, 1.0, -1.0)
    learnable = predict_out_of_fold(relations[:, None].astype(float), relations, groups)
    assert (learnable == relations).all()
    table = (relations * 2.0 - 1.0) * signs
    assert (predict_out_of_fold(table[:, None], relations, groups) == relations).mean() < 0.8


def test_real_occupations_are_found_by_code(tmp_path: Path, root: Path) -> None:
    # Two made-up occupations, one with the code that the table wants for hairdressing: the units of that trade find it
    # first or second, those of trades without a wanted code here never.
    path = tmp_path / "functions.tsv"
    path.write_text(
        "# made up\nocc_code\tocc_name\tedition\tsource_level\toccupational_function\n"
        "4-10-03-02\t理发工\t2024\tL4\t剪发\n9-99-99-01\t自行车修理工\t2024\tL4\t车轮修理\n",
        encoding="utf-8",
    )
    figures = measure_occupations(path, "embedded")
    units = [
        unit for unit in read_framework(root / "corpora/samples/hk.jsonl").framework.units if "en" in unit.languages
    ]
    wanted = read_wanted()
    counted = [unit for unit in units if trade_of(unit) in wanted]
    at_one, at_five, at_ten = figures["en"]
    assert at_one.n == at_ten.n == len(counted) == 77
    assert at_five.value == at_ten.value == sum(trade_of(unit) == "hairdressing" for unit in counted) / 77
    assert 0.0 < at_one.value <= at_five.value
