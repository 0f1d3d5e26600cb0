import numpy as np
import pytest


def passes(loader, d2l, count=1):
    """Iterate count times; return each pass as a list of tuples of NumPy arrays."""
    return [[tuple(map(d2l.numpy, batch)) for batch in loader] for _ in range(count)]


def numbered(d2l, n):
    """Two aligned arrays: row i is (i, -i) in the first and 10 i in the second."""
    i = np.arange(n, dtype="float32")
    return d2l.tensor(np.stack([i, -i], axis=1)), d2l.tensor(10 * i)


@pytest.mark.parametrize("is_train", [True, False])
@pytest.mark.parametrize("n, batch_size", [(0, 3), (1, 3), (9, 3), (10, 3), (10, 100), (10, 1)])
def test_every_example_once_and_aligned(d2l, n, batch_size, is_train):
    loader = d2l.load_array(numbered(d2l, n), batch_size, is_train)
    sizes = [batch_size] * (n // batch_size) + [n % batch_size] * (n % batch_size > 0)
    for batches in passes(loader, d2l, 2):
        assert len(loader) == len(batches)
        assert [len(X) for X, _ in batches] == [len(y) for _, y in batches] == sizes
        assert sorted(int(row[0]) for X, _ in batches for row in X) == list(range(n))
        for X, y in batches:
            np.testing.assert_array_equal(X[:, 1], -X[:, 0])
            np.testing.assert_array_equal(y, 10 * X[:, 0])


def first_column(batches):
    return np.concatenate([X[:, 0] for X, _ in batches]).tolist()


def test_in_order_without_shuffling(d2l):
    one, two = passes(d2l.load_array(numbered(d2l, 50), 8, is_train=False), d2l, 2)
    assert first_column(one) == first_column(two) == list(range(50))


def test_a_new_order_on_each_pass(d2l):
    one, two = passes(d2l.load_array(numbered(d2l, 50), 8), d2l, 2)
    assert len({tuple(first_column(one)), tuple(first_column(two)), tuple(range(50))}) == 3


def test_every_order_is_equally_likely(d2l):
    d2l.seed(3)
    loader = d2l.load_array(numbered(d2l, 3), 3)
    seen = [tuple(first_column(batches)) for batches in passes(loader, d2l, 600)]
    counts = [seen.count(order) for order in set(seen)]
    assert len(counts) == 6 and min(counts) > 60  # 100 each, give or take 4 standard deviations


def test_the_frameworks_seed_sets_the_order(d2l):
    orders = []
    for seed in (7, 7, 8):
        d2l.seed(seed)
        batches = passes(d2l.load_array(numbered(d2l, 50), 8), d2l, 2)
        orders.append([first_column(batch) for batch in batches])
    assert orders[0] == orders[1] != orders[2]


def test_one_array_comes_as_a_tuple(d2l):
    X, _ = numbered(d2l, 5)
    (batch,) = next(iter(d2l.load_array((X,), 5)))
    assert type(batch) is type(X) and batch.dtype == X.dtype


def test_two_passes_at_once_do_not_disturb_each_other(d2l):
    loader = d2l.load_array(numbered(d2l, 20), 3)
    pairs = list(zip(loader, loader, strict=True))
    for side in (0, 1):
        rows = [int(v) for pair in pairs for v in d2l.numpy(pair[side][0])[:, 0]]
        assert sorted(rows) == list(range(20))


def test_numpy_arrays_become_tensors_and_keep_their_type(d2l):
    for dtype in ("float64", "float32", "int32"):
        (batch,) = next(iter(d2l.load_array([np.zeros((3, 2), dtype)], 2)))
        assert type(batch) is type(d2l.tensor([1.0]))
        assert d2l.numpy(batch).dtype == dtype


def test_bad_input_is_named(d2l):
    X, y = numbered(d2l, 4)
    cases = [
        ((X, d2l.tensor([1.0])), 2, ValueError, r"arrays: .*\[4, 1\]"),
        ((), 2, ValueError, "arrays: .*none"),
        (X, 2, TypeError, "arrays: want a tuple or a list"),
        ((X, d2l.tensor(np.float32(1))), 2, ValueError, "arrays: .*scalar"),
        ((None,), 2, (TypeError, ValueError), "arrays: "),
        ((X,), 0, ValueError, "batch_size: .*0"),
        ((X,), -1, ValueError, "batch_size: .*-1"),
        ((X,), 2.0, TypeError, "batch_size: .*2.0"),
        ((X,), "2", TypeError, "batch_size: .*'2'"),
        ((X,), True, TypeError, "batch_size: .*True"),
    ]
    for arrays, batch_size, error, message in cases:
        with pytest.raises(error, match=message):
            d2l.load_array(arrays, batch_size)


def test_numpy_integers_are_whole_numbers(d2l):
    assert len(d2l.load_array(numbered(d2l, 4), np.int64(3))) == 2
