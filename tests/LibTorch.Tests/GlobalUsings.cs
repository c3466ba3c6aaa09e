global using LibTorch.Modules;
global using static LibTorch.torch;
