"""Weights as people have them, made by PyTorch: the other side of PyTorchWeightsTests.cs.

    pytorch_weights.py make FOLDER         trains small ResNets; writes files of every family of names in both of torch.save's forms, and
                                           expected.json with their errors and losses
    pytorch_weights.py load FOLDER FILE    loads an exported file strictly; writes scores.json with its error and loss

FOLDER has images.json (mean, std, shape, counts, settings; network: a ResNet's shortcut, lstm or gru), train.bin and test.bin (pixels [N, C, H, W] as bytes) and labels beside them.
"""

import collections
import json
import os
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F


class Padded(nn.Module):
    """Option A: every second pixel, and zeros for new channels, before and after the old ones."""

    def __init__(self, before, after):
        super().__init__()
        self.pad = (0, 0, 0, 0, before, after)

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], self.pad)


class Block(nn.Module):
    def __init__(self, inplanes, planes, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = nn.Sequential()
        if stride != 1:
            new = planes - inplanes
            self.downsample = {
                "identity-centered": lambda: Padded(new // 2, new // 2),
                "identity-appended": lambda: Padded(0, new),
                "projection": lambda: nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)),
            }[shortcut]()

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class ResNet(nn.Module):
    def __init__(self, shortcut, width, classes, channels=1, blocks=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inplanes = width
        for stage in (1, 2, 3):
            planes = width << (stage - 1)
            layers = []
            for block in range(blocks):
                layers.append(Block(inplanes, planes, 2 if stage > 1 and block == 0 else 1, shortcut))
                inplanes = planes
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.fc = nn.Linear(inplanes, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class Recurrent(nn.Module):
    """Reads an image row by row; the last hidden state is classified."""

    def __init__(self, layer, inputs, hidden, classes):
        super().__init__()
        self.rnn = layer(inputs, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x):
        states, _ = self.rnn(x.transpose(1, 2).flatten(2))
        return self.fc(states[:, -1])


RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU}


def network(settings):
    if settings["network"] in RECURRENT:
        channels, _, width = settings["shape"]
        return Recurrent(RECURRENT[settings["network"]], channels * width, settings["width"], settings["classes"])
    return ResNet(settings["network"], settings["width"], settings["classes"])


def renamed(state, *pairs, prefix=""):
    """A state dictionary under other names."""
    result = collections.OrderedDict()
    for name, value in state.items():
        for old, new in pairs:
            name = name.replace(old, new)
        result[prefix + name] = value
    return result


SHORTCUTS = ("downsample.", "shortcut.")

# How published repositories and wrappers save such weights.
FAMILIES = {
    "torchvision": lambda state, optimizer: state,
    "akamaster": lambda state, optimizer: {
        "state_dict": renamed(state, SHORTCUTS, ("fc.", "linear."), prefix="module."),
        "best_prec1": torch.tensor(19.5),
    },
    "kuangliu": lambda state, optimizer: {"net": renamed(state, SHORTCUTS, ("fc.", "linear."), prefix="module."), "acc": 91.2, "epoch": 3},
    "compiled": lambda state, optimizer: {
        "epoch": 1,
        "model_state_dict": renamed(state, ("fc.", "classifier."), prefix="_orig_mod."),
        "optimizer_state_dict": optimizer.state_dict(),
    },
    "doubles": lambda state, optimizer: {"model": {name: value.double() if value.is_floating_point() else value for name, value in state.items()}},
    "strided": lambda state, optimizer: {
        name: value.t().contiguous().t() if value.dim() == 2 else value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value
        for name, value in state.items()
    },
}


def read_safetensors(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    types = {"F32": torch.float32, "I64": torch.int64}
    state = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            state[name] = torch.frombuffer(bytearray(content[begin:end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return state


def main(command, folder, *files):
    def at(name):
        return os.path.join(folder, name)

    def write(name, value):
        with open(at(name), "w") as file:
            json.dump(value, file)

    with open(at("images.json")) as file:
        settings = json.load(file)

    def images(part):
        with open(at(f"{part}.bin"), "rb") as file:
            pixels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(-1, *settings["shape"])
        mean, std = (torch.tensor(settings[key]).reshape(1, -1, 1, 1) for key in ("mean", "std"))
        with open(at(f"{part}-labels.bin"), "rb") as file:
            labels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).long()
        return (pixels / 255 - mean) / std, labels

    def score(model):
        model.eval()
        with torch.no_grad():
            scores = model(test)
        return {"error": 100 * (scores.argmax(1) != labels).double().mean().item(), "loss": F.cross_entropy(scores, labels).item()}

    torch.set_num_threads(1)
    torch.manual_seed(3)
    test, labels = images("test")
    if command == "load":
        model = network(settings)
        model.load_state_dict(read_safetensors(files[0]) if files[0].endswith(".safetensors") else torch.load(files[0], **settings["load"]))
        write("scores.json", score(model))
        return

    pixels, classes = images("train")
    expected = []
    for shortcut in ("identity-centered", "identity-appended", "projection"):
        model = ResNet(shortcut, settings["width"], settings["classes"])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        for epoch in range(2):
            for batch in torch.randperm(len(pixels)).split(20):
                optimizer.zero_grad()
                F.cross_entropy(model(pixels[batch]), classes[batch]).backward()
                optimizer.step()
        result = score(model)
        other = None
        if shortcut != "projection":
            twin = ResNet("identity-appended" if shortcut == "identity-centered" else "identity-centered", settings["width"], settings["classes"])
            twin.load_state_dict(model.state_dict())
            other = score(twin)["error"]
        for family, form in FAMILIES.items():
            for zipped in (True, False):
                file = f"{shortcut}-{family}{'.pth' if zipped else '.th'}"
                torch.save(form(model.state_dict(), optimizer), at(file), _use_new_zipfile_serialization=zipped)
                expected.append({"file": file, "shortcut": shortcut, "otherError": other, **result})
    write("expected.json", expected)


if __name__ == "__main__":
    main(*sys.argv[1:])
