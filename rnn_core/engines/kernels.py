"""The training step as compiled loops: forward, loss, back through time, clipping, update.

The arithmetic is PyTorch's, equation for equation (the documentation of `torch.nn.RNN`, `LSTM` and
`GRU` and of `torch.optim`), and so are the names: ``W_ih``, ``W_hh``, ``b_ih``, ``b_hh``. All
parameters stand one after another in one vector, in the order of ``model.parameters()``; the
gradient and the optimizer's moments are vectors of the same layout. ``d_z`` is the derivative of
the loss by ``z``.

Letters: N replicas, B batch, T time steps, D features, I inputs of a layer, H hidden units, L
layers, G gates (rnn 1, lstm 4: i, f, g, o; gru 3: r, z, n), K outputs, P parameters, R ranges of
trained parameters. A peephole LSTM's peepholes are one vector of those of i, f and o, (3·H,); it is
empty for all other cells.

For speed, all rows of a batch go through a time step together, so that the products are matrix
products: inner arrays have the order (T, B, …). Inner loops run along few vectors, so that the
compiler vectorizes them, and make no slices, which count references. Constants are written as
``real(…)``, in the run's precision, because one float64 constant turns a float32 loop into float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from rnn_core.engines.kept_kernels import keep

RNN, LSTM, GRU, RELU_RNN, PEEPHOLE_LSTM = 0, 1, 2, 3, 4
MSE, CROSS_ENTROPY = 0, 1
ADAM, SGD, RMSPROP = 0, 1, 2

#: Columns of a replica's settings.
LR, MOMENTUM, CLIP_NORM, CARRY = 0, 1, 2, 3
#: Columns of a replica's result: the last two say what was read before, and whether the last window
#: started from the state of the one before.
LOSS, GRAD_NORM, HAS_READ, CARRIED = 0, 1, 2, 3
#: What was read before: nothing; a window, so that its update is due; or a state alone.
NOTHING, A_WINDOW, A_STATE = 0, 1, 2

# Rows of all time steps that `predict` keeps at a time.
_ROWS_KEPT = 4096
# Rows processed together: a few hundred numbers each, they stay in the first-level cache.
_NEAR = 32


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on the first call, without the interpreter's lock, and cache the result on disk."""
    # Sums may be reordered, which vector instructions need; inf and nan keep their meaning.
    options: dict[str, Any] = {
        "nogil": True,
        "fastmath": {"reassoc", "contract", "nsz", "arcp"},
        "error_model": "numpy",
        # Out of line, the process that compiles would call another copy of this function than
        # those that load the cache, and their last bits would differ.
        "forceinline": function.__name__ == "_cell_backward",
    }
    try:
        made: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in: compile in every process
        made = njit(**options)(function)
    else:
        keep(made)
    return made


# --- products and vectors ------------------------------------------------------------------------


@_compiled
def _add_product(Y, X, W):
    """Y += X W, for W of long rows.

    Four rows of X and four of W share a pass over them: this many values stay in registers.
    """
    rows, inner = X.shape
    columns = W.shape[1]
    rows_whole, inner_whole = rows - rows % 4, inner - inner % 4
    for i in range(0, rows_whole, 4):
        Y0, Y1, Y2, Y3 = Y[i], Y[i + 1], Y[i + 2], Y[i + 3]
        for k in range(0, inner_whole, 4):
            a0, a1, a2, a3 = X[i, k], X[i, k + 1], X[i, k + 2], X[i, k + 3]
            b0, b1, b2, b3 = X[i + 1, k], X[i + 1, k + 1], X[i + 1, k + 2], X[i + 1, k + 3]
            c0, c1, c2, c3 = X[i + 2, k], X[i + 2, k + 1], X[i + 2, k + 2], X[i + 2, k + 3]
            d0, d1, d2, d3 = X[i + 3, k], X[i + 3, k + 1], X[i + 3, k + 2], X[i + 3, k + 3]
            W0, W1, W2, W3 = W[k], W[k + 1], W[k + 2], W[k + 3]
            for j in range(columns):
                w0, w1, w2, w3 = W0[j], W1[j], W2[j], W3[j]
                Y0[j] += a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
                Y1[j] += b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3
                Y2[j] += c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3
                Y3[j] += d0 * w0 + d1 * w1 + d2 * w2 + d3 * w3
        for k in range(inner_whole, inner):
            a, b, c, d = X[i, k], X[i + 1, k], X[i + 2, k], X[i + 3, k]
            W0 = W[k]
            for j in range(columns):
                Y0[j] += a * W0[j]
                Y1[j] += b * W0[j]
                Y2[j] += c * W0[j]
                Y3[j] += d * W0[j]
    for i in range(rows_whole, rows):
        Y0 = Y[i]
        for k in range(0, inner_whole, 4):
            a0, a1, a2, a3 = X[i, k], X[i, k + 1], X[i, k + 2], X[i, k + 3]
            W0, W1, W2, W3 = W[k], W[k + 1], W[k + 2], W[k + 3]
            for j in range(columns):
                Y0[j] += a0 * W0[j] + a1 * W1[j] + a2 * W2[j] + a3 * W3[j]
        for k in range(inner_whole, inner):
            a, W0 = X[i, k], W[k]
            for j in range(columns):
                Y0[j] += a * W0[j]


