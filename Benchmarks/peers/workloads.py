"""PyTorch's steps a second in a single process, one JSON line a workload, to stand beside those of the program `workloads`.

    workloads.py [--threads N] [--only NAME,...] [--seconds S]

Every workload trains on random samples in memory: forward, loss, backward, update.
"""
import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional


def perceptron(*widths):
    layers = [nn.Linear(widths[0], widths[1])]
    for inputs, outputs in zip(widths[1:], widths[2:]):
        layers += [nn.ReLU(), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


class Digits(nn.Module):
    """Two convolutions of 3×3, a pooling and two linear layers over images of 28×28."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.scores = nn.Sequential(nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, images):
        return self.scores(self.features(images))


class Rows(nn.Module):
    """An LSTM over the rows of an image, and the classes from its last output."""

    def __init__(self):
        super().__init__()
        self.lstm, self.scores = nn.LSTM(28, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, images):
        return self.scores(self.lstm(images)[0][:, -1])


class Layer(nn.Module):
    """One block of a decoder: attention to what came before, then two linear layers, each added to its input."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, stream):
        samples, length, width = stream.shape
        split = self.inputs(self.before(stream)).view(samples, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        stream = stream + self.output(seen.transpose(1, 2).reshape(samples, length, width))
        return stream + self.wide(self.after(stream))


class Characters(nn.Module):
    """A decoder-only transformer: four blocks of width 128 over 64 of 65 characters."""

    def __init__(self, symbols=65, width=128, heads=4, layers=4, length=64):
        super().__init__()
        self.symbols, self.places = nn.Embedding(symbols, width), nn.Embedding(length, width)
        self.layers = nn.Sequential(*(Layer(width, heads) for _ in range(layers)), nn.LayerNorm(width))
        self.scores = nn.Linear(width, symbols, bias=False)

    def forward(self, tokens):
        stream = self.symbols(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.scores(self.layers(stream)).flatten(0, 1)


def classes(count):
    return torch.randint(0, 10, (count,))


def squares(output, target):
    return functional.mse_loss(output, target, reduction="sum")


def by_hand():
    """Two weights, the gradient by autograd and the update by hand."""
    inputs, targets = torch.randn(64, 1000), torch.randn(64, 10)
    weights = [torch.randn(1000, 100, requires_grad=True), torch.randn(100, 10, requires_grad=True)]

    def step():
        ((inputs @ weights[0]).clamp(min=0) @ weights[1] - targets).square().sum().backward()
        with torch.no_grad():
            for weight in weights:
                weight -= 1e-6 * weight.grad
                weight.grad.zero_()

    return step, 64


def by_optimizer(model, make, loss, inputs, targets):
    optimizer = make(model.parameters())

    def step():
        optimizer.zero_grad()
        loss(model(inputs), targets).backward()
        optimizer.step()

    return step, inputs.shape[0]


def adam(parameters):
    return torch.optim.Adam(parameters, 1e-3)


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **options)


entropy = functional.cross_entropy
WORKLOADS = {
    "seed_two_layer_autograd": by_hand,
    "seed_two_layer_adam": lambda: by_optimizer(
        perceptron(1000, 100, 10), adam, squares, torch.randn(64, 1000), torch.randn(64, 10)),
    "seed_linear_regression": lambda: by_optimizer(
        nn.Linear(1, 1), sgd(lr=0.1), functional.mse_loss, torch.randn(100, 1), torch.randn(100, 1)),
    "seed_mlp_784_64_10_b64": lambda: by_optimizer(
        perceptron(784, 64, 10), sgd(lr=0.1), entropy, torch.randn(64, 784), classes(64)),
    "mlp_784_512_512_10_b128_adam": lambda: by_optimizer(
        perceptron(784, 512, 512, 10), adam, entropy, torch.randn(128, 784), classes(128)),
    "mlp_1024x4_b512_adam": lambda: by_optimizer(
        perceptron(1024, 1024, 1024, 1024, 10), adam, entropy, torch.randn(512, 1024), classes(512)),
    "cnn_mnist_b64_sgdm": lambda: by_optimizer(
        Digits(), sgd(lr=0.01, momentum=0.9), entropy, torch.randn(64, 1, 28, 28), classes(64)),
    "lstm_28x28_h128_b64_adam": lambda: by_optimizer(
        Rows(), adam, entropy, torch.randn(64, 28, 28), classes(64)),
    "gpt_4l_d128_t64_b12_adamw": lambda: by_optimizer(
        Characters(), lambda parameters: torch.optim.AdamW(parameters, 1e-3), entropy,
        torch.randint(0, 65, (12, 64)), torch.randint(0, 65, (12 * 64,))),
}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default=",".join(WORKLOADS))
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    for name in options.only.split(","):
        step, samples = WORKLOADS[name]()
        for _ in range(10):
            step()
        count, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < options.seconds:
            step()
            count += 1
        taken = time.perf_counter() - begin
        print(json.dumps({
            "peer": "torch " + torch.__version__, "workload": name, "threads": options.threads,
            "steps_per_s": count / taken, "samples_per_s": count * samples / taken}), flush=True)


if __name__ == "__main__":
    main()
