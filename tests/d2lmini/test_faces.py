"""The faces, and their measures: against what can be counted by hand, and generators that fail."""

import numpy as np
import pytest

from d2lmini import faces
from d2lmini.faces import PARTS, Part, draw, measure, nearest, perfect, shares, shares_off, support

TRAINED_ON = draw(4000, np.random.default_rng(0))


def with_shares(monkeypatch, part, *probabilities):
    monkeypatch.setitem(PARTS, part, PARTS[part]._replace(probabilities=probabilities))


def number(**values):
    """The number of the face with these values; where none is named, the part's first."""
    values = {name.replace("_", " "): value for name, value in values.items()}
    code = [part.values.index(values.get(name, part.values[0])) for name, part in PARTS.items()]
    return int((support().codes == code).all(axis=1).argmax())


def test_every_face_is_there_once_with_its_probability():
    images, codes, probabilities = support()
    assert images.shape == (5760, 16, 16, 3) and images.dtype == "float32"
    assert abs(images).max() <= 1
    assert len(np.unique(codes, axis=0)) == 5760
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    likely = probabilities[number()]  # sky, light, short, black, dark, smile, bare, bareheaded
    assert likely == pytest.approx(0.5 * 0.4 * 0.4 * 0.35 * 0.7 * 0.5 * 0.7 * 0.8)
    for i, part in enumerate(PARTS.values()):
        got = np.bincount(codes[:, i], weights=probabilities)
        assert got == pytest.approx(np.array(part.probabilities))


def test_no_two_faces_look_alike():
    """Each part is to be seen on each face, in pixels of another colour."""
    images = support().images.reshape(5760, -1)
    squares = (images**2).sum(axis=1)
    for part in np.array_split(np.arange(5760), 8):
        distances = squares[part, None] + squares - 2 * images[part] @ images.T
        distances[np.arange(len(part)), part] = np.inf
        assert distances.min() > 0.9


def test_what_is_painted_is_what_is_said():
    face = {name: support().images[number(**values)] for name, values in LOOKS.items()}
    sky, hat, band = (np.array(c) / 127.5 - 1 for c in [(178, 214, 242), (58, 162, 92), faces.BAND])
    assert face["plain"][0, 0] == pytest.approx(sky)
    assert face["hat"][2, 8] == pytest.approx(hat) and face["hat"][4, 2] == pytest.approx(band)
    assert face["plain"][2, 8] != pytest.approx(hat)
    changed = {name: (face[name] != face["plain"]).any(axis=-1) for name in face}
    assert {name: where.sum() for name, where in changed.items() if name != "plain"} == {
        "hat": 42,
        "blue eyes": 2,
        "glasses": 18,
        "flat": 10,
        "open": 6,
    }


LOOKS = {
    "plain": {},
    "hat": {"hat": "worn"},
    "blue eyes": {"eyes": "blue"},
    "glasses": {"glasses": "worn"},
    "flat": {"mouth": "flat"},
    "open": {"mouth": "open"},
}


def test_the_list_of_faces_cannot_be_changed():
    images = support().images
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_drawn_faces_come_as_often_as_they_should():
    rng = np.random.default_rng(1)
    index, distance = nearest(draw(20_000, rng))
    assert not distance.any()
    for name, part in PARTS.items():
        assert shares(index)[name] == pytest.approx(np.array(part.probabilities), abs=0.015)
    again = draw(50, np.random.default_rng(2))
    assert np.array_equal(again, draw(50, np.random.default_rng(2)))
    assert not np.array_equal(again, draw(50, np.random.default_rng(3)))


def test_other_probabilities_give_other_faces(monkeypatch):
    with_shares(monkeypatch, "hat", 0, 1)
    index, _ = nearest(draw(200, np.random.default_rng(0)))
    assert shares(index)["hat"].tolist() == [0, 1]
    assert shares_off(index)["hat"] == 0
    assert support().probabilities[number()] == 0


def test_the_nearest_face_is_found_by_looking_at_each():
    rng = np.random.default_rng(0)
    images = np.clip(draw(20, rng) + rng.normal(0, 0.3, (20, 16, 16, 3)), -1, 1)
    index, distance = nearest(images)
    for image, i, d in zip(images, index, distance, strict=True):
        each = ((support().images - image) ** 2).mean(axis=(1, 2, 3))
        assert i == each.argmin() and d == pytest.approx(np.sqrt(each.min()), rel=1e-5)


def test_many_images_are_taken_in_parts():
    images = draw(2500, np.random.default_rng(0))
    index, distance = nearest(images)
    assert index.shape == distance.shape == (2500,)
    assert np.array_equal(support().images[index], images)


def test_shares_are_counted():
    index = [number(), number(hat="worn"), number(skin="green"), number(skin="green")]
    assert shares(np.array(index))["skin"].tolist() == [0.5, 0, 0, 0.5]
    off = shares_off(np.array(index))
    assert off["skin"] == pytest.approx(0.1 + 0.45)  # too much light and green
    assert off["hat"] == pytest.approx(0.05)
    assert off["background"] == pytest.approx(0.5)


