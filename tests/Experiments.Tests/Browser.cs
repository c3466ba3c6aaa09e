using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Experiments.Tests;

/// <summary>Debian's chromium without a window, spoken to by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).</summary>
internal sealed class Browser : IDisposable
{
    private const string Program = "/usr/bin/chromium";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _profile = new();
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _patience = new();
    private readonly Process _process;
    private readonly string? _session;
    private int _last;

    /// <summary>Starts it with an empty page.</summary>
    public Browser()
    {
        // What it tells of the machine's buses and screens is no matter of ours.
        _process = Process.Start(new ProcessStartInfo(Program, ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--remote-debugging-port=0", $"--user-data-dir={_profile.Path}", "about:blank"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _ = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
        var port = _profile["DevToolsActivePort"];
        var since = Stopwatch.StartNew();
        while (!File.Exists(port) || File.ReadAllLines(port).Length < 2)
        {
            if (_process.HasExited || since.Elapsed > Patience)
                throw new InvalidOperationException($"{Program} did not start.");
            Thread.Sleep(50);
        }

        var lines = File.ReadAllLines(port);
        _socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), default).GetAwaiter().GetResult();
        var target = Call("Target.createTarget", new JsonObject { ["url"] = "about:blank" })["targetId"]!.GetValue<string>();
        _session = Call("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true })["sessionId"]!.GetValue<string>();
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" })
            Call($"{domain}.enable");

        // A scroll bar would take some of the page's width.
        Call("Emulation.setScrollbarsHidden", new JsonObject { ["hidden"] = true });
    }

    /// <summary>Why there is none here; null where there is one.</summary>
    public static string? Missing => File.Exists(Program) ? null : "There is no chromium here: on Debian, scripts/test.sh --all installs it.";

    /// <summary>What the pages asked for, from anywhere.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>What the pages, and the browser about them, wrote to the console.</summary>
    public List<string> Console { get; } = [];

    /// <summary>Opens a file at a width of the window, in CSS pixels.</summary>
    public void Open(string file, int width, bool isDark = false)
    {
        Call("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        Call("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }) });
        Call("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        while (Number("document.readyState === 'complete' && location.protocol === 'file:' ? 1 : 0") == 0)
            Thread.Sleep(50);
    }

    /// <summary>A number that an expression has in the page.</summary>
    public double Number(string expression) => Value(expression)!.GetValue<double>();

    /// <summary>A text that an expression has in the page.</summary>
    public string Text(string expression) => Value(expression)!.GetValue<string>();

    /// <summary>Clicks with the mouse on the middle of an element.</summary>
    public void Click(string element)
    {
        Value($"{element}.scrollIntoView({{ block: 'center', inline: 'center' }})");
        var (x, y) = (Number($"(r => r.left + r.width / 2)({element}.getBoundingClientRect())"), Number($"(r => r.top + r.height / 2)({element}.getBoundingClientRect())"));
        foreach (var kind in new[] { "mousePressed", "mouseReleased" })
            Call("Input.dispatchMouseEvent", new JsonObject { ["type"] = kind, ["x"] = x, ["y"] = y, ["button"] = "left", ["clickCount"] = 1 });
    }

    /// <summary>Presses Enter where the keyboard's focus is.</summary>
    public void PressEnter()
    {
        Call("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyDown", ["key"] = "Enter", ["code"] = "Enter", ["windowsVirtualKeyCode"] = 13, ["text"] = "\r" });
        Call("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = "Enter", ["code"] = "Enter", ["windowsVirtualKeyCode"] = 13 });
    }

    public void Dispose()
    {
        _socket.Dispose();
        _patience.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Dispose();
        }
        catch (IOException)
        {
            // A child of the browser may have written once more.
        }
    }

    private JsonNode? Value(string expression) => Call("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true })["result"]!["value"];

    private JsonObject Call(string method, JsonObject? parameters = null)
    {
        var id = ++_last;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            call["sessionId"] = _session;
        _patience.CancelAfter(Patience);
        _socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, true, _patience.Token).GetAwaiter().GetResult();
        while (true)
        {
            var message = Receive();
            Note(message);
            if (message["id"]?.GetValue<int>() == id)
                return message["result"] as JsonObject ?? throw new InvalidOperationException($"{method}: {message["error"]}");
        }
    }

    private JsonObject Receive()
    {
        using var text = new MemoryStream();
        var buffer = new byte[65536];
        WebSocketReceiveResult part;
        do
        {
            part = _socket.ReceiveAsync(new ArraySegment<byte>(buffer), _patience.Token).GetAwaiter().GetResult();
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(text.ToArray())!.AsObject();
    }

    private void Note(JsonObject message)
    {
        var said = message["params"];
        switch (message["method"]?.GetValue<string>())
        {
            case "Network.requestWillBeSent":
                Requests.Add(said!["request"]!["url"]!.GetValue<string>());
                break;
            case "Log.entryAdded":
                Console.Add(said!["entry"]!["text"]!.GetValue<string>());
                break;
            case "Runtime.consoleAPICalled" or "Runtime.exceptionThrown":
                Console.Add(said!.ToJsonString());
                break;
        }
    }
}