@_compiled
def _add_product_of_rows(Y, X, W):
    """Y += X Wᵀ, for W of few long rows: each number is a row times a row.

    Two rows of X and four of W share a pass over them.
    """
    rows, inner = X.shape
    columns = W.shape[0]
    rows_whole, columns_whole = rows - rows % 2, columns - columns % 4
    zero = X.dtype.type(0)
    for j in range(0, columns_whole, 4):
        W0, W1, W2, W3 = W[j], W[j + 1], W[j + 2], W[j + 3]
        for i in range(0, rows_whole, 2):
            X0, X1 = X[i], X[i + 1]
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = zero
            for k in range(inner):
                x0, x1 = X0[k], X1[k]
                w0, w1, w2, w3 = W0[k], W1[k], W2[k], W3[k]
                a0 += x0 * w0
                a1 += x0 * w1
                a2 += x0 * w2
                a3 += x0 * w3
                b0 += x1 * w0
                b1 += x1 * w1
                b2 += x1 * w2
                b3 += x1 * w3
            Y[i, j] += a0
            Y[i, j + 1] += a1
            Y[i, j + 2] += a2
            Y[i, j + 3] += a3
            Y[i + 1, j] += b0
            Y[i + 1, j + 1] += b1
            Y[i + 1, j + 2] += b2
            Y[i + 1, j + 3] += b3
        for i in range(rows_whole, rows):
            X0 = X[i]
            a0 = a1 = a2 = a3 = zero
            for k in range(inner):
                x0 = X0[k]
                a0 += x0 * W0[k]
                a1 += x0 * W1[k]
                a2 += x0 * W2[k]
                a3 += x0 * W3[k]
            Y[i, j] += a0
            Y[i, j + 1] += a1
            Y[i, j + 2] += a2
            Y[i, j + 3] += a3
    for j in range(columns_whole, columns):
        W0 = W[j]
        for i in range(rows):
            X0 = X[i]
            a0 = zero
            for k in range(inner):
                a0 += X0[k] * W0[k]
            Y[i, j] += a0


@_compiled
def _fill_rows(X, y):
    """Every row of X = y."""
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            X[i, j] = y[j]


@_compiled
def _add_rows(y, X):
    """y += the sum of the rows of X."""
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            y[j] += X[i, j]


@_compiled
def _flat(A):
    """The numbers of a plain matrix as one vector."""
    return A.reshape(A.size)


@_compiled
def _copy(y, x):
    """y = x. Written as an assignment of arrays it would take a second to compile each time."""
    for k in range(y.shape[0]):
        y[k] = x[k]


@_compiled
def _add(y, x):
    """y += x."""
    for k in range(y.shape[0]):
        y[k] += x[k]


@_compiled
def _tanh(a):
    """a = tanh(a), to one or two units in the last place.

    With z = 2|a| = n ln 2 + r, where |r| ≤ ln 2 / 2: eᶻ - 1 = 2ⁿ (eʳ - 1) + (2ⁿ - 1), and tanh |a|
    = (eᶻ - 1) / (eᶻ + 1). eʳ - 1 is its Taylor series; ln 2 is split in two, so that n times its
    first part is exact (Cody and Waite, Software Manual for the Elementary Functions, 1980).
    """
    real = a.dtype.type
    one, two, half = real(1), real(2), real(0.5)
    per_ln2, ln2, ln2_rest = (
        real(1.4426950408889634),
        real(0.693145751953125),
        real(1.4286068203094173e-06),
    )
    largest = real(40)  # tanh 20 is 1 in either precision
    for k in range(a.shape[0]):
        x = a[k]
        z = two * abs(x)
        z = z if z < largest else largest
        n = np.int32(z * per_ln2 + half)
        r = z - real(n) * ln2 - real(n) * ln2_rest
        if a.itemsize == 4:
            series = real(1 / 40320)  # 1 / 8!: float32 needs no more
        else:
            series = real(1 / 87178291200)  # 1 / 14!
            series = series * r + real(1 / 6227020800)
            series = series * r + real(1 / 479001600)
            series = series * r + real(1 / 39916800)
            series = series * r + real(1 / 3628800)
            series = series * r + real(1 / 362880)
            series = series * r + real(1 / 40320)
        series = series * r + real(1 / 5040)
        series = series * r + real(1 / 720)
        series = series * r + real(1 / 120)
        series = series * r + real(1 / 24)
        series = series * r + real(1 / 6)
        series = (series * r + half) * r * r + r
        # 2ⁿ, by writing n where a float keeps its exponent; no n is too large for a float32.
        power = real(np.int32((n + np.int32(127)) << np.int32(23)).view(np.float32))
        e = power * series + (power - one)
        y = e / (e + two)
        y = -y if x < 0 else y
        a[k] = y if x == x else x  # nan stays nan


