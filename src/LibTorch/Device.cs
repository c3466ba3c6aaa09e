using System.Globalization;
using LibTorch.Interop;

namespace LibTorch;

/// <summary>The kinds of device that this binding knows, numbered as in libtorch.</summary>
public enum DeviceType
{
    /// <summary>The processor.</summary>
    CPU = 0,

    /// <summary>A CUDA device.</summary>
    CUDA = 1,
}

public static partial class torch
{
    /// <summary>Where a tensor lies.</summary>
    public sealed class Device
    {
        /// <summary>Describes a device.</summary>
        /// <param name="description"><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
        /// <exception cref="ArgumentException">It is none of these.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            var number = -1;
            // A name and not a number, which TryParse would take as well.
            var known = char.IsLetter(description.FirstOrDefault()) && Enum.TryParse(parts[0], ignoreCase: true, out DeviceType kind)
                ? kind
                : (DeviceType?)null;
            var numbered = parts.Length == 1
                || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number));
            if (known is null || !numbered)
                throw new ArgumentException($"'{description}' is not a device; cpu, cuda or cuda:0 are.", nameof(description));
            type = known.Value;
            index = number;
        }

        /// <summary>Describes a device.</summary>
        /// <param name="deviceType">Its kind.</param>
        /// <param name="index">Its number among its kind; -1 is the current one.</param>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>The kind of device.</summary>
        public DeviceType type { get; }

        /// <summary>Its number among its kind; -1 is the current one.</summary>
        public int index { get; }

        /// <inheritdoc/>
        public override string ToString() => (type, index) switch
        {
            (DeviceType.CPU, _) => "cpu",
            (_, -1) => "cuda",
            _ => string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"),
        };

        /// <summary>The device that a text describes.</summary>
        /// <param name="description"><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
        public static implicit operator Device(string description) => new(description);
    }

    /// <summary>The processor.</summary>
    public static Device CPU { get; } = new(DeviceType.CPU);

    /// <summary>The current CUDA device.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA);

    /// <summary>The device that a text describes.</summary>
    /// <param name="description"><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static Device device(string description) => new(description);

    /// <summary>A device by kind and number.</summary>
    /// <param name="deviceType">Its kind.</param>
    /// <param name="index">Its number among its kind; -1 is the current one.</param>
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    /// <summary>CUDA, where libtorch was built with it.</summary>
    public static class cuda
    {
        /// <summary>Whether a CUDA device can be used.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>How many CUDA devices there are; 0 where libtorch was built without CUDA.</summary>
        public static int device_count()
        {
            LibTorchLibrary.Require(nameof(device_count));
            NativeMethods.Check(NativeMethods.lt_cuda_devices(out var devices), nameof(device_count));
            return devices;
        }
    }
}
