using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Experiments.Display;

/// <summary>A line of a live display.</summary>
/// <param name="Text">The text, without control characters.</param>
/// <param name="IsDim">Whether it is drawn dimmer than others.</param>
internal readonly record struct LiveLine(string Text, bool IsDim = false);

/// <summary>
/// Lines at the end of a terminal's output that are drawn over and over, with room above them for lines that stay. A terminal that is made
/// narrower breaks the lines that are too long for it in two; erasing them takes that into account, so that nothing of them is left behind.
/// </summary>
internal sealed class LiveLines : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TextWriter _output;
    private readonly Func<(int Width, int Height)> _size;
    private readonly Func<int, int, IReadOnlyList<LiveLine>> _picture;
    private readonly PosixSignalRegistration? _resized;
    private List<int> _shown = [];

    /// <summary>Begins to draw on the terminal.</summary>
    /// <param name="picture">Gives the lines as they are now, for a width in characters and a largest number of lines.</param>
    public LiveLines(Func<int, int, IReadOnlyList<LiveLine>> picture)
        : this(picture, Console.Out, () => (Math.Max(2, Console.WindowWidth), Math.Max(2, Console.WindowHeight)))
    {
        Terminal.Live = this;
        if (!OperatingSystem.IsWindows())
            _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Draw());
    }

    /// <summary>Begins to draw on an output that a test reads.</summary>
    internal LiveLines(Func<int, int, IReadOnlyList<LiveLine>> picture, TextWriter output, Func<(int Width, int Height)> size)
    {
        (_picture, _output, _size) = (picture, output, size);
        _output.Write("\e[?25l");
        Draw();
    }

    /// <summary>Draws the lines as they are now.</summary>
    public void Draw() => Write("");

    /// <summary>Writes a line that stays, above the others.</summary>
    public void WriteAbove(string line) => Write(line + "\n");

    /// <summary>Takes the lines away.</summary>
    public void Dispose()
    {
        _resized?.Dispose();
        if (Terminal.Live == this)
            Terminal.Live = null;
        lock (_lock)
        {
            _output.Write($"{Erase(_size())}\e[?25h");
            _output.Flush();
            _shown = [];
        }
    }

    private void Write(string above)
    {
        lock (_lock)
        {
            var size = _size();

            // One column stays free, since at the last one terminals differ in where the cursor is; and one row, which it stands on.
            var width = size.Width - 1;
            var lines = _picture(width, size.Height - 1).Take(size.Height - 1).Select(line => line with { Text = line.Text.Length > width ? line.Text[..width] : line.Text }).ToList();
            var text = new StringBuilder(Erase(size)).Append(above);
            foreach (var line in lines)
                text.Append(line.IsDim ? $"\e[2m{line.Text}\e[0m\n" : $"{line.Text}\n");
            _output.Write(text.ToString());
            _output.Flush();
            _shown = [.. lines.Select(line => line.Text.Length)];
        }
    }

    private string Erase((int Width, int Height) size)
    {
        var rows = Math.Min(size.Height - 1, _shown.Sum(length => Math.Max(1, (length + size.Width - 1) / size.Width)));
        return rows == 0 ? "\r\e[J" : string.Create(CultureInfo.InvariantCulture, $"\r\e[{rows}A\e[J");
    }
}