@_compiled
def _sigmoid(a):
    """a = 1 / (1 + e⁻ᵃ), which is (1 + tanh(a / 2)) / 2."""
    half = a.dtype.type(0.5)
    for k in range(a.shape[0]):
        a[k] *= half
    _tanh(a)
    for k in range(a.shape[0]):
        a[k] = half + half * a[k]


# --- cells, one time step of all sequences --------------------------------------------------------


@_compiled
def _cell_forward(cell, peepholes, gates, from_h, h_before, c_before, h, c, tanh_c):
    """Forward.

    Args:
        peepholes: of a peephole LSTM, (3·H,).
        gates: W_ih x + b_ih on entry, the activated gates on return, (B, G·H).
        from_h: W_hh h + b_hh of a GRU, (B, G·H). In the other cells the gates have it already.
        h_before, c_before: state before the step, (B, H).
        h, c: state after it, written, (B, H). c is an LSTM's own.
        tanh_c: written by an LSTM, (B, H).
    """
    B, H = h.shape
    one, half = h.dtype.type(1), h.dtype.type(0.5)
    if cell == RNN:
        _copy(_flat(h), _flat(gates))
        _tanh(_flat(h))
    elif cell == LSTM:
        # All gates at once: the sigmoid of a is (1 + tanh(a / 2)) / 2.
        for b in range(B):
            for k in range(2 * H):
                gates[b, k] *= half
            for k in range(3 * H, 4 * H):
                gates[b, k] *= half
        _tanh(_flat(gates))
        for b in range(B):
            for k in range(2 * H):
                gates[b, k] = half + half * gates[b, k]
            for k in range(3 * H, 4 * H):
                gates[b, k] = half + half * gates[b, k]
            for k in range(H):
                i, f, g = gates[b, k], gates[b, H + k], gates[b, 2 * H + k]
                c[b, k] = f * c_before[b, k] + i * g
                tanh_c[b, k] = c[b, k]
        _tanh(_flat(tanh_c))
        for b in range(B):
            for k in range(H):
                h[b, k] = gates[b, 3 * H + k] * tanh_c[b, k]
    elif cell == PEEPHOLE_LSTM:
        for b in range(B):
            for k in range(H):
                gates[b, k] = half * (gates[b, k] + peepholes[k] * c_before[b, k])
                gates[b, H + k] = half * (gates[b, H + k] + peepholes[H + k] * c_before[b, k])
            _tanh(gates[b, : 3 * H])
            for k in range(2 * H):
                gates[b, k] = half + half * gates[b, k]
            for k in range(H):
                i, f, g = gates[b, k], gates[b, H + k], gates[b, 2 * H + k]
                c[b, k] = f * c_before[b, k] + i * g
                tanh_c[b, k] = c[b, k]
            # The output gate sees the new c.
            for k in range(H):
                gates[b, 3 * H + k] += peepholes[2 * H + k] * c[b, k]
            _sigmoid(gates[b, 3 * H :])
        _tanh(_flat(tanh_c))
        for b in range(B):
            for k in range(H):
                h[b, k] = gates[b, 3 * H + k] * tanh_c[b, k]
    elif cell == RELU_RNN:
        zero = h.dtype.type(0)
        for b in range(B):
            for k in range(H):
                h[b, k] = zero if gates[b, k] <= zero else gates[b, k]  # nan stays nan
    else:
        for b in range(B):
            for k in range(2 * H):
                gates[b, k] += from_h[b, k]
            _sigmoid(gates[b, : 2 * H])
            for k in range(H):
                h[b, k] = gates[b, 2 * H + k] + gates[b, k] * from_h[b, 2 * H + k]
        _tanh(_flat(h))  # n, of all rows at once
        for b in range(B):
            for k in range(H):
                n, z = h[b, k], gates[b, H + k]
                gates[b, 2 * H + k] = n
                h[b, k] = (one - z) * n + z * h_before[b, k]


