using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Experiments.Core.Tests.Data;

/// <summary>The answer to one request: its head, and how many bytes of the body are sent before the connection is closed.</summary>
internal sealed record Answer(string Status, byte[] Body, string Headers = "", int? CutAfter = null);

/// <summary>A web server on 127.0.0.1 that answers what a test tells it to, also wrong things.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, long?, Answer> _answer;

    /// <param name="answer">Takes the first byte of the range asked for, if any.</param>
    public LoopbackServer(Func<long?, Answer> answer)
        : this((_, from) => answer(from))
    {
    }

    /// <param name="answer">Takes the path asked for, and the first byte of the range, if any.</param>
    public LoopbackServer(Func<string, long?, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/archive.tar.gz");
        _ = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>The first byte that each request asked for; null for all.</summary>
    public List<long?> Requests { get; } = [];

    /// <summary>The path of each request.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>A server that serves ranges of a file correctly; if asked, it cuts the first answer off after some bytes.</summary>
    public static LoopbackServer Of(byte[] file, int? firstCutAfter = null)
    {
        var served = 0;
        return new LoopbackServer(from => Serve(file, from, served++ == 0 ? firstCutAfter : null));
    }

    /// <summary>The answers of a server that serves ranges of a file correctly.</summary>
    public static Answer Serve(byte[] file, long? from, int? cut = null) => from switch
    {
        null => new Answer("200 OK", file, CutAfter: cut),
        _ when from >= file.Length => new Answer("416 Range Not Satisfiable", [], $"Content-Range: bytes */{file.Length}\r\n"),
        _ => new Answer("206 Partial Content", file[(int)from.Value..], $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}\r\n", cut),
    };

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                long? from = null;
                var path = (await reader.ReadLineAsync())?.Split(' ')[1] ?? "";
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                {
                    if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                        from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);
                }

                Requests.Add(from);
                Paths.Add(path);
                var answer = _answer(path, from);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {answer.Status}\r\nContent-Length: {answer.Body.Length}\r\nConnection: close\r\n{answer.Headers}\r\n"));
                await stream.WriteAsync(answer.Body.AsMemory(0, answer.CutAfter ?? answer.Body.Length));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }
}
