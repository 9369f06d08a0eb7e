"""The training step as compiled loops: forward, loss, back through time, clipping, update.

The arithmetic is PyTorch's, equation for equation (the documentation of `torch.nn.RNN`, `LSTM` and
`GRU` and of `torch.optim`), and so are the names: ``W_ih``, ``W_hh``, ``b_ih``, ``b_hh``. All
parameters stand one after another in one vector, in the order of ``model.parameters()``; the
gradient and the optimiser's moments are vectors of the same layout. ``d_z`` is the derivative of
the loss by ``z``.

Letters: N replicas, B batch, T time steps, D features, I inputs of a layer, H hidden units, L
layers, G gates (rnn 1, lstm 4: i, f, g, o; gru 3: r, z, n), K outputs, P parameters.

For speed, every loop runs along one vector and touches few, so that the compiler finds vector
instructions; and numbers are written as ``real(…)``, the run's own precision, since one float64
literal would turn a float32 loop into a float64 one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

RNN, LSTM, GRU = 0, 1, 2
MSE, CROSS_ENTROPY = 0, 1
ADAM, SGD, RMSPROP = 0, 1, 2

#: Columns of a replica's settings.
LR, MOMENTUM, CLIP_NORM, CARRY = 0, 1, 2, 3
#: Columns of a replica's result: the last two say whether a window was read before, so that its
#: update is due, and whether the last window started from the state of the one before.
LOSS, GRAD_NORM, HAS_READ, CARRIED = 0, 1, 2, 3


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on the first call, free of the interpreter's lock, and keep the result on disk."""
    # Sums may be reordered, for the sake of vector instructions; inf and nan keep their meaning.
    options: dict[str, Any] = {
        "nogil": True,
        "fastmath": {"reassoc", "contract", "nsz", "arcp"},
        "error_model": "numpy",
    }
    try:
        made: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in: compile in every process
        made = njit(**options)(function)
    return made


# --- vectors -------------------------------------------------------------------------------------