@_compiled
def _cell_backward(
    cell,
    peepholes,
    d_peepholes,
    gates,
    from_h,
    h_before,
    c_before,
    h,
    c,
    tanh_c,
    d_h,
    d_c,
):
    """Backward.

    Args:
        peepholes, d_peepholes: of a peephole LSTM, (3·H,); the derivatives are added to.
        gates: the activated gates on entry; on return d by W_ih x + b_ih, (B, G·H).
        from_h: a GRU's W_hh h + b_hh on entry; on return d by it, (B, G·H). In the other cells it
            is the gates' own array, and so are the derivatives.
        h_before, c_before, h, c, tanh_c: what `_cell_forward` read and wrote, (B, H).
        d_h, d_c: by the state after the step on entry; on return by the state before it, in so
            far as it does not go through W_hh, (B, H).
    """
    B, H = d_h.shape
    one = h.dtype.type(1)
    if cell == RNN:
        for b in range(B):
            for k in range(H):
                gates[b, k] = d_h[b, k] * (one - h[b, k] * h[b, k])
        d_h[:] = 0
    elif cell == LSTM:
        for b in range(B):
            i, f = gates[b, :H], gates[b, H : 2 * H]
            g, o = gates[b, 2 * H : 3 * H], gates[b, 3 * H :]
            for k in range(H):
                d_c[b, k] += d_h[b, k] * o[k] * (one - tanh_c[b, k] * tanh_c[b, k])
                o[k] = d_h[b, k] * tanh_c[b, k] * o[k] * (one - o[k])
            for k in range(H):
                d_i = d_c[b, k] * g[k] * i[k] * (one - i[k])
                g[k] = d_c[b, k] * i[k] * (one - g[k] * g[k])
                i[k] = d_i
            for k in range(H):
                d_f = d_c[b, k] * c_before[b, k] * f[k] * (one - f[k])
                d_c[b, k] *= f[k]
                f[k] = d_f
        d_h[:] = 0
    elif cell == PEEPHOLE_LSTM:
        for b in range(B):
            i, f = gates[b, :H], gates[b, H : 2 * H]
            g, o = gates[b, 2 * H : 3 * H], gates[b, 3 * H :]
            for k in range(H):
                d_o = d_h[b, k] * tanh_c[b, k] * o[k] * (one - o[k])
                d_c[b, k] += d_h[b, k] * o[k] * (one - tanh_c[b, k] * tanh_c[b, k])
                d_c[b, k] += d_o * peepholes[2 * H + k]
                d_peepholes[2 * H + k] += d_o * c[b, k]
                o[k] = d_o
            for k in range(H):
                d_i = d_c[b, k] * g[k] * i[k] * (one - i[k])
                d_f = d_c[b, k] * c_before[b, k] * f[k] * (one - f[k])
                g[k] = d_c[b, k] * i[k] * (one - g[k] * g[k])
                d_c[b, k] = d_c[b, k] * f[k] + d_i * peepholes[k] + d_f * peepholes[H + k]
                i[k] = d_i
                f[k] = d_f
            for k in range(H):
                d_peepholes[k] += i[k] * c_before[b, k]
                d_peepholes[H + k] += f[k] * c_before[b, k]
        d_h[:] = 0
    elif cell == RELU_RNN:
        zero = h.dtype.type(0)
        for b in range(B):
            for k in range(H):
                gates[b, k] = d_h[b, k] if h[b, k] > zero else zero
        d_h[:] = 0
    else:
        for b in range(B):
            r, z, n = gates[b, :H], gates[b, H : 2 * H], gates[b, 2 * H :]
            n_from_h = from_h[b, 2 * H :]
            for k in range(H):
                d_n = d_h[b, k] * (one - z[k]) * (one - n[k] * n[k])
                d_z = d_h[b, k] * (h_before[b, k] - n[k]) * z[k] * (one - z[k])
                d_h[b, k] *= z[k]
                n[k] = d_n
                z[k] = d_z
            for k in range(H):
                d_r = n[k] * n_from_h[k] * r[k] * (one - r[k])
                n_from_h[k] = n[k] * r[k]
                r[k] = d_r
            for k in range(2 * H):
                from_h[b, k] = gates[b, k]


# --- layers, all time steps ----------------------------------------------------------------------


@_compiled
def _gate_rows(cell, H):
    """G·H, the rows of a weight."""
    if cell in (RNN, RELU_RNN):
        return H
    return 3 * H if cell == GRU else 4 * H


@_compiled
def _has_c(cell):
    """Whether the state has a part c."""
    return cell in (LSTM, PEEPHOLE_LSTM)


@_compiled
def _layer_start(layer, cell, GH, H, D):
    """Where a layer's parameters begin: layer 0 reads D features, the others H."""
    own = 3 * H if cell == PEEPHOLE_LSTM else 0
    return 0 if layer == 0 else GH * (D + H + 2) + own + (layer - 1) * (GH * (2 * H + 2) + own)


