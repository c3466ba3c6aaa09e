"""What PyTorch makes of the same network: the other side of PyTorchTests.cs.

    pytorch_reference.py train FOLDER      trains a little; writes theirs.safetensors, images.json, scores.json
    pytorch_reference.py evaluate FOLDER   reads ours.safetensors strictly, images.json; writes scores.json
    pytorch_reference.py steps FOLDER      reads ours.safetensors, steps.json; trains; writes theirs.safetensors

The network is a CIFAR ResNet-8 of width 8 as one would write it with torchvision's names: projection shortcuts (downsample), bn1, fc.
"""

import json
import os
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    def __init__(self, inplanes, planes, stride, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = norm(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = norm(planes)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), norm(planes))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet8(nn.Module):
    def __init__(self, norm, width=8, channels=3, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = norm(width)
        self.layer1 = nn.Sequential(BasicBlock(width, width, 1, norm))
        self.layer2 = nn.Sequential(BasicBlock(width, 2 * width, 2, norm))
        self.layer3 = nn.Sequential(BasicBlock(2 * width, 4 * width, 2, norm))
        self.fc = nn.Linear(4 * width, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


NORMS = {"bn": nn.BatchNorm2d, "gn": lambda channels: nn.GroupNorm(2, channels)}
TYPES = {torch.float32: "F32", torch.int64: "I64"}


def save(state, path):
    """Writes the safetensors format: the header's length, the header, the values."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, value in state.items():
        blob = bytes(value.detach().contiguous().reshape(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": TYPES[value.dtype], "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    types = {name: dtype for dtype, name in TYPES.items()}
    state = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            state[name] = torch.frombuffer(bytearray(content[begin:end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return state


def main(command, folder):
    def read(name):
        with open(os.path.join(folder, name)) as file:
            return json.load(file)

    def write(name, value):
        with open(os.path.join(folder, name), "w") as file:
            json.dump(value, file)

    torch.set_num_threads(1)
    torch.manual_seed(3)
    settings = read("settings.json")
    model = ResNet8(NORMS[settings["norm"]])
    theirs, ours = os.path.join(folder, "theirs.safetensors"), os.path.join(folder, "ours.safetensors")

    if command == "train":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(10):
            optimizer.zero_grad()
            F.cross_entropy(model(torch.randn(8, 3, 12, 10)), torch.randint(5, (8,))).backward()
            optimizer.step()
        images = torch.randn(6, 3, 12, 10)
        save(model.state_dict(), theirs)
        write("images.json", images.flatten().tolist())
        write("scores.json", model.eval()(images).flatten().tolist())
    elif command == "evaluate":
        model.load_state_dict(load(ours), strict=True)
        images = torch.tensor(read("images.json")).reshape(-1, 3, 12, 10)
        write("scores.json", model.eval()(images).flatten().tolist())
    elif command == "steps":
        model.load_state_dict(load(ours), strict=True)
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=0.1, weight_decay=settings["weightDecay"]) if settings["optimizer"] == "Adamw" else torch.optim.SGD(
            model.parameters(), lr=0.1, momentum=settings["momentum"], weight_decay=settings["weightDecay"])
        for step in read("steps.json"):
            optimizer.param_groups[0]["lr"] = step["learningRate"]
            optimizer.zero_grad()
            images = torch.tensor(step["images"]).reshape(-1, 3, 12, 10)
            F.cross_entropy(model(images), torch.tensor(step["labels"])).backward()
            optimizer.step()
        save(model.state_dict(), theirs)


if __name__ == "__main__":
    with torch.inference_mode(sys.argv[1] == "evaluate"):
        main(*sys.argv[1:])
