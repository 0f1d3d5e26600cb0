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


def test_numpy_arrays_become_tensors_and_keep_their_type(d2l, adapter):
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


class Frame:
    """As much of a pandas DataFrame, or of another framework's tensor, as NumPy reads."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        if isinstance(self.values, Exception):
            raise self.values
        return self.values


def kinds_of_arrays():
    base = np.arange(12.0).reshape(6, 2)
    read_only = base.copy()
    read_only.flags.writeable = False
    record = np.zeros(6, [("a", "int8"), ("b", "float64")])
    record["b"] = base[:, 0]
    return {
        "a frame": Frame(base),
        "rows reversed": base[::-1],
        "columns reversed": base[:, ::-1],
        "every other row": base[::2],
        "transposed": base.T,
        "read-only": read_only,
        "a column of a table": record["b"],
        "big-endian": base.astype(">f4"),
        "a list of rows": list(base),
        "whole numbers in a list": [1, 2, 3],
        "a range": range(5),
    }


@pytest.mark.filterwarnings("error::UserWarning")  # PyTorch's, of a read-only array
@pytest.mark.parametrize("kind", kinds_of_arrays())
def test_whatever_numpy_reads_is_taken(d2l, adapter, kind):
    array = kinds_of_arrays()[kind]
    want = np.asarray(array)
    ((batch,),) = d2l.load_array([array], 10, is_train=False)
    assert type(batch) is type(d2l.tensor([1.0]))
    np.testing.assert_array_equal(d2l.numpy(batch), want)
    if not isinstance(array, list):
        assert d2l.numpy(batch).dtype == want.dtype.newbyteorder("=")
    ((shuffled,),) = d2l.load_array([array], 10)
    assert sorted(d2l.numpy(shuffled).tolist()) == sorted(want.tolist())


def test_floats_in_a_list_get_the_frameworks_type(d2l):
    ((batch,),) = d2l.load_array([[[1.0, 2.0], [3.0, 4.0]]], 2)
    assert batch.dtype == d2l.tensor([1.0]).dtype


class Endless:
    """As much of a sparse matrix of MXNet's or JAX's as NumPy reads: an item for any number."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return Endless()


def masked(*values):
    return np.ma.masked_less(values, 1)


NO_NUMBERS = {
    "NoneType": None,
    "the class ndarray": np.ndarray,
    "generator": (i for i in range(3)),
    "dict": {},
    "str": "numbers",
    "list of str": ["a", "b"],
    "list of complex128": [1j, 2],
    r"list \(.*inhomogeneous": [[1], [1, 2]],
    "ndarray of complex64": np.ones(3, "complex64"),
    "ndarray of object": np.array([None]),
    "ndarray of datetime64": np.array(["2026-01-01"], "datetime64[D]"),
    "ndarray of int16, none of .*int8": np.ones(3, "int16"),
    "Frame of object": Frame(np.array([1, "a"], object)),
    "list of object": [1.0, None],
    r"Endless \(NumPy cannot read it: if it is sparse, make it dense\)": Endless(),
    r"list \(NumPy cannot read it": [[1.0, 2.0], [Endless()]],
    r"MaskedArray \(some are masked: leave these out, or fill them\)": masked(0, 1, 2),
    r"list \(some are masked": [masked(1, 2), masked(0, 2)],
    r"list \(some are masked: l": [1.0, np.ma.masked],
    r"Frame \(detach it first\)": Frame(RuntimeError("detach it first")),
}


@pytest.mark.parametrize("got", NO_NUMBERS)
def test_what_is_no_array_of_numbers_is_refused(d2l, got):
    with pytest.raises(TypeError, match=f"^arrays: want arrays of numbers, got {got}"):
        d2l.load_array([NO_NUMBERS[got]], 2)


def odd_tensors(key):
    """A framework's own tensors that are no arrays of numbers, by what is said of them."""
    if key == "torch":
        import torch

        ones, eye = torch.ones(3), torch.eye(3)
        yield "got Tensor of layout torch.sparse_coo", eye.to_sparse()
        yield "got Tensor of layout torch.sparse_csr", eye.to_sparse_csr()
        yield "got Tensor of .*nested", torch.nested.nested_tensor([ones, ones[:2]])
        jagged = torch.nested.nested_tensor([ones, ones[:2]], layout=torch.jagged)
        yield "got NestedTensor of layout torch.jagged", jagged
        yield "got MaskedTensor", torch.masked.masked_tensor(ones, ones > 1)
        yield "QUInt8", torch.quantize_per_tensor(ones, 0.1, 0, torch.quint8)
        yield "Sparse", [ones.to_sparse()]
    if key == "tensorflow":
        import tensorflow as tf

        yield "got RaggedTensor", tf.ragged.constant([[1.0], [1.0, 2.0]])
        yield "got SparseTensor", tf.sparse.eye(3)
        yield "got IndexedSlices", tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]))
        yield "got EagerTensor of object", tf.constant(["a", "b"])
        yield "got KerasTensor", tf.keras.Input((2,))
        yield "got _TensorSliceDataset", tf.data.Dataset.from_tensor_slices([1.0])
    if key == "mxnet":
        import mxnet as mx

        for kind in "csr", "row_sparse", "default":
            matrix = mx.nd.ones((3, 2)).tostype(kind)
            yield f"got {type(matrix).__name__} ", matrix
            yield "got list ", [matrix]
        yield "got Symbol", mx.sym.Variable("x")
    if key == "jax":
        import jax
        from jax.experimental import sparse
        from scipy.sparse import csr_array  # which JAX needs

        eye = jax.numpy.eye(3)
        yield "got BCOO", sparse.BCOO.fromdense(eye)
        yield "got BCSR", sparse.BCSR.fromdense(eye)
        yield "got csr_array", csr_array(np.eye(3))
        yield "got list ", [csr_array(np.eye(3))]
        yield "got list ", [sparse.BCOO.fromdense(eye)]
        yield "key", jax.random.split(jax.random.key(0), 3)


@pytest.mark.filterwarnings("ignore")  # PyTorch's, that some of its kinds are prototypes
def test_tensors_that_are_not_dense_are_refused(d2l, framework):
    for message, tensor in odd_tensors(framework):
        with pytest.raises(TypeError, match=f"^arrays: want .*{message}"):
            d2l.load_array([tensor], 2)


@pytest.mark.parametrize("framework", ["torch"], indirect=True)
def test_what_is_not_masked_and_less_usual_numbers_are_taken(d2l):
    import torch

    for array in (masked(1, 2), torch.nn.Parameter(torch.ones(2)), torch.ones(2).bfloat16()):
        ((batch,),) = d2l.load_array([array], 2, is_train=False)
        assert batch.tolist() == list(array)