@_compiled
def _matrices(vector, start, GH, I, H):  # noqa: E741
    """A layer's W_ih (G·H, I), W_hh (G·H, H), b_ih and b_hh (G·H,), laid over a vector."""
    ih, hh = start + GH * I, start + GH * (I + H)
    W_ih = vector[start:ih].reshape((GH, I))
    W_hh = vector[ih:hh].reshape((GH, H))
    return W_ih, W_hh, vector[hh : hh + GH], vector[hh + GH : hh + 2 * GH]


@_compiled
def _peepholes(cell, vector, start, GH, I, H):  # noqa: E741
    """A layer's peepholes, laid over a vector; empty for a cell without them."""
    begin = start + GH * (I + H + 2)
    return vector[begin : begin + (3 * H if cell == PEEPHOLE_LSTM else 0)]


@_compiled
def _forward_layer(cell, x, vector, start, h, c, tanh_c, gates, from_h):
    """All windows through one layer: x (T, B, I) to h[1:]."""
    T, B, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    W_ih, W_hh, b_ih, b_hh = _matrices(vector, start, GH, I, H)
    peepholes = _peepholes(cell, vector, start, GH, I, H)
    W_ih_T, W_hh_T = W_ih.T.copy(), W_hh.T.copy()
    from_x = gates.reshape((T * B, GH))
    _fill_rows(from_x, b_ih if cell == GRU else b_ih + b_hh)
    # What does not wait for h, for all time steps at once.
    _add_product(from_x, x.reshape((T * B, I)), W_ih_T)
    if cell == GRU:
        _fill_rows(from_h.reshape((T * B, GH)), b_hh)
    for t in range(T):
        _add_product(from_h[t], h[t], W_hh_T)
        _cell_forward(
            cell, peepholes, gates[t], from_h[t], h[t], c[t], h[t + 1], c[t + 1], tanh_c[t]
        )


@_compiled
def _backward_layer(cell, x, vector, gradient, start, h, c, tanh_c, gates, from_h, d_out, d_x):
    """Back through one layer.

    Args:
        gradient: the layer's part of it is added to.
        d_out: by the layer's output, (T, B, H).
        d_x: by its input, added to, (T, B, I); an empty one is not wanted.
    """
    T, B, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    W_ih, W_hh, _b_ih, _b_hh = _matrices(vector, start, GH, I, H)
    d_W_ih, d_W_hh, d_b_ih, d_b_hh = _matrices(gradient, start, GH, I, H)
    peepholes = _peepholes(cell, vector, start, GH, I, H)
    d_peepholes = _peepholes(cell, gradient, start, GH, I, H)
    W_hh_T = W_hh.T.copy()
    d_h, d_c = np.zeros_like(h[0]), np.zeros_like(h[0])
    for t in range(T - 1, -1, -1):
        _add(_flat(d_h), _flat(d_out[t]))
        _cell_backward(
            cell,
            peepholes,
            d_peepholes,
            gates[t],
            from_h[t],
            h[t],
            c[t],
            h[t + 1],
            c[t + 1],
            tanh_c[t],
            d_h,
            d_c,
        )
        _add_product_of_rows(d_h, from_h[t], W_hh_T)
    # gates and from_h hold their own derivatives by now.
    d_from_x, d_from_h = gates.reshape((T * B, GH)), from_h.reshape((T * B, GH))
    x_rows, h_rows = x.reshape((T * B, I)), h[:T].reshape((T * B, H))
    d_W_ih_T, d_W_hh_T = np.zeros((I, GH), h.dtype), np.zeros((H, GH), h.dtype)
    for begin in range(0, T * B, _NEAR):
        end = min(begin + _NEAR, T * B)
        _add_product(d_W_ih_T, x_rows[begin:end].T, d_from_x[begin:end])
        _add_product(d_W_hh_T, h_rows[begin:end].T, d_from_h[begin:end])
        _add_rows(d_b_ih, d_from_x[begin:end])
        _add_rows(d_b_hh, d_from_h[begin:end])
    d_W_ih += d_W_ih_T.T
    d_W_hh += d_W_hh_T.T
    if d_x.shape[0] > 0:
        _add_product_of_rows(d_x.reshape((T * B, I)), d_from_x, W_ih.T.copy())


# --- the loss ------------------------------------------------------------------------------------


@_compiled
def _steps_in_loss(loss_mask, y):
    """How many time steps the loss is the mean over; an empty ``loss_mask`` is for all."""
    return y.shape[0] * y.shape[1] if loss_mask.shape[0] == 0 else np.count_nonzero(loss_mask)


