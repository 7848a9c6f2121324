"""For each row of the table of operations: a few lines of a model that make torch.export write the operation.

A form takes the module that it stands in (`m`, with parameters and buffers) and h, floats of [N, 4, 6, 6] that depend on
a parameter, and gives a tensor whose first dimension is N.
"""

import math

import torch
from torch.nn import functional as F

aten = torch.ops.aten


def flat(h):
    """[N, 24, 6]"""
    return h.reshape(h.shape[0], 24, 6)


def vectors(h):
    """[N, 144]"""
    return h.reshape(h.shape[0], 144)


def volume(h):
    """[N, 2, 2, 6, 6]"""
    return h.reshape(h.shape[0], 2, 2, 6, 6)


def bits(h):
    return (h * 10).to(torch.int64) % 7


def joined(parts):
    """Tensors of one batch, side by side."""
    return torch.cat([p.reshape(p.shape[0], -1) for p in parts], 1)


def sized(h, number):
    """A tensor in whose form a number of the batch is seen; the number must be a multiple of N."""
    return h.new_zeros(number, 3).sum() + h


def with_batch(h, tensor):
    """A tensor without a batch, beside each sample."""
    return h.flatten(1).mean(1, keepdim=True) * 0 + tensor.reshape(1, -1)


CONVOLUTION = {
    "conv1d.default": lambda m, h: F.conv1d(flat(h), m.w1),
    "conv2d.default": lambda m, h: F.conv2d(h, m.w2, m.b, stride=2, padding=1),
    "conv3d.default": lambda m, h: F.conv3d(volume(h), m.w3),
    "conv1d.padding": lambda m, h: F.conv1d(flat(h), m.w1, padding="same"),
    "conv2d.padding": lambda m, h: F.conv2d(h, m.w2, padding="same"),
    "conv3d.padding": lambda m, h: F.conv3d(volume(h), m.w3, padding="same"),
    "conv_transpose1d.default": lambda m, h: F.conv_transpose1d(flat(h), m.t1),
    "conv_transpose2d.input": lambda m, h: F.conv_transpose2d(h, m.w2, stride=2),
    "conv_transpose3d.input": lambda m, h: F.conv_transpose3d(volume(h), m.w3),
    "convolution.default": lambda m, h: aten.convolution.default(h, m.w2, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
}  # fmt: skip

LINEAR = {
    "linear.default": lambda m, h: F.linear(h, m.l, m.b6),
    "matmul.default": lambda m, h: h @ m.l,
    "mm.default": lambda m, h: torch.mm(vectors(h), m.l.repeat(24, 1)),
    "bmm.default": lambda m, h: torch.bmm(flat(h), flat(h).transpose(1, 2)),
    "addmm.default": lambda m, h: torch.addmm(m.b6, vectors(h), m.l.repeat(24, 1)),
    "embedding.default": lambda m, h: F.embedding(bits(h), m.e, padding_idx=1),
}


def batch_norm(m, h):
    """With running statistics and, alike in both modes, without."""
    h = F.batch_norm(h, m.mean, m.variance, m.b, m.b, m.training)
    return F.batch_norm(h, None, None, m.b, m.b, training=True)


def native_batch_norm(name, *end):
    """PyTorch's own name of it, with the same arguments."""
    overload = getattr(aten, name).default
    return lambda m, h: overload(h, m.b, m.b, m.mean, m.variance, m.training, 0.1, 1e-5, *end)[0]  # fmt: skip


NORM = {
    "batch_norm.default": batch_norm,
    "instance_norm.default": lambda m, h: F.instance_norm(h, None, None, m.b, m.b),
    "group_norm.default": lambda m, h: F.group_norm(h, 2, m.b, m.b),
    "layer_norm.default": lambda m, h: F.layer_norm(h, [6], m.b6, m.b6),
    "rms_norm.default": lambda m, h: F.rms_norm(h, [6], m.b6),
    "native_layer_norm.default": lambda m, h: aten.native_layer_norm.default(h, [6], m.b6, m.b6, 1e-5)[0],
    "native_group_norm.default": lambda m, h: aten.native_group_norm.default(h, m.b, m.b, h.shape[0], 4, 36, 2, 1e-5)[0],
    "native_batch_norm.default": native_batch_norm("native_batch_norm"),
    "_batch_norm_impl_index.default": native_batch_norm("_batch_norm_impl_index", False),
    "_native_batch_norm_legit_no_training.default": lambda m, h: aten._native_batch_norm_legit_no_training.default(
        h, m.b, m.b, m.mean, m.variance, 0.1, 1e-5)[0],
    "_batch_norm_no_update.default": lambda m, h: aten._batch_norm_no_update.default(h, m.b, m.b, m.mean, m.variance, 0.1, 1e-5)[0],
    "_native_batch_norm_legit_functional.default": lambda m, h: aten._native_batch_norm_legit_functional.default(
        h, m.b, m.b, m.mean, m.variance, m.training, 0.1, 1e-5)[0],
    "_batch_norm_with_update_functional.default": lambda m, h: aten._batch_norm_with_update_functional.default(
        h, m.b, m.b, m.mean, m.variance, 0.1, 1e-5)[0],
}  # fmt: skip

ACTIVATION = {
    "relu.default": lambda m, h: F.relu(h),
    "relu_.default": lambda m, h: F.relu(h + 1, inplace=True),
    "silu.default": lambda m, h: F.silu(h),
    "silu_.default": lambda m, h: F.silu(h + 1, inplace=True),
    "leaky_relu.default": lambda m, h: F.leaky_relu(h, 0.2),
    "leaky_relu_.default": lambda m, h: F.leaky_relu(h + 1, inplace=True),
    "hardswish.default": lambda m, h: F.hardswish(h),
    "hardswish_.default": lambda m, h: F.hardswish(h + 1, inplace=True),
    "gelu.default": lambda m, h: F.gelu(h, approximate="tanh"),
    "hardtanh.default": lambda m, h: F.hardtanh(h, -0.5, 0.5),
    "hardtanh_.default": lambda m, h: F.hardtanh(h + 1, inplace=True),
    "relu6.default": lambda m, h: F.relu6(h),
    "mish.default": lambda m, h: F.mish(h),
    "mish_.default": lambda m, h: F.mish(h + 1, inplace=True),
    "softplus.default": lambda m, h: F.softplus(h, 2),
    "hardsigmoid.default": lambda m, h: F.hardsigmoid(h),
    "sigmoid.default": lambda m, h: torch.sigmoid(h),
    "sigmoid_.default": lambda m, h: (h + 1).sigmoid_(),
    "tanh.default": lambda m, h: torch.tanh(h),
    "tanh_.default": lambda m, h: (h + 1).tanh_(),
    "elu.default": lambda m, h: F.elu(h),
    "elu_.default": lambda m, h: F.elu(h + 1, inplace=True),
    "selu.default": lambda m, h: F.selu(h),
    "prelu.default": lambda m, h: F.prelu(h, m.b),
    "softmax.int": lambda m, h: F.softmax(h, 1),
    "log_softmax.int": lambda m, h: F.log_softmax(h, -1),
}

DROPOUT = {
    "dropout.default": lambda m, h: F.dropout(h, 0.3, m.training),
    "dropout_.default": lambda m, h: F.dropout(h + 1, 0.3, m.training, inplace=True),
    "alpha_dropout.default": lambda m, h: F.alpha_dropout(h, 0.3, m.training),
    "alpha_dropout_.default": lambda m, h: F.alpha_dropout(h + 1, 0.3, m.training, inplace=True),
    "feature_dropout.default": lambda m, h: F.dropout2d(h, 0.3, m.training),
    "feature_dropout_.default": lambda m, h: F.dropout2d(h + 1, 0.3, m.training, inplace=True),
    "feature_alpha_dropout.default": lambda m, h: F.feature_alpha_dropout(h, 0.3, m.training),
    "feature_alpha_dropout_.default": lambda m, h: F.feature_alpha_dropout(h + 1, 0.3, m.training, inplace=True),
    "native_dropout.default": lambda m, h: aten.native_dropout.default(h, 0.3, m.training)[0],
}  # fmt: skip

POOLING = {
    "max_pool1d.default": lambda m, h: F.max_pool1d(flat(h), 2),
    "max_pool2d.default": lambda m, h: F.max_pool2d(h, 3, 2, 1),
    "max_pool3d.default": lambda m, h: F.max_pool3d(volume(h), 2),
    "avg_pool1d.default": lambda m, h: F.avg_pool1d(flat(h), 2),
    "avg_pool2d.default": lambda m, h: F.avg_pool2d(h, 2, ceil_mode=True),
    "avg_pool3d.default": lambda m, h: F.avg_pool3d(volume(h), 2),
    "adaptive_avg_pool1d.default": lambda m, h: F.adaptive_avg_pool1d(flat(h), 2),
    "adaptive_avg_pool2d.default": lambda m, h: F.adaptive_avg_pool2d(h, 2),
    "adaptive_avg_pool3d.default": lambda m, h: F.adaptive_avg_pool3d(volume(h), 2),
    "adaptive_max_pool1d.default": lambda m, h: F.adaptive_max_pool1d(flat(h), 2),
    "adaptive_max_pool2d.default": lambda m, h: F.adaptive_max_pool2d(h, 2),
    "adaptive_max_pool3d.default": lambda m, h: F.adaptive_max_pool3d(volume(h), 2),
    "max_pool1d_with_indices.default": lambda m, h: F.max_pool1d(flat(h), 2, return_indices=True)[0],
    "max_pool2d_with_indices.default": lambda m, h: F.max_pool2d(h, 2, return_indices=True)[0],
    "max_pool3d_with_indices.default": lambda m, h: F.max_pool3d(volume(h), 2, return_indices=True)[0],
    "fractional_max_pool2d.default": lambda m, h: F.fractional_max_pool2d(h, 2, 3, _random_samples=m.samples.expand(h.shape[0], -1, -1)),
    "_adaptive_avg_pool2d.default": lambda m, h: aten._adaptive_avg_pool2d.default(h, [2, 2]),
    "_adaptive_avg_pool3d.default": lambda m, h: aten._adaptive_avg_pool3d.default(volume(h), [2, 2, 2]),
    "upsample_nearest2d.vec": lambda m, h: F.interpolate(h, scale_factor=2.0),
    "upsample_bilinear2d.vec": lambda m, h: F.interpolate(h, scale_factor=2.0, mode="bilinear"),
}  # fmt: skip

ARITHMETIC = {
    "add.Tensor": lambda m, h: h + m.b6,
    "sub.Tensor": lambda m, h: h - m.b6,
    "mul.Tensor": lambda m, h: h * m.b6,
    "div.Tensor": lambda m, h: h / (m.b6 + 2),
    "add.Scalar": lambda m, h: aten.add.Scalar(h, 2),
    "sub.Scalar": lambda m, h: aten.sub.Scalar(h, 2),
    "mul.Scalar": lambda m, h: aten.mul.Scalar(h, 2),
    "div.Scalar": lambda m, h: aten.div.Scalar(h, 2),
    "add_.Tensor": lambda m, h: (h + 1).add_(m.b6),
    "sub_.Tensor": lambda m, h: (h + 1).sub_(m.b6),
    "mul_.Tensor": lambda m, h: (h + 1).mul_(m.b6),
    "div_.Tensor": lambda m, h: (h + 1).div_(m.b6 + 2),
    "add_.Scalar": lambda m, h: aten.add_.Scalar(h + 1, 2),
    "mul_.Scalar": lambda m, h: aten.mul_.Scalar(h + 1, 2),
    "div_.Scalar": lambda m, h: aten.div_.Scalar(h + 1, 2),
    "div.Tensor_mode": lambda m, h: torch.div(h, m.b6 + 2, rounding_mode="floor"),
    "div.Scalar_mode": lambda m, h: aten.div.Scalar_mode(h, 2, rounding_mode="trunc"),
    "neg.default": lambda m, h: -h,
    "pow.Tensor_Scalar": lambda m, h: h**2,
    "pow.Tensor_Tensor": lambda m, h: (h.abs() + 1) ** m.b6,
    "exp.default": lambda m, h: h.exp(),
    "log.default": lambda m, h: (h.abs() + 1).log(),
    "sqrt.default": lambda m, h: (h.abs() + 1).sqrt(),
    "rsqrt.default": lambda m, h: (h.abs() + 1).rsqrt(),
    "abs.default": lambda m, h: h.abs(),
    "clamp.default": lambda m, h: h.clamp(min=0.1),
    "masked_fill.Scalar": lambda m, h: h.masked_fill(h > 0.5, 0.25),
    "cos.default": lambda m, h: h.cos(),
    "sin.default": lambda m, h: h.sin(),
    "floor.default": lambda m, h: h.floor(),
    "where.self": lambda m, h: torch.where(h > 0.5, h, m.b6),
    "where.ScalarOther": lambda m, h: torch.where(h > 0.5, h, 0.0),
}

REDUCTION = {
    "mean.default": lambda m, h: h - h.mean(),
    "mean.dim": lambda m, h: h.mean((2, 3), keepdim=True),
    "sum.default": lambda m, h: h - h.sum(),
    "sum.dim_IntList": lambda m, h: h.sum(-1),
    "amax.default": lambda m, h: h.amax((2, 3)),
    "amin.default": lambda m, h: h.amin((2, 3)),
    "cumsum.default": lambda m, h: h.cumsum(1),
}


def compared(name, other):
    return lambda m, h: getattr(torch, name)(h, other(m))


COMPARISON = {
    **{f"{n}.Scalar": compared(n, lambda m: 0.5) for n in ("ge", "gt", "le", "lt", "eq", "ne")},
    **{f"{n}.Tensor": compared(n, lambda m: m.b6) for n in ("ge", "gt", "le", "lt", "eq", "ne")},
    "__and__.Tensor": lambda m, h: aten.__and__.Tensor(h > 0.2, h < 0.8),
    "__or__.Tensor": lambda m, h: aten.__or__.Tensor(h < 0.2, h > 0.8),
    "bitwise_and.Tensor": lambda m, h: torch.bitwise_and(h > 0.2, h < 0.8),
    "bitwise_or.Tensor": lambda m, h: torch.bitwise_or(h < 0.2, h > 0.8),
    "bitwise_not.default": lambda m, h: ~(h > 0.2),
    "logical_and.default": lambda m, h: torch.logical_and(h > 0.2, h < 0.8),
    "logical_or.default": lambda m, h: torch.logical_or(h < 0.2, h > 0.8),
    "logical_not.default": lambda m, h: torch.logical_not(h > 0.2),
    "min.other": lambda m, h: torch.min(h, m.b6),
    "max.other": lambda m, h: torch.max(h, m.b6),
    "minimum.default": lambda m, h: torch.minimum(h, m.b6),
    "maximum.default": lambda m, h: torch.maximum(h, m.b6),
    **{f"{n}.Scalar": lambda m, h, n=n: getattr(aten, n).Scalar(bits(h), 2)
       for n in ("__and__", "__or__", "__xor__", "__lshift__", "__rshift__", "__iand__", "__ior__")},
    **{f"{n}.Tensor": lambda m, h, n=n: getattr(aten, n).Tensor(bits(h), bits(h) % 3)
       for n in ("__xor__", "__lshift__", "__rshift__", "__iand__", "__ior__")},
}  # fmt: skip

SHAPE = {
    "view.default": lambda m, h: h.view(-1, 4, 36),
    "reshape.default": lambda m, h: h.reshape(-1, 24, 6),
    "permute.default": lambda m, h: h.permute(0, 2, 3, 1),
    "expand.default": lambda m, h: h.mean(1, keepdim=True).expand(-1, 4, -1, -1),
    "transpose.int": lambda m, h: h.transpose(1, 2),
    "flatten.using_ints": lambda m, h: h.flatten(2),
    "unflatten.int": lambda m, h: h.unflatten(1, (2, 2)),
    "squeeze.dim": lambda m, h: h.mean(1, keepdim=True).squeeze(1),
    "squeeze.default": lambda m, h: h.mean(1, keepdim=True).squeeze(),
    "squeeze.dims": lambda m, h: h.mean((1, 2), keepdim=True).squeeze((1, 2)),
    "unsqueeze.default": lambda m, h: h.unsqueeze(1),
    "t.default": lambda m, h: h @ m.l.t(),
    "view.dtype": lambda m, h: (h > 0.5).view(torch.uint8),
    "_unsafe_view.default": lambda m, h: aten._unsafe_view.default(h, [-1, 24, 6]),
    "roll.default": lambda m, h: h.roll(2, 3),
    "pixel_shuffle.default": lambda m, h: F.pixel_shuffle(h, 2),
    "view_as.default": lambda m, h: h.view_as(h),
    "expand_as.default": lambda m, h: m.b6.expand_as(h),
    "reshape_as.default": lambda m, h: h.reshape_as(h + 1),
    "ravel.default": lambda m, h: h.ravel().reshape(-1, 144),
    "movedim.int": lambda m, h: h.movedim(1, 2),
    "movedim.intlist": lambda m, h: h.movedim((1, 2), (2, 3)),
    "moveaxis.int": lambda m, h: h.moveaxis(1, 2),
    "moveaxis.intlist": lambda m, h: h.moveaxis((1, 2), (2, 3)),
    "swapaxes.default": lambda m, h: h.swapaxes(1, 2),
    "swapdims.default": lambda m, h: h.swapdims(1, 2),
    "mT.default": lambda m, h: h.mT,
    "numpy_T.default": lambda m, h: h @ m.l.T,
    "adjoint.default": lambda m, h: h.adjoint(),
    "unfold.default": lambda m, h: h.unfold(3, 2, 2),
}

PARTS = {
    "select.int": lambda m, h: h[:, 1],
    "slice.Tensor": lambda m, h: h[:, 1:3, ::2],
    "chunk.default": lambda m, h: joined(h.chunk(2, 1)),
    "split.Tensor": lambda m, h: joined(h.split(3, 2)),
    "split.sizes": lambda m, h: joined(aten.split.sizes(h, [1, 3], 1)),
    "split_with_sizes.default": lambda m, h: joined(h.split([1, 3], 1)),
    "narrow.default": lambda m, h: h.narrow(1, 1, 2),
    "unbind.int": lambda m, h: joined(h.unbind(1)),
    "diagonal.default": lambda m, h: h.diagonal(0, 2, 3),
    "tensor_split.sections": lambda m, h: joined(h.tensor_split(2, 1)),
    "tensor_split.indices": lambda m, h: joined(h.tensor_split((1, 3), 1)),
    "unsafe_split.Tensor": lambda m, h: joined(torch.unsafe_split(h, 2, 1)),
    "unsafe_chunk.default": lambda m, h: joined(torch.unsafe_chunk(h, 2, 1)),
    "gather.default": lambda m, h: h.gather(1, bits(h) % 4),
    "cat.default": lambda m, h: torch.cat([h, h + 1], 1),
    "stack.default": lambda m, h: torch.stack([h, h + 1], 1),
    "pad.default": lambda m, h: F.pad(h, (1, 2)),
}

COPIES = {
    "contiguous.default": lambda m, h: h.transpose(1, 2).contiguous(),
    "alias.default": lambda m, h: aten.alias.default(h),
    "detach.default": lambda m, h: h.detach(),
    "clone.default": lambda m, h: h.clone(),
    "detach_.default": lambda m, h: (h + 1).detach_(),
    "detach_copy.default": lambda m, h: aten.detach_copy.default(h),
    "lift_fresh_copy.default": lambda m, h: aten.lift_fresh_copy.default(h),
    "to.dtype": lambda m, h: h.to(torch.float64),
    "to.dtype_layout": lambda m, h: aten.to.dtype_layout(h, dtype=torch.float64, layout=torch.strided, device=torch.device("cpu")),
    "to.device": lambda m, h: aten.to.device(h, torch.device("cpu"), torch.float64),
    "to.other": lambda m, h: aten.to.other(h, m.l.to(torch.float64)),
    "_to_copy.default": lambda m, h: aten._to_copy.default(h, dtype=torch.float64),
    "type_as.default": lambda m, h: h.type_as(m.l),
    "real.default": lambda m, h: torch.real(h.to(torch.complex64)),
    "resolve_conj.default": lambda m, h: h.resolve_conj(),
}  # fmt: skip

CREATION = {
    "arange.default": lambda m, h: h + torch.arange(6),
    "arange.start": lambda m, h: h + torch.arange(1, 7),
    "zeros.default": lambda m, h: h + torch.zeros(6),
    "ones.default": lambda m, h: h + torch.ones(6),
    "full.default": lambda m, h: h + torch.full((6,), 0.5),
    "rand.default": lambda m, h: h + torch.rand(6),
    "zeros_like.default": lambda m, h: h + torch.zeros_like(h),
    "ones_like.default": lambda m, h: h + torch.ones_like(h),
    "full_like.default": lambda m, h: h + torch.full_like(h, 0.5),
    "new_zeros.default": lambda m, h: h + h.new_zeros(6),
    "new_ones.default": lambda m, h: h + h.new_ones(6),
    "new_full.default": lambda m, h: h + h.new_full((6,), 0.5),
    "new_empty.default": lambda m, h: h + h.new_empty(6).zero_(),
    "new_empty_strided.default": lambda m, h: (
        h + h.new_empty_strided((6,), (1,)).zero_()
    ),
    "empty_like.default": lambda m, h: h + torch.empty_like(h).zero_(),
    "rand_like.default": lambda m, h: h + torch.rand_like(h),
    "randn_like.default": lambda m, h: h + torch.randn_like(h),
    "randint_like.default": lambda m, h: h + torch.randint_like(h, 5),
    "randint_like.low_dtype": lambda m, h: h + torch.randint_like(h, 2, 5),
}

ATTENTION = {
    "scaled_dot_product_attention.default": lambda m, h: F.scaled_dot_product_attention(h, h, h),
}  # fmt: skip


def recurrent(name, gates):
    """An LSTM and its kin over [N, 24, 6], four or three gates or one, of two layers."""

    def form(m, h):
        x, state = flat(h), h.new_zeros(2, h.shape[0], 6)
        states = [state, state] if name == "lstm" else state
        weights = [p.repeat(gates, 1) for _ in range(2) for p in (m.l, m.l)]
        call = getattr(aten, name).input
        return call(x, states, weights, False, 2, 0.3, m.training, False, True)[0]

    return form


RECURRENT = {
    "lstm.input": recurrent("lstm", 4),
    "gru.input": recurrent("gru", 3),
    "rnn_tanh.input": recurrent("rnn_tanh", 1),
    "rnn_relu.input": recurrent("rnn_relu", 1),
}

NUMBERS = {
    "sym_size.int": lambda m, h: h.new_zeros(h.shape[0], 2),
    "_operator.add": lambda m, h: sized(h, h.shape[0] + 3),
    "_operator.sub": lambda m, h: sized(h, h.shape[0] * 3 - 1),
    "_operator.mul": lambda m, h: sized(h, h.shape[0] * 3),
    "_operator.floordiv": lambda m, h: sized(h, (h.shape[0] + 6) // 2),
    "_operator.mod": lambda m, h: h * (h.shape[0] % 3),
    "_operator.pow": lambda m, h: sized(h, h.shape[0] ** 2),
    "_operator.neg": lambda m, h: h * -h.shape[0],
    "_operator.truediv": lambda m, h: h * (h.shape[0] / 2),
    "math.trunc": lambda m, h: h * math.trunc(h.shape[0] / 3),
    "torch.sym_float": lambda m, h: h * torch.sym_float(h.shape[0]),
    "torch.sym_max": lambda m, h: h * torch.sym_max(h.shape[0], 7),
    "torch.sym_min": lambda m, h: h * torch.sym_min(h.shape[0], 7),
}

FAMILIES = {
    "convolution": CONVOLUTION, "linear": LINEAR, "norm": NORM, "activation": ACTIVATION, "dropout": DROPOUT,
    "pooling": POOLING, "arithmetic": ARITHMETIC, "reduction": REDUCTION, "comparison": COMPARISON, "shape": SHAPE,
    "parts": PARTS, "copies": COPIES, "creation": CREATION, "attention": ATTENTION, "recurrent": RECURRENT, "numbers": NUMBERS,
}  # fmt: skip
