"""Times the training step that compare.sh --pytorch compares with, as a PyTorch user writes it: CIFAR's ResNet-20 under SGD."""
import argparse
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, inplanes, planes, stride, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.norm1 = norm(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.norm2 = norm(planes)
        self.stride, self.new = stride, planes - inplanes

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.new:  # option A of He et al.: every second pixel, and zeros for the channels that are new
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self, norm, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.norm1 = norm(16)
        widths = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        self.blocks = nn.Sequential(*[BasicBlock(*width, norm) for width in widths])
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.norm1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


NORMS = {
    "none": lambda channels: nn.Identity(),
    "bn": nn.BatchNorm2d,
    "ln": lambda channels: nn.GroupNorm(1, channels),  # the paper's: over (C, H, W), gamma and beta per channel
    "in": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "gn": lambda channels: nn.GroupNorm(8, channels),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--norm", choices=NORMS, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--autocast", action="store_true", help="bf16 where autocast takes it")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = ResNet20(NORMS[args.norm])
    images, labels = torch.randn(args.batch, 3, 32, 32), torch.randint(10, (args.batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * args.batch / 32, momentum=0.9, weight_decay=1e-4)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.autocast):
            loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()

    def train(least=1):
        start, steps = time.perf_counter(), 0
        while steps < least or time.perf_counter() - start < args.seconds:
            step()
            steps += 1
        return steps * args.batch, time.perf_counter() - start

    # The words of `bench --by-turns`: ready when warm, then images and seconds of a repetition for every line read.
    train(least=3)
    print("ready pytorch PyTorch", torch.__version__, flush=True)
    for _ in sys.stdin:
        print(*train(), flush=True)


if __name__ == "__main__":
    main()
