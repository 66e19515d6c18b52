"""networks.py - tare's networks written in PyTorch, with the same names of weights.

A Wide ResNet (Zagoruyko & Komodakis 2016) as the code of Jordahn & Olmos (2024) has it, and a Vision Transformer
(Dosovitskiy et al. 2021) with pre-norm blocks. Written from the papers and from PyTorch's documentation alone.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F


class Convolution(nn.Conv2d):
    """No bias. A 3x3 kernel of stride 2 sees one more pixel right and below ("SAME"), of stride 1 one on each side."""

    def __init__(self, channels_in, channels_out, size, stride=1):
        super().__init__(channels_in, channels_out, size, stride, bias=False)
        self.around = {(3, 1): (1, 1, 1, 1), (3, 2): (0, 1, 0, 1)}.get((size, stride))
        nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return super().forward(F.pad(x, self.around) if self.around else x)


class WideBlock(nn.Module):
    def __init__(self, channels_in, channels, stride, momentum):
        super().__init__()
        self.batchnorm_0 = nn.BatchNorm2d(channels_in, momentum=momentum)
        self.conv_0 = Convolution(channels_in, channels, 3, stride)
        self.batchnorm_1 = nn.BatchNorm2d(channels, momentum=momentum)
        self.conv_1 = Convolution(channels, channels, 3)
        self.shortcut = Convolution(channels_in, channels, 1, stride) if channels_in != channels else None

    def forward(self, x):
        active = F.relu(self.batchnorm_0(x))
        y = self.conv_1(F.relu(self.batchnorm_1(self.conv_0(active))))
        return y + (self.shortcut(active) if self.shortcut else x)


class WideGroup(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.block = nn.Sequential(*blocks)

    def forward(self, x):
        return self.block(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width, momentum):
        super().__init__()
        self.init_conv = Convolution(3, 16, 3)
        groups, channels_in = [], 16
        for group, channels in enumerate((16 * width, 32 * width, 64 * width)):
            blocks = []
            for index in range((depth - 4) // 6):
                blocks.append(WideBlock(channels_in, channels, 2 if group and not index else 1, momentum))
                channels_in = channels
            groups.append(WideGroup(blocks))
        self.layer = nn.Sequential(*groups)
        self.batchnorm = nn.BatchNorm2d(channels_in, momentum=momentum)
        self.features = channels_in

    def forward(self, x):
        return F.relu(self.batchnorm(self.layer(self.init_conv(x)))).mean((2, 3))


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        n, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(dim // self.heads)).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, tokens, dim))


class Perceptron(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class TransformerBlock(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Perceptron(dim, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    def __init__(self, dim, depth, heads, patch, mlp_ratio, side=32):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, dim, patch, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, (side // patch) ** 2 + 1, dim))
        self.blocks = nn.Sequential(*(TransformerBlock(dim, heads, int(mlp_ratio * dim)) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.features = dim
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif "norm" not in name:
                nn.init.trunc_normal_(weight, std=0.02, a=-0.04, b=0.04)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(len(x), -1, -1), x), 1) + self.pos_embed
        return self.norm(self.blocks(x))[:, 0]


class Classifier(nn.Module):
    """PyTorch's own first weights of a linear layer, uniform in +- 1/sqrt(in), but a bias of 0."""

    def __init__(self, features, classes):
        super().__init__()
        self.logits = nn.Linear(features, classes)
        nn.init.zeros_(self.logits.bias)

    def forward(self, x):
        return self.logits(x)


class Network(nn.Module):
    """The network of a run's config.json, with first weights from PyTorch's generator."""

    def __init__(self, config, classes=10):
        super().__init__()
        model, momentum = config["model"], config["train"]["bn_momentum"]
        if model["family"] == "wrn":
            assert model["padding"] == "same"
            self.body = WideResNet(model["depth"], model["width"], momentum)
        else:
            assert model["dropout"] == model["drop_path"] == 0
            sizes = (model[key] for key in ("dim", "depth", "heads", "patch", "mlp_ratio"))
            self.body = VisionTransformer(*sizes)
        self.head = Classifier(self.body.features, classes)

    def forward(self, x):
        return self.head(self.body(x))

    def load(self, tensors):
        """Take all weights from tensors of tare's names; none may be missing, left over, or of another shape."""
        weights = {key: torch.from_numpy(value) for key, value in tensors.items() if key.startswith(("body.", "head."))}
        fitted = self.load_state_dict(weights, strict=False)
        missing = [key for key in fitted.missing_keys if not key.endswith("num_batches_tracked")]
        assert not missing and not fitted.unexpected_keys, fitted