@_compiled
def _squared_error(predicted, y, loss_mask, d_predicted):
    """The squared error, its mean over K and the time steps in the loss.

    Args:
        predicted: (T, B, K).
        y, loss_mask: as in `_evaluate`.
        d_predicted: written where a time step counts, (T, B, K).
    """
    T, B, K = predicted.shape
    number = K * _steps_in_loss(loss_mask, y)
    share = predicted.dtype.type(2 / number)
    loss = 0.0
    for b in range(B):
        for t in range(T):
            if loss_mask.shape[0] == 0 or loss_mask[b, t]:
                for k in range(K):
                    error = predicted[t, b, k] - y[b, t, k]
                    loss += float(error) * float(error)
                    d_predicted[t, b, k] = error * share
    return loss / number


@_compiled
def _cross_entropy(predicted, y, loss_mask, d_predicted):
    """-log softmax of the wanted class, its mean over the time steps in the loss.

    The largest number is taken from all first: what is left cannot overflow, and the sum of the
    exponentials is at least 1.

    Args: as in `_squared_error`.
    """
    T, B, K = predicted.shape
    number = _steps_in_loss(loss_mask, y)
    share = predicted.dtype.type(1 / number)
    loss = 0.0
    for b in range(B):
        for t in range(T):
            if loss_mask.shape[0] == 0 or loss_mask[b, t]:
                largest = predicted[t, b, 0]
                for k in range(1, K):
                    largest = max(largest, predicted[t, b, k])
                total = predicted.dtype.type(0)
                for k in range(K):
                    d_predicted[t, b, k] = math.exp(predicted[t, b, k] - largest)
                    total += d_predicted[t, b, k]
                log_total = math.log(total)
                for k in range(K):
                    log_softmax = predicted[t, b, k] - largest - log_total
                    loss -= float(y[b, t, k]) * float(log_softmax)
                    softmax = d_predicted[t, b, k] / total
                    d_predicted[t, b, k] = (softmax - y[b, t, k]) * share
    return loss / number


# --- the whole network ---------------------------------------------------------------------------


@_compiled
def _read_out(criterion, y, loss_mask, out, W_out, b_out, d_W_out, d_b_out, d_out, prediction):
    """The prediction, its loss, and what the loss says of the top layer's output.

    Args:
        y, loss_mask: as in `_evaluate`.
        out, d_out: the output, and the loss's derivative by it, added to, (T, B, H).
        W_out, b_out, d_W_out, d_b_out: (K, H) and (K,); the derivatives are added to.
        prediction: written, (B, T, K).

    Returns:
        Loss.
    """
    T, B, H = out.shape
    K = y.shape[2]
    rows = out.reshape((T * B, H))
    predicted, d_predicted = np.empty((T * B, K), out.dtype), np.zeros((T * B, K), out.dtype)
    _fill_rows(predicted, b_out)
    _add_product_of_rows(predicted, rows, W_out)
    by_time, d_by_time = predicted.reshape((T, B, K)), d_predicted.reshape((T, B, K))
    for b in range(B):
        for t in range(T):
            for k in range(K):
                prediction[b, t, k] = by_time[t, b, k]
    if criterion == MSE:
        loss = _squared_error(by_time, y, loss_mask, d_by_time)
    else:
        loss = _cross_entropy(by_time, y, loss_mask, d_by_time)
    _add_product(d_out.reshape((T * B, H)), d_predicted, W_out)
    _add_rows(d_b_out, d_predicted)
    for begin in range(0, T * B, _NEAR):
        end = min(begin + _NEAR, T * B)
        _add_product(d_W_out, d_predicted[begin:end].T, rows[begin:end])
    return loss


@_compiled
def _zero_fixed(gradient, trained):
    """gradient = 0 outside the ranges of trained parameters."""
    begin = 0
    for r in range(trained.shape[0]):
        for k in range(begin, trained[r, 0]):
            gradient[k] = 0
        begin = max(begin, trained[r, 1])
    for k in range(begin, gradient.shape[0]):
        gradient[k] = 0


