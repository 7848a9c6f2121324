"""Models for text in plain PyTorch: three classifiers and a language model over tokens [N, L]; sizes are arguments."""

import torch
from torch import nn
from torch.nn import functional as F


class TextLSTM(nn.Module):
    """Embedding, a bidirectional LSTM with dropout, the mean over all positions."""

    def __init__(self, vocabulary=8000, width=64, hidden=64, classes=4, dropout=0.2):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, classes)

    def forward(self, input_ids):
        hidden, _ = self.lstm(self.dropout(self.tokens(input_ids)))
        return self.head(self.dropout(hidden.mean(1)))


class TextCNN(nn.Module):
    """Embedding, convolutions over three, four and five tokens, the maximum over positions (Kim, 2014)."""

    def __init__(self, vocabulary=8000, width=64, filters=64, classes=4, dropout=0.5):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.convolutions = nn.ModuleList(
            [nn.Conv1d(width, filters, kernel) for kernel in (3, 4, 5)]
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(3 * filters, classes)

    def forward(self, input_ids):
        x = self.tokens(input_ids).transpose(1, 2)
        found = [F.relu(layer(x)).amax(2) for layer in self.convolutions]
        return self.head(self.dropout(torch.cat(found, 1)))


class Block(nn.Module):
    """Pre-norm attention and a feed-forward network, with dropout in both."""

    def __init__(self, width, heads, dropout, causal):
        super().__init__()
        self.heads, self.dropout, self.causal = heads, dropout, causal
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.packed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def attend(self, x, mask):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.packed(x).chunk(3, -1)
        )
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=self.causal
        )
        return self.out(y.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x, mask=None):
        x = x + F.dropout(self.attend(self.norm1(x), mask), self.dropout, self.training)
        hidden = F.gelu(self.wide(self.norm2(x)))
        return x + F.dropout(self.narrow(hidden), self.dropout, self.training)


class Transformer(nn.Module):
    """Tokens and learned positions through blocks."""

    def __init__(self, vocabulary, length, width, heads, layers, dropout, causal):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.ModuleList(
            [Block(width, heads, dropout, causal) for _ in range(layers)]
        )
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.tokens.weight, std=0.02)

    def forward(self, input_ids, mask=None):
        x = self.dropout(self.tokens(input_ids) + self.places)
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)


class TextTransformer(nn.Module):
    """A transformer encoder that leaves padding out of attention and of the mean."""

    def __init__(self, vocabulary=8000, length=64, width=64, heads=4, layers=2, classes=4, dropout=0.1):  # fmt: skip
        super().__init__()
        self.encoder = Transformer(
            vocabulary, length, width, heads, layers, dropout, causal=False
        )
        self.head = nn.Linear(width, classes)

    def forward(self, input_ids, attention_mask):
        seen = attention_mask.bool()
        x = self.encoder(input_ids, seen[:, None, None, :])
        weight = attention_mask.to(x.dtype)[:, :, None]
        return self.head((x * weight).sum(1) / weight.sum(1))


class CausalLM(nn.Module):
    """A GPT in small: the output layer is the embedding (tied)."""

    def __init__(self, vocabulary=8000, length=64, width=64, heads=4, layers=2, dropout=0.1):  # fmt: skip
        super().__init__()
        self.decoder = Transformer(
            vocabulary, length, width, heads, layers, dropout, causal=True
        )
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.decoder.tokens.weight

    def forward(self, input_ids):
        return self.head(self.decoder(input_ids))
