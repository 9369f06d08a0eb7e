"""The training step as compiled loops: forward, loss, back through time, clipping, update.

The arithmetic is PyTorch's, equation for equation (the documentation of `torch.nn.RNN`, `LSTM` and
`GRU` and of `torch.optim`), and so are the names: ``W_ih``, ``W_hh``, ``b_ih``, ``b_hh``. All
parameters stand one after another in one vector, in the order of ``model.parameters()``; the
gradient and the optimiser's moments are vectors of the same layout. ``d_z`` is the derivative of
the loss by ``z``.

Letters: B batch, T time steps, D features, H hidden units, L layers, G gates (rnn 1, lstm 4: i, f,
g, o; gru 3: r, z, n), K outputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

RNN, LSTM, GRU = 0, 1, 2
ADAM, SGD, RMSPROP = 0, 1, 2


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


@_compiled
def _add_product(y, W, x):
    """y += W x."""
    for i in range(W.shape[0]):
        total = y[i]
        for j in range(W.shape[1]):
            total += W[i, j] * x[j]
        y[i] = total


@_compiled
def _add_transposed_product(y, W, x):
    """y += Wᵀ x."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            y[j] += W[i, j] * x[i]


@_compiled
def _add_outer(W, a, b):
    """W += a bᵀ."""
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            W[i, j] += a[i] * b[j]


@_compiled
def _sigmoid(a):
    return 1 / (1 + math.exp(-a))


@_compiled
def _cell_forward(cell, gates, from_h, h_before, c_before, h, c):
    """One time step of one sequence.

    Args:
        gates: W_ih x + b_ih on entry, the activated gates on return, (G·H,).
        from_h: W_hh h + b_hh, (G·H,).
        h_before, c_before: state before the step, (H,).
        h, c: state after it, written, (H,). c is an LSTM's own.
    """
    H = h.shape[0]
    if cell == RNN:
        for k in range(H):
            h[k] = math.tanh(gates[k] + from_h[k])
    elif cell == LSTM:
        for k in range(H):
            i = _sigmoid(gates[k] + from_h[k])
            f = _sigmoid(gates[H + k] + from_h[H + k])
            g = math.tanh(gates[2 * H + k] + from_h[2 * H + k])
            o = _sigmoid(gates[3 * H + k] + from_h[3 * H + k])
            c[k] = f * c_before[k] + i * g
            h[k] = o * math.tanh(c[k])
            gates[k], gates[H + k], gates[2 * H + k], gates[3 * H + k] = i, f, g, o
    else:
        for k in range(H):
            r = _sigmoid(gates[k] + from_h[k])
            z = _sigmoid(gates[H + k] + from_h[H + k])
            n = math.tanh(gates[2 * H + k] + r * from_h[2 * H + k])
            h[k] = (1 - z) * n + z * h_before[k]
            gates[k], gates[H + k], gates[2 * H + k] = r, z, n


@_compiled
def _cell_backward(cell, gates, from_h, h_before, c_before, h, c, d_h, d_c, d_gates, d_from_h):
    """Back through one time step of one sequence.

    Args:
        gates, from_h, h_before, c_before, h, c: as `_cell_forward` left them.
        d_h, d_c: by the state after the step on entry; on return by the state before it, in so
            far as it does not go through W_hh, (H,).
        d_gates: by W_ih x + b_ih, written, (G·H,).
        d_from_h: by W_hh h + b_hh, written, (G·H,).
    """
    H = d_h.shape[0]
    if cell == RNN:
        for k in range(H):
            d_gates[k] = d_h[k] * (1 - h[k] * h[k])
            d_from_h[k] = d_gates[k]
            d_h[k] = 0
    elif cell == LSTM:
        for k in range(H):
            i, f, g, o = gates[k], gates[H + k], gates[2 * H + k], gates[3 * H + k]
            tanh_c = math.tanh(c[k])
            through_c = d_c[k] + d_h[k] * o * (1 - tanh_c * tanh_c)
            d_gates[k] = through_c * g * i * (1 - i)
            d_gates[H + k] = through_c * c_before[k] * f * (1 - f)
            d_gates[2 * H + k] = through_c * i * (1 - g * g)
            d_gates[3 * H + k] = d_h[k] * tanh_c * o * (1 - o)
            d_c[k] = through_c * f
            d_h[k] = 0
        for k in range(4 * H):
            d_from_h[k] = d_gates[k]
    else:
        for k in range(H):
            r, z, n = gates[k], gates[H + k], gates[2 * H + k]
            d_n = d_h[k] * (1 - z) * (1 - n * n)
            d_gates[k] = d_n * from_h[2 * H + k] * r * (1 - r)
            d_gates[H + k] = d_h[k] * (h_before[k] - n) * z * (1 - z)
            d_gates[2 * H + k] = d_n
            d_from_h[k] = d_gates[k]
            d_from_h[H + k] = d_gates[H + k]
            d_from_h[2 * H + k] = d_n * r
            d_h[k] = d_h[k] * z


