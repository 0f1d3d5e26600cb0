"""The variables with which programs compute as on another processor.

`python -m tools.elsewhere` lists those of the PROCESSORS that are older than the one here.
"""

# The variables by which libraries leave out newer instructions: as on a processor with SSE4.2 from
# 2008, or with AVX2 from 2013, which many laptops have. Different instructions round differently.
PROCESSORS = {
    "sse": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
        "NUMBA_CPU_NAME": "nehalem",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
        "NUMBA_CPU_NAME": "haswell",
    },
}
NEWER = {"sse": ("AVX", "F16C", "FMA", "X86_V3", "X86_V4"), "avx2": ("AVX512", "X86_V4")}


def newer_than(name: str) -> list[str]:
    """Return what NumPy can use here and one of the PROCESSORS does not have."""
    try:
        from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    except ModuleNotFoundError:  # NumPy 1
        from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    # Of the others NumPy would warn.
    return [f for f in __cpu_dispatch__ if f.startswith(NEWER[name]) and __cpu_features__[f]]


def as_on(name: str) -> dict[str, str]:
    """Return the variables with which programs compute as on one of the PROCESSORS."""
    return PROCESSORS[name] | {"NPY_DISABLE_CPU_FEATURES": " ".join(newer_than(name))}


def older() -> list[str]:
    """Return the PROCESSORS that are older than the one here."""
    return [name for name in PROCESSORS if newer_than(name)]


if __name__ == "__main__":
    print(*older())
