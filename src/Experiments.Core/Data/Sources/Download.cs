using System.Net;
using System.Net.Http.Headers;
using Experiments.Core.Files;

namespace Experiments.Core.Data.Sources;

/// <summary>The progress of a download.</summary>
/// <param name="Bytes">Bytes received so far, including those of earlier attempts.</param>
/// <param name="Total">Bytes of the whole file; null if the server does not say.</param>
public sealed record DownloadProgress(long Bytes, long? Total);

/// <summary>
/// Downloads one file whose MD5 is known. The bytes received so far lie in <c>NAME.part</c>, and the next attempt asks the server only for
/// the rest (RFC 9110, section 14); a server that cannot do this sends the whole file again.
/// </summary>
internal static class Download
{
    // When nothing has arrived for this long, the download has failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task ToFileAsync(
        Uri url, string path, string md5, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        if (url.Scheme is not ("http" or "https"))
            throw new ExperimentException($"{url} cannot be downloaded: expected an address that begins with http:// or https://.");
        var part = path + ".part";
        await FetchAsync(url, part, progress, cancellationToken).ConfigureAwait(false);
        var actual = Checksum.Md5(part);
        if (actual != md5)
        {
            // An attempt that continued from this file would fail here again.
            File.Delete(part);
            throw new ExperimentException(
                $"The file from {url} has MD5 {actual}; expected {md5}, the published one. It was deleted: run the command again, or name another " +
                "address with --url.");
        }

        File.Move(part, path, overwrite: true);
    }

    private static async Task FetchAsync(Uri url, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        await using (file.ConfigureAwait(false))
        {
            try
            {
                silence.CancelAfter(Patience);
                using var response = await AskAsync(client, url, file, silence.Token).ConfigureAwait(false);
                if (response is null)
                    return;
                var total = response.Content.Headers.ContentLength + file.Position;
                var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
                await using (body.ConfigureAwait(false))
                    await CopyAsync(body, file, total, progress, silence).ConfigureAwait(false);
                if (file.Position < total)
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection was closed early");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw Broken(url, file, FormattableString.Invariant($"nothing came for {Patience.TotalSeconds} seconds"), null);
            }
            catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
            {
                throw Broken(url, file, (exception.InnerException ?? exception).Message.TrimEnd('.'), exception);
            }
        }
    }

    // Requests the missing part of the file and moves the file's position to where that part begins; returns null if nothing is missing.
    private static async Task<HttpResponseMessage?> AskAsync(HttpClient client, Uri url, FileStream file, CancellationToken cancellationToken)
    {
        var have = file.Length;
        var response = await SendAsync(have).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            var whole = response.Content.Headers.ContentRange?.Length == have;
            response.Dispose();
            if (whole)
                return null;
            response = await SendAsync(0).ConfigureAwait(false);
        }

        if (!response.IsSuccessStatusCode)
        {
            var (code, reason) = ((int)response.StatusCode, response.ReasonPhrase);
            response.Dispose();
            throw new ExperimentException(
                $"{url} could not be downloaded: the server answers {code} ({reason}). Name another address with --url, or put the file into the " +
                "data folder yourself.",
                ExperimentException.Unavailable);
        }

        var resumes = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
        file.SetLength(resumes ? have : 0);
        file.Seek(0, SeekOrigin.End);
        return response;

        Task<HttpResponseMessage> SendAsync(long from)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (from > 0)
                request.Headers.Range = new RangeHeaderValue(from, null);
            return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
    }

    private static async Task CopyAsync(
        Stream body, FileStream file, long? total, IProgress<DownloadProgress>? progress, CancellationTokenSource silence)
    {
        var buffer = new byte[1 << 16];
        while (true)
        {
            progress?.Report(new DownloadProgress(file.Position, total));
            silence.CancelAfter(Patience);
            var count = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
            if (count == 0)
                return;
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token).ConfigureAwait(false);
        }
    }

    private static ExperimentException Broken(Uri url, FileStream file, string reason, Exception? inner) => new(
        FormattableString.Invariant($"{url} could not be downloaded: {reason}, after {file.Length:N0} bytes. ") +
        "Run the command again to go on from there, name another address with --url, or put the file into the data folder yourself.",
        ExperimentException.Unavailable,
        inner);
}