@_compiled
def _evaluate(cell, criterion, x, y, loss_mask, vector, trained, gradient, h, c, prediction):
    """Forward, loss, and its gradient by every trained parameter.

    Args:
        x: (T, B, D): all rows of a time step together, unlike y.
        y: (B, T, K).
        loss_mask: which time steps the loss is the mean over, (B, T); an empty one for all.
        vector, gradient: parameters, and the gradient, written, (P,).
        trained: begin and end of each range of trained parameters, in order, (R, 2). The gradient
            by all others is 0.
        h, c: every layer's state before the window, and, written, after every time step,
            (L, T + 1, B, H).
        prediction: written, (B, T, K).

    Returns:
        Loss, and the norm of the gradient.
    """
    T, B, D = x.shape
    L, H, K = h.shape[0], h.shape[3], y.shape[2]
    GH = _gate_rows(cell, H)
    gates = np.empty((L, T, B, GH), h.dtype)
    # A GRU's new gate reads W_hh h apart from W_ih x; the other cells' gates add them up.
    from_h = np.empty((L, T, B, GH), h.dtype) if cell == GRU else gates
    tanh_c = np.empty((L, T, B, H), h.dtype) if _has_c(cell) else c
    for layer in range(L):
        _forward_layer(
            cell,
            x if layer == 0 else h[layer - 1][1:],
            vector,
            _layer_start(layer, cell, GH, H, D),
            h[layer],
            c[layer],
            tanh_c[layer],
            gates[layer],
            from_h[layer],
        )

    gradient[:] = 0
    # By each layer's output.
    d_out = np.zeros((L, T, B, H), h.dtype)
    start = _layer_start(L, cell, GH, H, D)
    end = start + K * H
    loss = _read_out(
        criterion,
        y,
        loss_mask,
        h[L - 1][1:],
        vector[start:end].reshape((K, H)),
        vector[end:],
        gradient[start:end].reshape((K, H)),
        gradient[end:],
        d_out[L - 1],
        prediction,
    )
    for layer in range(L - 1, -1, -1):
        _backward_layer(
            cell,
            x if layer == 0 else h[layer - 1][1:],
            vector,
            gradient,
            _layer_start(layer, cell, GH, H, D),
            h[layer],
            c[layer],
            tanh_c[layer],
            gates[layer],
            from_h[layer],
            d_out[layer],
            d_out[layer - 1] if layer > 0 else d_out[0][:0],
        )
    _zero_fixed(gradient, trained)
    squares = 0.0
    for k in range(gradient.shape[0]):
        squares += float(gradient[k]) * float(gradient[k])
    return loss, math.sqrt(squares)


@_compiled
def _update(optimizer, vector, gradient, first, second, counts, settings, norm):
    """Clip, and let the optimiser move the parameters.

    Args:
        first, second: moments of the gradient, (P,): Adam's both, SGD's momentum buffer as first,
            RMSprop's square average as second.
        counts: updates done, this one included, one number per parameter tensor, as PyTorch keeps
            them.
        settings: lr, momentum and clip_norm of the replica; a clip_norm of 0 does not clip.

    Source: the algorithms in the documentation of torch.optim.Adam, SGD and RMSprop, with their
    defaults, and torch.nn.utils.clip_grad_norm_.
    """
    real = vector.dtype.type
    lr, momentum, clip_norm = settings[LR], real(settings[MOMENTUM]), settings[CLIP_NORM]
    scale = real(min(1.0, clip_norm / (norm + 1e-6)) if clip_norm > 0 else 1.0)
    epsilon = real(1e-8)
    if optimizer == ADAM:
        beta1, beta2 = 0.9, 0.999
        to_first, kept, to_second = real(1 - beta1), real(beta2), real(1 - beta2)
        step_size = real(lr / (1 - beta1 ** counts[0]))
        root = real(math.sqrt(1 - beta2 ** counts[0]))
        for k in range(vector.shape[0]):
            g = gradient[k] * scale
            first[k] += (g - first[k]) * to_first
            second[k] = second[k] * kept + g * g * to_second
            vector[k] -= step_size * first[k] / (math.sqrt(second[k]) / root + epsilon)
    elif optimizer == SGD:
        rate = real(lr)
        for k in range(vector.shape[0]):
            first[k] = first[k] * momentum + gradient[k] * scale
            vector[k] -= rate * first[k]
    else:
        alpha = 0.99
        rate, kept, to_second = real(lr), real(alpha), real(1 - alpha)
        for k in range(vector.shape[0]):
            g = gradient[k] * scale
            second[k] = second[k] * kept + g * g * to_second
            vector[k] -= rate * g / (math.sqrt(second[k]) + epsilon)