@_compiled
def _layer_start(layer, GH, H, D):
    """Where a layer's parameters begin: layer 0 reads D features, the others H."""
    return 0 if layer == 0 else GH * (D + H + 2) + (layer - 1) * GH * (2 * H + 2)


@_compiled
def _forward_layer(cell, x, h0, c0, vector, start, h, c, gates, from_h):
    """All windows through one layer: x (B, T, I) to h (B, T, H)."""
    B, T, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    W_ih = vector[start : start + GH * I].reshape((GH, I))
    start += GH * I
    W_hh = vector[start : start + GH * H].reshape((GH, H))
    start += GH * H
    b_ih, b_hh = vector[start : start + GH], vector[start + GH : start + 2 * GH]
    for b in range(B):
        for t in range(T):
            h_before = h0[b] if t == 0 else h[b, t - 1]
            c_before = c0[b] if t == 0 else c[b, t - 1]
            gates[b, t] = b_ih
            from_h[b, t] = b_hh
            _add_product(gates[b, t], W_ih, x[b, t])
            _add_product(from_h[b, t], W_hh, h_before)
            _cell_forward(cell, gates[b, t], from_h[b, t], h_before, c_before, h[b, t], c[b, t])


@_compiled
def _backward_layer(
    cell, x, h0, c0, vector, gradient, start, h, c, gates, from_h, d_out, d_x, d_gates, d_from_h
):
    """Back through one layer.

    Args:
        d_out: by the layer's output, (B, T, H).
        d_x: by its input, written, (B, T, I); an empty one is not wanted.
        gradient: the layer's part of it is added to.
        d_gates, d_from_h: room for one time step, (G·H,).
    """
    B, T, I = x.shape  # noqa: E741
    H, GH = h.shape[2], gates.shape[2]
    ih, hh = start + GH * I, start + GH * I + GH * H
    W_ih, d_W_ih = vector[start:ih].reshape((GH, I)), gradient[start:ih].reshape((GH, I))
    W_hh, d_W_hh = vector[ih:hh].reshape((GH, H)), gradient[ih:hh].reshape((GH, H))
    d_b_ih, d_b_hh = gradient[hh : hh + GH], gradient[hh + GH : hh + 2 * GH]
    d_h, d_c = np.empty_like(h0[0]), np.empty_like(h0[0])
    for b in range(B):
        d_h[:] = 0
        d_c[:] = 0
        for t in range(T - 1, -1, -1):
            h_before = h0[b] if t == 0 else h[b, t - 1]
            c_before = c0[b] if t == 0 else c[b, t - 1]
            for k in range(H):
                d_h[k] += d_out[b, t, k]
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
                d_gates,
                d_from_h,
            )
            _add_outer(d_W_ih, d_gates, x[b, t])
            _add_outer(d_W_hh, d_from_h, h_before)
            for k in range(GH):
                d_b_ih[k] += d_gates[k]
                d_b_hh[k] += d_from_h[k]
            _add_transposed_product(d_h, W_hh, d_from_h)
            if d_x.shape[0] > 0:
                d_x[b, t] = 0
                _add_transposed_product(d_x[b, t], W_ih, d_gates)