@_compiled
def _add_transposed_product(y, W, x):
    """y += Wᵀ x: the rows of W, each times its element of x. Four rows share a pass over y."""
    rows, columns = W.shape
    whole = rows - rows % 4
    for i in range(0, whole, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        W0, W1, W2, W3 = W[i], W[i + 1], W[i + 2], W[i + 3]
        for j in range(columns):
            y[j] += W0[j] * x0 + W1[j] * x1 + W2[j] * x2 + W3[j] * x3
    for i in range(whole, rows):
        for j in range(columns):
            y[j] += W[i, j] * x[i]


@_compiled
def _add_outer(W, a, b):
    """W += a bᵀ."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            W[i, j] += a[i] * b[j]


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
        # 2ⁿ, by writing n where a float keeps its exponent.
        if a.itemsize == 4:
            power = np.int32((n + np.int32(127)) << np.int32(23)).view(np.float32)
        else:
            power = np.int64((np.int64(n) + 1023) << 52).view(np.float64)
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


# --- cells, one time step of one sequence -------------------------------------------------------


@_compiled
def _cell_forward(cell, gates, from_h, h_before, c_before, h, c):
    """Forward.

    Args:
        gates: W_ih x + b_ih on entry, the activated gates on return, (G·H,).
        from_h: W_hh h + b_hh, (G·H,).
        h_before, c_before: state before the step, (H,).
        h, c: state after it, written, (H,). c is an LSTM's own.
    """
    H = h.shape[0]
    one = h.dtype.type(1)
    if cell == RNN:
        for k in range(H):
            h[k] = gates[k] + from_h[k]
        _tanh(h)
    elif cell == LSTM:
        _add(gates, from_h)
        i, f, g, o = gates[:H], gates[H : 2 * H], gates[2 * H : 3 * H], gates[3 * H :]
        _sigmoid(gates[: 2 * H])
        _tanh(g)
        _sigmoid(o)
        for k in range(H):
            c[k] = f[k] * c_before[k] + i[k] * g[k]
        h[:] = c
        _tanh(h)
        for k in range(H):
            h[k] *= o[k]
    else:
        r, z, n = gates[:H], gates[H : 2 * H], gates[2 * H :]
        _add(gates[: 2 * H], from_h[: 2 * H])
        _sigmoid(gates[: 2 * H])
        n_from_h = from_h[2 * H :]
        for k in range(H):
            n[k] += r[k] * n_from_h[k]
        _tanh(n)
        for k in range(H):
            h[k] = (one - z[k]) * n[k] + z[k] * h_before[k]


@_compiled
def _cell_backward(cell, gates, from_h, h_before, c_before, h, c, d_h, d_c, tanh_c):
    """Backward.

    Args:
        gates: the activated gates on entry; on return d by W_ih x + b_ih, (G·H,).
        from_h: W_hh h + b_hh on entry; on return d by it, (G·H,).
        h_before, c_before, h, c: the states that `_cell_forward` read and wrote, (H,).
        d_h, d_c: by the state after the step on entry; on return by the state before it, in so
            far as it does not go through W_hh, (H,).
        tanh_c: room, (H,).
    """
    H = d_h.shape[0]
    one = h.dtype.type(1)
    if cell == RNN:
        for k in range(H):
            gates[k] = d_h[k] * (one - h[k] * h[k])
        from_h[:] = gates
        d_h[:] = 0
    elif cell == LSTM:
        i, f, g, o = gates[:H], gates[H : 2 * H], gates[2 * H : 3 * H], gates[3 * H :]
        tanh_c[:] = c
        _tanh(tanh_c)
        for k in range(H):
            d_c[k] += d_h[k] * o[k] * (one - tanh_c[k] * tanh_c[k])
            o[k] = d_h[k] * tanh_c[k] * o[k] * (one - o[k])
        for k in range(H):
            d_i = d_c[k] * g[k] * i[k] * (one - i[k])
            g[k] = d_c[k] * i[k] * (one - g[k] * g[k])
            i[k] = d_i
        for k in range(H):
            d_f = d_c[k] * c_before[k] * f[k] * (one - f[k])
            d_c[k] *= f[k]
            f[k] = d_f
        from_h[:] = gates
        d_h[:] = 0
    else:
        r, z, n = gates[:H], gates[H : 2 * H], gates[2 * H :]
        n_from_h = from_h[2 * H :]
        for k in range(H):
            d_n = d_h[k] * (one - z[k]) * (one - n[k] * n[k])
            d_z = d_h[k] * (h_before[k] - n[k]) * z[k] * (one - z[k])
            d_h[k] *= z[k]
            n[k] = d_n
            z[k] = d_z
        for k in range(H):
            d_r = n[k] * n_from_h[k] * r[k] * (one - r[k])
            n_from_h[k] = n[k] * r[k]
            r[k] = d_r
        from_h[: 2 * H] = gates[: 2 * H]


# --- layers, all sequences -----------------------------------------------------------------------


@_compiled
def _layer_start(layer, GH, H, D):
    """Where a layer's parameters begin: layer 0 reads D features, the others H."""
    return 0 if layer == 0 else GH * (D + H + 2) + (layer - 1) * GH * (2 * H + 2)


@_compiled
def _matrices(vector, start, GH, I, H):  # noqa: E741
    """A layer's W_ih (G·H, I), W_hh (G·H, H), b_ih and b_hh (G·H,), laid over a vector."""
    ih, hh = start + GH * I, start + GH * (I + H)
    W_ih = vector[start:ih].reshape((GH, I))
    W_hh = vector[ih:hh].reshape((GH, H))
    return W_ih, W_hh, vector[hh : hh + GH], vector[hh + GH : hh + 2 * GH]


@_compiled
def _forward_layer(cell, x, h0, c0, vector, start, h, c, gates, from_h):
    """All windows through one layer: x (B, T, I) to h (B, T, H)."""
    B, T, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    W_ih, W_hh, b_ih, b_hh = _matrices(vector, start, GH, I, H)
    # Transposed once, read B·T times: a product is then a sum of long rows.
    W_ih_T, W_hh_T = W_ih.T.copy(), W_hh.T.copy()
    for b in range(B):
        for t in range(T):
            h_before = h0[b] if t == 0 else h[b, t - 1]
            c_before = c0[b] if t == 0 else c[b, t - 1]
            gates[b, t] = b_ih
            from_h[b, t] = b_hh
            _add_transposed_product(gates[b, t], W_ih_T, x[b, t])
            _add_transposed_product(from_h[b, t], W_hh_T, h_before)
            _cell_forward(cell, gates[b, t], from_h[b, t], h_before, c_before, h[b, t], c[b, t])


@_compiled
def _backward_layer(cell, x, h0, c0, vector, gradient, start, h, c, gates, from_h, d_out, d_x):
    """Back through one layer.

    Args:
        d_out: by the layer's output, (B, T, H).
        d_x: by its input, written, (B, T, I); an empty one is not wanted.
        gradient: the layer's part of it is added to.
    """
    B, T, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    W_ih, W_hh, _b_ih, _b_hh = _matrices(vector, start, GH, I, H)
    d_W_ih, d_W_hh, d_b_ih, d_b_hh = _matrices(gradient, start, GH, I, H)
    d_W_ih_T, d_W_hh_T = np.zeros((I, GH), h.dtype), np.zeros((H, GH), h.dtype)
    d_h, d_c, room = np.empty_like(h0[0]), np.empty_like(h0[0]), np.empty_like(h0[0])
    for b in range(B):
        d_h[:] = 0
        d_c[:] = 0
        for t in range(T - 1, -1, -1):
            h_before = h0[b] if t == 0 else h[b, t - 1]
            c_before = c0[b] if t == 0 else c[b, t - 1]
            _add(d_h, d_out[b, t])
            _cell_backward(
                cell,
                gates[b, t],
                from_h[b, t],
                h_before,
                c_before,
                h[b, t],
                c[b, t],
                d_h,
                d_c,
                room,
            )
            _add_transposed_product(d_h, W_hh, from_h[b, t])
            _add(d_b_ih, gates[b, t])
            _add(d_b_hh, from_h[b, t])
            if d_x.shape[0] > 0:
                d_x[b, t] = 0
                _add_transposed_product(d_x[b, t], W_ih, gates[b, t])
        # gates and from_h hold their own derivatives by now.
        for k in range(I):
            _add_transposed_product(d_W_ih_T[k], gates[b], x[b, :, k])
        for k in range(H):
            _add_transposed_product(d_W_hh_T[k], from_h[b, :1], h0[b, k : k + 1])
            _add_transposed_product(d_W_hh_T[k], from_h[b, 1:], h[b, : T - 1, k])
    d_W_ih += d_W_ih_T.T
    d_W_hh += d_W_hh_T.T


# --- the loss, at one time step of one sequence ---------------------------------------------------


@_compiled
def _squared_error(prediction, y, d_prediction):
    """The mean over K of the squared error; its derivative is written to d_prediction, (K,)."""
    K = y.shape[0]
    per_number = y.dtype.type(2 / K)
    loss = 0.0
    for k in range(K):
        error = prediction[k] - y[k]
        loss += float(error) * float(error)
        d_prediction[k] = error * per_number
    return loss / K


@_compiled
def _cross_entropy(prediction, y, d_prediction):
    """-log softmax of the wanted class; its derivative is written to d_prediction, (K,).

    The largest number is taken from all first: what is left cannot overflow, and the sum of the
    exponentials is at least 1.
    """
    K = y.shape[0]
    largest = prediction[0]
    for k in range(1, K):
        largest = max(largest, prediction[k])
    total = y.dtype.type(0)
    for k in range(K):
        d_prediction[k] = math.exp(prediction[k] - largest)
        total += d_prediction[k]
    log_total = math.log(total)
    loss = 0.0
    for k in range(K):
        loss -= float(y[k]) * float(prediction[k] - largest - log_total)
        d_prediction[k] = d_prediction[k] / total - y[k]
    return loss


# --- the whole network ---------------------------------------------------------------------------


@_compiled
def _evaluate(cell, criterion, x, y, counted, h0, c0, vector, gradient, h, c, prediction):
    """Forward, loss, and its gradient by every parameter.

    Args:
        x, y: (B, T, D) and (B, T, K).
        counted: which time steps the loss is the mean over, (B, T); an empty one for all.
        h0, c0: state before the window, (L, B, H).
        vector, gradient: parameters, and the gradient, written, (P,).
        h, c: every layer's state after every time step, written, (L, B, T, H).
        prediction: written, (B, T, K).

    Returns:
        Loss, and the norm of the gradient.
    """
    L, B, T, H = h.shape
    D, K = x.shape[2], y.shape[2]
    G = 1 if cell == RNN else (4 if cell == LSTM else 3)
    gates = np.empty((L, B, T, G * H), h.dtype)
    from_h = np.empty((L, B, T, G * H), h.dtype)
    for layer in range(L):
        _forward_layer(
            cell,
            x if layer == 0 else h[layer - 1],
            h0[layer],
            c0[layer],
            vector,
            _layer_start(layer, G * H, H, D),
            h[layer],
            c[layer],
            gates[layer],
            from_h[layer],
        )

    gradient[:] = 0
    start = _layer_start(L, G * H, H, D)
    end = start + K * H
    W_out, b_out = vector[start:end].reshape((K, H)), vector[end:]
    d_W_out, d_b_out = gradient[start:end].reshape((K, H)), gradient[end:]
    # Each layer's derivative is the next lower one's task; two rooms take turns.
    d_out = np.zeros((2, B, T, H), h.dtype)
    d_prediction = np.empty((T, K), h.dtype)
    all_counted = counted.shape[0] == 0
    number = B * T if all_counted else np.count_nonzero(counted)
    share = h.dtype.type(1 / number)
    loss = 0.0
    for b in range(B):
        for t in range(T):
            for k in range(K):
                total = b_out[k]
                for j in range(H):
                    total += W_out[k, j] * h[L - 1, b, t, j]
                prediction[b, t, k] = total
            if not all_counted and not counted[b, t]:
                d_prediction[t] = 0
                continue
            if criterion == MSE:
                loss += _squared_error(prediction[b, t], y[b, t], d_prediction[t])
            else:
                loss += _cross_entropy(prediction[b, t], y[b, t], d_prediction[t])
            for k in range(K):
                d_prediction[t, k] *= share
            _add(d_b_out, d_prediction[t])
            _add_transposed_product(d_out[(L - 1) % 2, b, t], W_out, d_prediction[t])
        for k in range(K):
            _add_transposed_product(d_W_out[k], h[L - 1, b], d_prediction[:, k])

    for layer in range(L - 1, -1, -1):
        _backward_layer(
            cell,
            x if layer == 0 else h[layer - 1],
            h0[layer],
            c0[layer],
            vector,
            gradient,
            _layer_start(layer, G * H, H, D),
            h[layer],
            c[layer],
            gates[layer],
            from_h[layer],
            d_out[layer % 2],
            d_out[(layer - 1) % 2] if layer > 0 else d_out[0, :0],
        )
    squares = 0.0
    for k in range(gradient.shape[0]):
        squares += float(gradient[k]) * float(gradient[k])
    return loss / number, math.sqrt(squares)


@_compiled
def _update(optimizer, vector, gradient, first, second, counts, settings, norm):
    """Clip, and let the optimiser move the parameters.

    Args:
        first, second: moments of the gradient, (P,): Adam's both, SGD's momentum buffer as first,
            RMSprop's square average as second.
        counts: updates done, one number per parameter tensor, as PyTorch keeps them.
        settings: lr, momentum and clip_norm of the replica; a clip_norm of 0 does not clip.

    Source: the algorithms in the documentation of torch.optim.Adam, SGD and RMSprop, with their
    defaults, and torch.nn.utils.clip_grad_norm_.
    """
    real = vector.dtype.type
    lr, momentum, clip_norm = settings[LR], real(settings[MOMENTUM]), settings[CLIP_NORM]
    scale = real(min(1.0, clip_norm / (norm + 1e-6)) if clip_norm > 0 else 1.0)
    counts += 1
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
    counted,
    settings,
    vector,
    gradient,
    shown_gradient,
    first,
    second,
    counts,
    h0,
    c0,
    h,
    c,
    prediction,
    result,
):
    """One step of the replicas from ``begin`` to ``end``, which read the same window.

    For each: apply the update that is due, hand the state over, evaluate the window. A replica
    whose last loss was not finite is left as it is, and predicts nan.

    Args:
        x, y, counted: as in `_evaluate`.
        settings: of each replica, (N, 4): lr, momentum, clip_norm, carry. With carry 0 it starts
            from zeros.
        shown_gradient: a copy of the new gradient, written, (N, P).
        result: read and written, (N, 4): loss, grad_norm, has_read, carried.
        the rest: as in `_evaluate` and `_update`, with N in front.
    """
    T = x.shape[1]
    for n in range(begin, end):
        if result[n, HAS_READ] != 0:
            if not math.isfinite(result[n, LOSS]):
                prediction[n] = np.nan
                continue
            _update(
                optimizer,
                vector[n],
                gradient[n],
                first[n],
                second[n],
                counts[n],
                settings[n],
                result[n, GRAD_NORM],
            )
        result[n, CARRIED] = result[n, HAS_READ] * settings[n, CARRY]
        if result[n, CARRIED] != 0:
            h0[n] = h[n, :, :, T - 1]
            c0[n] = c[n, :, :, T - 1]
        else:
            h0[n] = 0
            c0[n] = 0
        loss, norm = _evaluate(
            cell,
            criterion,
            x,
            y,
            counted,
            h0[n],
            c0[n],
            vector[n],
            gradient[n],
            h[n],
            c[n],
            prediction[n],
        )
        # Summed in double precision, then rounded to the run's own, where they may overflow.
        result[n, LOSS], result[n, GRAD_NORM], result[n, HAS_READ] = loss, norm, 1
        shown_gradient[n] = gradient[n]