@_compiled
def train(
    cell,
    criterion,
    optimizer,
    begin,
    end,
    x,
    y,
    loss_mask,
    settings,
    trained,
    vector,
    gradient,
    shown_gradient,
    first,
    second,
    counts,
    h,
    c,
    prediction,
    result,
    losses,
    norms,
):
    """S steps of the replicas from ``begin`` to ``end``, which read the same windows.

    Each step of a replica applies the update that is due, carries the state over, and evaluates
    the window. A replica whose last loss was not finite is left unchanged and predicts nan.

    Args:
        x: (S, B, T, D).
        y, loss_mask: as in `_evaluate`, with S in front.
        settings: of each replica, (N, 4): lr, momentum, clip_norm, carry. With carry 0 it starts
            from zeros.
        shown_gradient: a copy of the new gradient, written, (N, P).
        prediction: of the last step, written, (N, B, T, K).
        result: read and written, (N, 4): loss, grad_norm, has_read, carried.
        losses, norms: of every step, written, (N, S).
        the rest: as in `_evaluate` and `_update`, with N in front.
    """
    S, B, T, D = x.shape
    x_by_time = np.empty((S, T, B, D), x.dtype)
    for s in range(S):
        for b in range(B):
            for t in range(T):
                for k in range(D):
                    x_by_time[s, t, b, k] = x[s, b, t, k]
    everywhere = np.empty((0, 0), np.bool_)
    for n in range(begin, end):
        for s in range(S):
            if result[n, HAS_READ] == A_WINDOW:
                if not math.isfinite(result[n, LOSS]):
                    prediction[n] = np.nan
                    losses[n, s], norms[n, s] = result[n, LOSS], result[n, GRAD_NORM]
                    continue
                counts[n] += 1
                for r in range(trained.shape[1]):
                    low, high = trained[n, r, 0], trained[n, r, 1]
                    _update(
                        optimizer,
                        vector[n, low:high],
                        gradient[n, low:high],
                        first[n, low:high],
                        second[n, low:high],
                        counts[n],
                        settings[n],
                        result[n, GRAD_NORM],
                    )
            result[n, CARRIED] = settings[n, CARRY] if result[n, HAS_READ] != NOTHING else 0.0
            for layer in range(h.shape[1]):
                if result[n, CARRIED] != 0:
                    _copy(_flat(h[n, layer, 0]), _flat(h[n, layer, T]))
                    _copy(_flat(c[n, layer, 0]), _flat(c[n, layer, T]))
                else:
                    h[n, layer, 0] = 0
                    c[n, layer, 0] = 0
            loss, norm = _evaluate(
                cell,
                criterion,
                x_by_time[s],
                y[s],
                loss_mask[s] if loss_mask.shape[0] > 0 else everywhere,
                vector[n],
                trained[n],
                gradient[n],
                h[n],
                c[n],
                prediction[n],
            )
            # Summed in double precision, then rounded to the run's own, where they may overflow.
            result[n, LOSS], result[n, GRAD_NORM], result[n, HAS_READ] = loss, norm, A_WINDOW
            losses[n, s], norms[n, s] = result[n, LOSS], result[n, GRAD_NORM]
        _copy(shown_gradient[n], gradient[n])


@_compiled
def predict(cell, x, vector, h, c, prediction):
    """Predictions of one replica, without a gradient.

    Args:
        x: (B, T, D).
        vector: parameters, (P,).
        h, c: every layer's state before the window; on return after it, (L, B, H).
        prediction: written, (B, T, K).
    """
    B, T, D = x.shape
    L, H, K = h.shape[0], h.shape[2], prediction.shape[2]
    GH = _gate_rows(cell, H)
    start = _layer_start(L, cell, GH, H, D)
    W_out, b_out = vector[start : start + K * H].reshape((K, H)), vector[start + K * H :]
    together = max(1, min(T, _ROWS_KEPT // B))
    for begin in range(0, T, together):
        steps = min(together, T - begin)
        below = np.empty((steps, B, D), h.dtype)
        for t in range(steps):
            for b in range(B):
                for k in range(D):
                    below[t, b, k] = x[b, begin + t, k]
        for layer in range(L):
            gates = np.empty((steps, B, GH), h.dtype)
            from_h = np.empty((steps, B, GH), h.dtype) if cell == GRU else gates
            h_own = np.empty((1 + steps, B, H), h.dtype)
            c_own = np.empty((1 + steps, B, H), h.dtype) if _has_c(cell) else h_own
            tanh_c = np.empty((steps, B, H), h.dtype) if _has_c(cell) else h_own
            _copy(_flat(h_own[0]), _flat(h[layer]))
            if _has_c(cell):
                _copy(_flat(c_own[0]), _flat(c[layer]))
            _forward_layer(
                cell,
                below,
                vector,
                _layer_start(layer, cell, GH, H, D),
                h_own,
                c_own,
                tanh_c,
                gates,
                from_h,
            )
            _copy(_flat(h[layer]), _flat(h_own[steps]))
            if _has_c(cell):
                _copy(_flat(c[layer]), _flat(c_own[steps]))
            below = h_own[1:]
        rows = below.reshape((steps * B, H))
        predicted = np.empty((steps * B, K), h.dtype)
        _fill_rows(predicted, b_out)
        _add_product_of_rows(predicted, rows, W_out)
        for t in range(steps):
            for b in range(B):
                for k in range(K):
                    prediction[b, begin + t, k] = predicted[t * B + b, k]