def test_a_perfect_generator_has_the_measures_of_new_real_faces():
    """Each within three standard errors of the mean of twenty draws."""
    rng = np.random.default_rng(1)
    drawn = np.array([measure(draw(500, rng), TRAINED_ON) for _ in range(20)])
    error = drawn.std(axis=0, ddof=1) / np.sqrt(20)
    assert (abs(drawn.mean(axis=0) - perfect(500, TRAINED_ON)) <= 3 * error).all()


def test_what_a_perfect_generator_gives_by_hand(monkeypatch):
    """Two faces, of probability 3/4 and 1/4, and two of them drawn."""
    for name, part in PARTS.items():
        with_shares(monkeypatch, name, 1, *[0] * (len(part.values) - 1))
    with_shares(monkeypatch, "hat", 0.75, 0.25)
    floor = perfect(2, support().images[[number()]])
    assert floor.different == pytest.approx(9 / 16 + 1 / 16 + 2 * 6 / 16)
    assert floor.new == pytest.approx(0.25)
    # Of two, 2, 1, 0 bareheaded with 9, 6, 1 in 16: the share is 1/4, 1/4, 3/4 off.
    assert floor.shares_off == pytest.approx((9 / 64 + 6 / 64 + 3 / 64) / 8)


def copies(rng):
    """A generator that gives ten training faces, again and again."""
    return TRAINED_ON[rng.integers(10, size=4000)]


def averages(rng):
    """One that gives the mean of sixteen faces."""
    return draw(16 * 4000, rng).reshape(4000, 16, 16, 16, 3).mean(axis=1)


def without_hats(rng):
    """One that never learned of hats."""
    index, _ = nearest(draw(8000, rng))
    codes = support().codes[index]
    return support().images[index[codes[:, -1] == 0][:4000]]


def repeats_its_data(rng):
    """One that draws from the training faces, all of them."""
    return TRAINED_ON[rng.integers(len(TRAINED_ON), size=4000)]


@pytest.mark.parametrize(
    ("generator", "fails"),
    [
        (copies, {"shares_off", "different", "new"}),
        (averages, {"distance", "shares_off", "different", "new"}),
        (without_hats, {"shares_off", "different", "new"}),
        (repeats_its_data, {"different", "new"}),
        (lambda rng: draw(4000, rng), set()),
    ],
)
def test_each_failure_is_seen_by_its_measures(generator, fails):
    got = measure(generator(np.random.default_rng(5)), TRAINED_ON)
    floor = perfect(4000, TRAINED_ON)
    seen = {
        "distance": got.distance > 0.1,
        "shares_off": got.shares_off > 2 * floor.shares_off,
        "different": got.different < 0.9 * floor.different,
        "new": got.new < 0.9 * floor.new,
    }
    assert {name for name, failed in seen.items() if failed} == fails


def test_what_is_left_out_is_named():
    off = shares_off(nearest(without_hats(np.random.default_rng(5)))[0])
    assert max(off, key=off.get) == "hat" and off["hat"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((0.5, 0.4), 'PARTS["hat"]: want probabilities that sum to 1, got the sum 0.9'),
        ((1.5, -0.5), 'PARTS["hat"]: want 2 probabilities, each from 0 to 1, got (1.5, -0.5)'),
        ((1.0,), 'PARTS["hat"]: want 2 probabilities, each from 0 to 1, got (1.0,)'),
        ((0.5, np.nan), 'PARTS["hat"]: want 2 probabilities, each from 0 to 1, got (0.5, nan)'),
        (("a", "b"), "PARTS[\"hat\"]: want 2 probabilities, each from 0 to 1, got ('a', 'b')"),
    ],
)
def test_a_wrong_table_of_probabilities_is_refused(monkeypatch, given, says):
    monkeypatch.setitem(PARTS, "hat", Part(PARTS["hat"].values, given))
    for use in (support, lambda: draw(3, np.random.default_rng(0)), lambda: perfect(3, TRAINED_ON)):
        with pytest.raises(ValueError) as error:
            use()
        assert str(error.value) == says


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((3, 3, 16, 16)), "want the shape (n, 16, 16, 3), got (3, 3, 16, 16)"),
        (np.zeros((16, 16, 3)), "want the shape (n, 16, 16, 3), got (16, 16, 3)"),
        (np.zeros((0, 16, 16, 3)), "want the shape (n, 16, 16, 3), got (0, 16, 16, 3)"),
        (0.5, "want the shape (n, 16, 16, 3), got ()"),
        (np.full((1, 16, 16, 3), 255.0), "want numbers from -1 to 1, got some from 255 to 255"),
        (np.full((1, 16, 16, 3), np.nan), "want numbers from -1 to 1, got some from nan to nan"),
    ],
)
def test_wrong_images_are_refused(images, says):
    with pytest.raises(ValueError) as error:
        nearest(images)
    assert str(error.value) == f"images: {says}"


@pytest.mark.parametrize(
    ("n", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("3", TypeError)]
)
def test_a_wrong_number_of_faces_is_refused(n, error):
    for use in (lambda: draw(n, np.random.default_rng(0)), lambda: perfect(n, TRAINED_ON)):
        with pytest.raises(error, match="^n: want a positive whole number, got"):
            use()