@_compiled
def _evaluate(
    cell, x, y, h0, c0, vector, gradient, h, c, gates, from_h, d_out, d_gates, prediction
):
    """Forward, mean squared error, and its gradient by every parameter.

    Args:
        x, y: (B, T, D) and (B, T, K).
        h0, c0: state before the window, (L, B, H).
        vector, gradient: parameters, and the gradient, written, (P,).
        h, c, gates, from_h: every layer at every time step, written, (L, B, T, ·).
        d_out: room for two layers' derivatives, (2, B, T, H).
        d_gates: room for one time step, (2, G·H).
        prediction: written, (B, T, K).

    Returns:
        Loss, and the norm of the gradient.
    """
    L, B, T, H = h.shape
    GH, D, K = gates.shape[3], x.shape[2], y.shape[2]
    for layer in range(L):
        below = x if layer == 0 else h[layer - 1]
        start = _layer_start(layer, GH, H, D)
        _forward_layer(
            cell,
            below,
            h0[layer],
            c0[layer],
            vector,
            start,
            h[layer],
            c[layer],
            gates[layer],
            from_h[layer],
        )

    gradient[:] = 0
    start = _layer_start(L, GH, H, D)
    end = start + K * H
    W_out, b_out = vector[start:end].reshape((K, H)), vector[end:]
    d_W_out, d_b_out = gradient[start:end].reshape((K, H)), gradient[end:]
    loss = 0.0
    d_out[(L - 1) % 2] = 0
    for b in range(B):
        for t in range(T):
            top = h[L - 1, b, t]
            prediction[b, t] = b_out
            _add_product(prediction[b, t], W_out, top)
            for k in range(K):
                error = prediction[b, t, k] - y[b, t, k]
                loss += float(error) * float(error)
                d_prediction = 2 * error / (B * T * K)
                d_b_out[k] += d_prediction
                for j in range(H):
                    d_W_out[k, j] += d_prediction * top[j]
                    d_out[(L - 1) % 2, b, t, j] += d_prediction * W_out[k, j]

    for layer in range(L - 1, -1, -1):
        # Each layer's derivative is the next lower one's task; two rooms take turns.
        _backward_layer(
            cell,
            x if layer == 0 else h[layer - 1],
            h0[layer],
            c0[layer],
            vector,
            gradient,
            _layer_start(layer, GH, H, D),
            h[layer],
            c[layer],
            gates[layer],
            from_h[layer],
            d_out[layer % 2],
            d_out[(layer - 1) % 2] if layer > 0 else d_out[0, :0],
            d_gates[0],
            d_gates[1],
        )
    squares = 0.0
    for k in range(gradient.shape[0]):
        squares += float(gradient[k]) * float(gradient[k])
    # Sums are kept in double precision and rounded to the run's own, where they may overflow.
    d_gates[0, 0] = loss / (B * T * K)
    d_gates[1, 0] = math.sqrt(squares)
    return d_gates[0, 0], d_gates[1, 0]


@_compiled
def _update(optimizer, vector, gradient, first, second, counts, lr, momentum, clip_norm, norm):
    """Clip, and let the optimiser move the parameters.

    Args:
        first, second: moments of the gradient, (P,): Adam's both, SGD's momentum buffer as first,
            RMSprop's square average as second.
        counts: updates done, one number per parameter tensor, as PyTorch keeps them.
        clip_norm: 0 does not clip.

    Source: the algorithms in the documentation of torch.optim.Adam, SGD and RMSprop, with their
    defaults, and torch.nn.utils.clip_grad_norm_.
    """
    scale = min(1.0, clip_norm / (norm + 1e-6)) if clip_norm > 0 else 1.0
    counts += 1
    if optimizer == ADAM:
        beta1, beta2, epsilon = 0.9, 0.999, 1e-8
        step_size = lr / (1 - beta1 ** counts[0])
        root = math.sqrt(1 - beta2 ** counts[0])
        for k in range(vector.shape[0]):
            g = gradient[k] * scale
            first[k] += (g - first[k]) * (1 - beta1)
            second[k] = second[k] * beta2 + g * g * (1 - beta2)
            vector[k] -= step_size * first[k] / (math.sqrt(second[k]) / root + epsilon)
    elif optimizer == SGD:
        for k in range(vector.shape[0]):
            first[k] = first[k] * momentum + gradient[k] * scale
            vector[k] -= lr * first[k]
    else:
        alpha, epsilon = 0.99, 1e-8
        for k in range(vector.shape[0]):
            g = gradient[k] * scale
            second[k] = second[k] * alpha + g * g * (1 - alpha)
            vector[k] -= lr * g / (math.sqrt(second[k]) + epsilon)


@_compiled
def training_step(
    cell,
    optimizer,
    do_update,
    carry,
    x,
    y,
    h0,
    c0,
    vector,
    gradient,
    shown_gradient,
    first,
    second,
    counts,
    lr,
    momentum,
    clip_norm,
    norm,
    h,
    c,
    gates,
    from_h,
    d_out,
    d_gates,
    prediction,
):
    """Apply the update that is due, hand the state over, and evaluate the next window.

    Args:
        do_update: whether ``gradient`` (with its ``norm``) is to be applied first.
        carry: whether to start from where the last window ended; otherwise from zeros.
        shown_gradient: a copy of the new gradient, written, (P,); the rest as in `_evaluate` and
            `_update`.

    Returns:
        Loss, and the norm of the gradient.
    """
    if do_update:
        _update(optimizer, vector, gradient, first, second, counts, lr, momentum, clip_norm, norm)
    if carry:
        T = h.shape[2]
        h0[:] = h[:, :, T - 1]
        c0[:] = c[:, :, T - 1]
    else:
        h0[:] = 0
        c0[:] = 0
    result = _evaluate(
        cell, x, y, h0, c0, vector, gradient, h, c, gates, from_h, d_out, d_gates, prediction
    )
    shown_gradient[:] = gradient
    return result
